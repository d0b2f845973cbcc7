"""What Entra ID and Okta send, step by step, and exactly what they are told: under, at and over the cap (R6, R20).

The requests are those of Microsoft's and Okta's public documentation of provisioning. In the files, `{ann}` is the id
that the portal gave Ann when she was created, and `{time}` a moment. Of a version the number alone stands there: the
hash is that of moments too.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from companies.models import Company
from licensing.approvals import approve_next
from licensing.enums import Tier
from licensing.pools import change_license
from tests.factories import make_company
from tests.facts import numbers
from tests.users.scim.client import Directory
from users.directory.enums import ConnectorKind

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(__file__).parent / "sequences"
TOLD = ("Location", "ETag", "Retry-After", "WWW-Authenticate")
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
HASH = r'(?<=W/\\"\d)-[0-9a-f]{12}(?=\\")'
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


@pytest.mark.parametrize("name", ["entra_id", "okta"])
def test_sequence(name: str) -> None:
    company = make_company(tier=Tier.ADVANCED, seats=3)
    directory = Directory(company, kind=ConnectorKind(name))
    ids: dict[str, str] = {}
    for step in json.loads((FOLDER / f"{name}.json").read_text()):
        if "portal" in step:
            add_a_seat_and_approve(company)
            continue
        path, body = _filled(step["path"], ids), _filled(step.get("body"), ids)
        response = directory.send(step["method"], path, body, **step.get("headers", {}))
        _learn(body, response, ids)
        assert {"what": step["what"], "answer": _told(response, ids)} == {
            "what": step["what"],
            "answer": step["answer"],
        }
    assert numbers(company) == (4, 4, 1)


def add_a_seat_and_approve(company: Company) -> None:
    change_license(company, seats=4, tier=Tier.ADVANCED, seen=None, by=None)
    approve_next(company, count=1, by=None)


def _filled(value: Any, ids: dict[str, str]) -> Any:
    """With ids in place of names."""
    text = json.dumps(value)
    for name, scim_id in ids.items():
        text = text.replace(f"{{{name}}}", scim_id)
    return json.loads(text)


def _learn(body: Any, response: HttpResponse, ids: dict[str, str]) -> None:
    """Whoever was created is called by their first name, a group by its own."""
    if response.status_code == 201:
        name = body.get("name", {}).get("givenName") or body["displayName"]
        ids[name.lower()] = json.loads(response.content)["id"]


def _told(response: HttpResponse, ids: dict[str, str]) -> dict[str, Any]:
    """Status, headers and body, with names in place of ids."""
    told: dict[str, Any] = {"status": response.status_code}
    told |= {name: response.headers[name] for name in TOLD if name in response.headers}
    if response.content:
        told["body"] = json.loads(response.content)
    text = json.dumps(told, ensure_ascii=False)
    for name, scim_id in ids.items():
        text = text.replace(scim_id, f"{{{name}}}")
    assert not re.search(ID, text), "an id of nobody"
    return dict(json.loads(re.sub(TIME, "{time}", re.sub(HASH, "", text))))
