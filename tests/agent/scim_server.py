"""A SCIM server that keeps its users in memory: scim2-server's own, with our seat extension.

It counts what it is asked, and can be told to fail.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import scim2_models
import urllib3
from pydantic import field_validator
from scim2_models import URN, EnterpriseUser, Extension, InvalidValueException, ResourceType, ScimProvider, User
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_service_provider_config

from portal_agent.people import SEAT

TOKEN = "token-of-the-connector"
REFUSED = "A name that is refused"

type Start = Callable[..., Any]


class Seat(Extension):
    __schema__ = URN(SEAT)

    left_scope: bool | None = None
    status: str | None = None


class Group(scim2_models.Group):
    """One name is refused."""

    @field_validator("display_name")
    @classmethod
    def _not_refused(cls, name: str | None) -> str | None:
        if name == REFUSED:
            raise InvalidValueException(detail="Not this name").as_pydantic_error()
        return name


@dataclass(frozen=True)
class Break:
    """The connection breaks before an answer, once the request is carried out or before; `act` happens just then."""

    carried_out: bool = True
    act: Callable[[], object] = lambda: None


class Storage(InMemoryStorage):
    """Keeps so many members of a group, where it is told how many, like the portal."""

    most_members: int | None = None

    def _store(self, resource: Any, values: dict[str, Any]) -> None:
        if self.most_members is not None and len(getattr(resource, "members", None) or []) > self.most_members:
            raise InvalidValueException(detail=f"A group has {self.most_members} members at most")
        super()._store(resource, values)


@dataclass
class ScimServer:
    """`faults` are used up one a request: a status to answer with, or a Break of the connection."""

    url: str
    storage: Storage
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    faults: list["int | Break | None"] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method != "GET"]

    @property
    def operations(self) -> list[tuple[str, str]]:
        """Method and userName (or path) of every operation in every Bulk request, in the order sent."""
        lines = [line for body in self.sent for line in body["Operations"]]
        return [(line["method"], (line.get("data") or {}).get("userName") or line["path"]) for line in lines]

    def forget(self) -> None:
        """Count from here."""
        self.asked.clear()
        self.sent.clear()

    def users(self) -> dict[str, dict[str, Any]]:
        """Every user resource, by userName."""
        found = [resource.model_dump() for resource in self.storage.resources]
        return {one["userName"]: one for one in found if one["meta"]["resourceType"] == "User"}

    def groups(self) -> dict[str, set[str]]:
        """The userNames of the people in each group, by its name; each name and each externalId is there once."""
        found = [resource.model_dump() for resource in self.storage.resources]
        names = {one["id"]: one["userName"] for one in found if one["meta"]["resourceType"] == "User"}
        groups = [one for one in found if one["meta"]["resourceType"] == "Group"]
        told = {one["displayName"]: {names[member["value"]] for member in one.get("members", [])} for one in groups}
        assert len(groups) == len(told) == len({one.get("externalId") for one in groups})
        return told

    def create(self, user_name: str, **attributes: Any) -> None:
        """A user from elsewhere."""
        self._ask("POST", "/Users", {"schemas": [str(User.__schema__)], "userName": user_name, **attributes}, 201)

    def delete(self, user_name: str) -> None:
        self._ask("DELETE", f"/Users/{self.users()[user_name]['id']}", None, 204)

    def create_group(self, name: str) -> None:
        """A group from elsewhere."""
        self._ask("POST", "/Groups", {"schemas": [str(Group.__schema__)], "displayName": name}, 201)

    def delete_group(self, name: str) -> None:
        found = [one.model_dump() for one in self.storage.resources]
        (scim_id,) = (one["id"] for one in found if one.get("displayName") == name)
        self._ask("DELETE", f"/Groups/{scim_id}", None, 204)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, status: int) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        content = None if body is None else json.dumps(body)
        assert urllib3.request(method, self.url + path, body=content, headers=headers).status == status
        self.forget()

    def active(self) -> set[str]:
        return {name for name, user in self.users().items() if user["active"]}


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Lost(Exception):
    """The connection breaks."""


class _Server(WSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def scim_server(*, operations: int = 1000) -> Iterator[ScimServer]:
    """One that listens on this machine while the block lasts."""
    config = load_default_service_provider_config()
    assert config.bulk is not None
    config.bulk.max_operations = operations
    provider = ScimProvider(
        models=[User, EnterpriseUser, Seat, Group],
        resource_types=[
            ResourceType.from_resource(User[EnterpriseUser | Seat]),
            ResourceType.from_resource(Group),
        ],
        config=config,
    )
    storage = Storage()
    application = BearerTokenApplication(storage, provider, bearer_tokens=[TOKEN])
    server = ScimServer("", storage)

    def counted(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        server.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        fault = server.faults.pop(0) if server.faults else None
        if isinstance(fault, int):
            start(f"{fault} Not now", [("Retry-After", "0"), ("Content-Length", "0")])
            return [b""]
        if fault is not None and not fault.carried_out:
            fault.act()
            raise _Lost
        if body:
            server.sent.append(json.loads(body))
        environ["wsgi.input"] = _Body(body)
        answer = application(environ, start)
        if fault is not None:
            fault.act()
            raise _Lost
        return answer

    with make_server("127.0.0.1", 0, counted, server_class=_Server, handler_class=_Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/v2"
        thread = threading.Thread(target=lambda: http.serve_forever(0.01))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, size: int = -1) -> bytes:
        return self.content

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass
