"""A directory that speaks SCIM to the portal, in this process; and what it sends."""

import json
import os
from typing import Any

from django.http import HttpResponse
from django.test import Client

from companies.models import Company
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import add_connector
from users.scim.translation import SEAT as SEAT

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


class Directory:
    """A connector of the company, and its requests."""

    def __init__(self, company: Company, *, kind: ConnectorKind = ConnectorKind.SCIM, name: str = "Directory") -> None:
        self.connector: Connector
        self.connector, self.token = add_connector(company, kind=kind, name=name, by=None)
        self.client = Client(raise_request_exception=False)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """One request; `body` is sent as it is where it is bytes, else as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        asked: Any = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        asked |= {name.replace("_", "-"): value for name, value in headers.items()}
        response: Any = self.client.generic(method, f"/scim/v2{path}", data, asked["Content-Type"], headers=asked)
        return response  # type: ignore[no-any-return]

    def create(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """The resource of somebody new."""
        response = self.send("POST", "/Users", person(user_name, **attributes))
        assert response.status_code == 201, response.content
        return dict(response.json())  # type: ignore[attr-defined]

    def patch(self, resource_id: str, *operations: dict[str, Any], kind: str = "Users", **headers: str) -> HttpResponse:
        return self.send("PATCH", f"/{kind}/{resource_id}", patch(*operations), **headers)

    def seat(self, resource_id: str) -> dict[str, Any]:
        """What is true of the person, but for when."""
        response = self.send("GET", f"/Users/{resource_id}")
        assert response.status_code == 200
        return {name: value for name, value in response.json()[SEAT].items() if name != "since"}  # type: ignore[attr-defined]

    def bulk(self, *operations: dict[str, Any], **options: Any) -> HttpResponse:
        return self.send("POST", "/Bulk", {"schemas": [BULK], "Operations": list(operations)} | options)


def full_size() -> tuple[int, int]:
    """People, and seats for them: 5,000 and 4,000 on the build machine; elsewhere a tenth, which takes seconds."""
    return (5_000, 4_000) if os.environ.get("CI") else (500, 400)


def person(user_name: str, **attributes: Any) -> dict[str, Any]:
    return {"schemas": [CORE], "userName": user_name} | attributes


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def error(status: int, detail: str, scim_type: str = "") -> dict[str, Any]:
    """The document of RFC 7644, 3.12."""
    document: dict[str, Any] = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return document | ({"scimType": scim_type} if scim_type else {})
