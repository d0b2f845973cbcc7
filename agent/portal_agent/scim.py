"""The portal, over SCIM 2.0: listing, looking up, Bulk; patient where waiting helps."""

import email.utils
import json
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from portal_agent.config import Portal
from portal_agent.errors import PortalError
from portal_agent.people import SEAT, Body
from portal_agent.seats import SEATS, Seats, seats_from

type Wait = Callable[[float], object]

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_PASSING = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 300.0
_PAGE = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the portal takes in one request, by its ServiceProviderConfig."""

    operations: int
    payload: int
    page: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a Bulk request; `key` (the bulkId) finds its answer."""

    key: str
    method: str
    path: str
    data: Body | None = None

    def body(self) -> Body:
        line: Body = {"method": self.method, "bulkId": self.key, "path": self.path}
        return line if self.data is None else line | {"data": self.data}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the portal said of one operation: the status, the id of the resource, and why not."""

    status: int
    scim_id: str = ""
    detail: str = ""

    @property
    def passing(self) -> bool:
        """Trying again later may help."""
        return self.status in _PASSING


class PortalClient:
    """One connector's door. `wait` sleeps; it may end early when the agent is told to stop."""

    def __init__(self, config: Portal, *, wait: Wait = time.sleep) -> None:
        self.config = config
        self._wait = wait
        self._limits: Limits | None = None
        self._http = urllib3.PoolManager(
            cert_reqs="CERT_REQUIRED",
            ca_certs=config.ca_file,
            timeout=urllib3.Timeout(connect=10, read=config.timeout_seconds),
            retries=False,
            headers={
                "Authorization": f"Bearer {config.token}",
                "Accept": "application/scim+json",
                "Content-Type": "application/scim+json",
                "User-Agent": "portal-agent",
            },
        )

    def limits(self) -> Limits:
        """Raises PortalError if the portal takes no Bulk requests."""
        if self._limits is None:
            answer = self._json("GET", "/ServiceProviderConfig")
            bulk = answer.get("bulk") or {}
            if not bulk.get("supported"):
                raise PortalError(f"{self.config.url} takes no Bulk requests; is this the portal's address?")
            self._limits = Limits(
                operations=max(1, min(self.config.operations, int(bulk.get("maxOperations") or 1))),
                payload=int(bulk.get("maxPayloadSize") or 1_000_000),
                page=min(_PAGE, int((answer.get("filter") or {}).get("maxResults") or _PAGE)),
            )
        return self._limits

    def seats(self) -> Seats | None:
        """How many seats there are at this moment; None from a portal that does not tell."""
        return seats_from(self._json("GET", f"/ServiceProviderConfig?{urlencode({'attributes': SEATS})}"))

    def count(self, kind: str = "Users") -> int:
        """How many users, or groups, of this connector there are."""
        return int(self._json("GET", f"/{kind}?count=0").get("totalResults") or 0)

    def line(self, *, of: Collection[str] = ()) -> tuple[list[str], dict[str, tuple[str, str]]]:
        """The userNames of this connector's people who wait for a seat, in the order of the line; and what the portal
        says of those `of` whom it knows (by externalId): status, and why."""
        line: list[tuple[int, str]] = []
        standings: dict[str, tuple[str, str]] = {}
        about = ",".join(f"{SEAT}:{name}" for name in ("status", "reason", "position"))
        for resource in self.users(attributes=f"userName,externalId,{about}"):
            seat = resource.get(SEAT) or {}
            if seat.get("position") is not None:
                line.append((int(seat["position"]), str(resource.get("userName"))))
            if resource.get("externalId") in of:
                standings[str(resource["externalId"])] = (str(seat.get("status")), str(seat.get("reason")))
        return [name for _position, name in sorted(line)], standings

    def users(self, *, attributes: str = "") -> Iterator[Body]:
        """Every user resource of this connector, whole or with these attributes."""
        return self._listed("Users", {"attributes": attributes} if attributes else {})

    def groups(self) -> Iterator[Body]:
        """Every group resource of this connector, without its members: all of them may be too many for one answer."""
        return self._listed("Groups", {"excludedAttributes": "members"})

    def group(self, scim_id: str) -> Body:
        """One whole group."""
        return self._json("GET", f"/Groups/{scim_id}")

    def by_external_id(self, external_id: str, kind: str = "Users") -> Body | None:
        query = urlencode({"filter": f'externalId eq "{external_id}"'})
        resources = self._json("GET", f"/{kind}?{query}").get("Resources") or []
        return resources[0] if resources else None

    def _listed(self, kind: str, chosen: dict[str, str]) -> Iterator[Body]:
        start = 1
        while True:
            query = urlencode({"startIndex": start, "count": self.limits().page} | chosen)
            answer = self._json("GET", f"/{kind}?{query}")
            resources = answer.get("Resources") or []
            yield from resources
            start += len(resources)
            if not resources or start > int(answer.get("totalResults") or 0):
                return

    def answers(self, operations: Iterable[Operation]) -> dict[str, Answer]:
        """What the portal said of each; what it answered with "later", or not at all, is sent again some times."""
        open_ = {operation.key: operation for operation in operations}
        answers: dict[str, Answer] = {}
        for attempt in range(1, self.config.attempts + 1):
            answers |= {key: Answer(503) for key in open_} | self.bulk(list(open_.values()))
            open_ = {key: operation for key, operation in open_.items() if answers[key].passing}
            if not open_:
                break
            if attempt < self.config.attempts:
                self.pause(attempt)
        return answers

    def bulk(self, operations: list[Operation], *, once: bool = False) -> dict[str, Answer]:
        """The answer to each operation, by its key. One that got none is not among them. `once`: it must not be sent
        twice."""
        body = {"schemas": [BULK], "Operations": [operation.body() for operation in operations]}
        answers = self._json("POST", "/Bulk", body, once=once).get("Operations") or []
        if len(answers) > len(operations):
            raise PortalError("The portal answered more operations than it was sent.")
        # In the order of the request (RFC 7644, 3.7); bulkId is repeated where it was given.
        keys = [answer.get("bulkId") or operation.key for answer, operation in zip(answers, operations, strict=False)]
        return {key: _answer(answer) for key, answer in zip(keys, answers, strict=True)}

    def _json(self, method: str, path: str, body: Body | None = None, *, once: bool = False) -> Body:
        response = self._patiently(method, path, body, attempts=1 if once else self.config.attempts)
        try:
            document = response.json()
        except ValueError as error:
            raise PortalError(f"{self.config.url}{path} did not answer with SCIM; is the address right?") from error
        if not isinstance(document, dict):
            raise PortalError(f"{self.config.url}{path} did not answer with SCIM; is the address right?")
        return document

    def _patiently(self, method: str, path: str, body: Body | None, *, attempts: int) -> urllib3.BaseHTTPResponse:
        """Ask until there is an answer that waiting does not better. What is sent of people may be sent twice: a
        second POST is refused as a duplicate, PUT and DELETE say the same again."""
        content = None if body is None else json.dumps(body).encode()
        for attempt in range(1, attempts + 1):
            response = None
            try:
                response = self._http.request(method, self.config.url + path, body=content)
                log.debug("Portal: %s %s: %d", method, path, response.status)
            except urllib3.exceptions.SSLError as error:
                raise PortalError(f"{self.config.url}: the certificate is not trusted: {error}.") from error
            except urllib3.exceptions.HTTPError as error:
                trouble = f"{self.config.url} cannot be reached: {_reason(error)}"
            else:
                if response.status < 400:
                    return response
                trouble = _trouble(self.config.url, response)
                if response.status not in _PASSING:
                    raise PortalError(trouble)
            if attempt < attempts:
                pause = _pause(attempt, response)
                log.warning("%s; trying again in %.0f s (%d of %d).", trouble, pause, attempt, attempts)
                self._wait(pause)
        raise PortalError(f"{trouble}; given up after {attempts} attempts.", passing=True)

    def pause(self, attempt: int) -> None:
        """Let some time go by before operations that were answered "later" are sent again."""
        self._wait(_pause(attempt, None))


def _pause(attempt: int, response: urllib3.BaseHTTPResponse | None) -> float:
    """What the portal asked for; else twice as long each time, by chance a part of it, so that agents do not meet."""
    asked = _retry_after(response.headers.get("Retry-After", "")) if response is not None else None
    longest = min(60.0, 2.0**attempt)
    if asked is None:
        return random.uniform(longest / 2, longest)  # noqa: S311 - not a secret
    return min(_LONGEST_WAIT, asked) + random.uniform(0, 0.5)  # noqa: S311


def _retry_after(value: str) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _trouble(url: str, response: urllib3.BaseHTTPResponse) -> str:
    if response.status == 401:
        return f"{url} does not accept the token; make a new one in the portal (Settings, Connectors)"
    if response.status == 404:
        return f"{url} has no SCIM service; is the address right?"
    try:
        document = response.json()
    except ValueError:
        document = None
    detail = document.get("detail") if isinstance(document, dict) else None
    return f"{url} answered {response.status}" + (f": {detail}" if detail else "")


def _reason(error: BaseException) -> str:
    """The end of the chain says it in the plainest words."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)


def _answer(line: dict[str, Any]) -> Answer:
    response = line.get("response") or {}
    located = str(line.get("location") or "").rstrip("/").rpartition("/")[2]
    return Answer(
        status=int(line.get("status") or 0),
        scim_id=located or str(response.get("id") or ""),
        detail=str(response.get("detail") or ""),
    )
