"""Shapes that identity providers send beyond the plain ones: understood, or refused; never answered and dropped."""

import json
from typing import Any

import pytest

from licensing.enums import Tier
from tests.factories import make_company
from tests.facts import nothing_changes
from tests.users.scim.client import CORE, ENTERPRISE, GROUP, Directory, error, person
from users.directory.models import Entry, Group

pytestmark = pytest.mark.django_db

BASE = "http://testserver/scim/v2"


@pytest.fixture
def directory() -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=5))


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"path": "name", "value": {"givenName": "B", "nick": "x"}}, "nick"),
    ({"path": "name", "value": {"nick": "x"}}, "nick"),
    ({"path": f"{CORE}:name", "value": {"nick": "x"}}, "nick"),
    ({"value": {"title": "Boss", "name": {"givenName": "B", "nick": "x"}}}, "nick"),
    ({"path": 'emails[type eq "work"]', "value": {"primary": True, "state": "new"}}, "state"),
    ({"path": ENTERPRISE, "value": {"division": "North", "floor": 3}}, "floor"),
    ({"value": {ENTERPRISE: {"division": "North", "floor": 3}}}, "floor"),
    ({"path": f"{ENTERPRISE}:manager", "value": {"value": "m", "mood": "good"}}, "mood"),
    ({"path": ENTERPRISE, "value": {"manager": {"value": "m", "mood": "good"}}}, "mood"),
    ({"value": {ENTERPRISE: {"manager": {"mood": "good"}}}}, "mood"),
]


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(("operation", "name"), UNKNOWN, ids=[json.dumps(operation) for operation, _name in UNKNOWN])
def test_an_unknown_part_of_what_is_known_is_refused(
    directory: Directory, op: str, operation: dict[str, Any], name: str
) -> None:
    """Wherever it is named: in the path, below it, or two levels further down."""
    ann = directory.create("ann", name={"givenName": "Ann"}, emails=[{"value": "a@x.example", "type": "work"}])
    with nothing_changes(directory.connector.company):
        answer = directory.patch(ann["id"], {"op": op} | operation)
        assert (answer.status_code, json.loads(answer.content)) == (
            400,
            error(400, f"'{name}' is not known", "invalidPath"),
        )


def test_an_unknown_part_of_a_member_is_refused(directory: Directory) -> None:
    body = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "ann"}]}
    made = json.loads(directory.send("POST", "/Groups", body).content)
    operation = {"op": "replace", "path": 'members[value eq "ann"]', "value": {"role": "lead"}}
    with nothing_changes(directory.connector.company):
        answer = directory.patch(made["id"], operation, kind="Groups")
        assert json.loads(answer.content) == error(400, "'role' is not known", "invalidPath")


def test_an_unknown_part_of_a_new_entry_of_a_list_is_kept(directory: Directory) -> None:
    """An entry comes as a whole, as one of POST and PUT does."""
    ann = directory.create("ann")
    sent = [{"value": "a@x.example", "state": "new"}]
    for operation in ({"op": "add", "path": "emails", "value": sent}, {"op": "replace", "value": {"emails": sent}}):
        assert json.loads(directory.patch(ann["id"], operation).content)["emails"] == sent


NO_MANAGER: list[dict[str, Any]] = [
    {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": ""},
    {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": ""},
    {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": {"value": ""}},
    {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": [{"value": ""}]},
    {"op": "Replace", "path": f"{ENTERPRISE}:manager.value", "value": ""},
    {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": None},
    {"op": "Replace", "value": {f"{ENTERPRISE}:manager": ""}},
    {"op": "Replace", "value": {ENTERPRISE: {"manager": {"value": ""}}}},
    {"op": "Remove", "path": f"{ENTERPRISE}:manager"},
]


@pytest.mark.parametrize("operation", NO_MANAGER, ids=json.dumps)
def test_an_empty_manager_is_none(directory: Directory, operation: dict[str, Any]) -> None:
    manager = {"value": "m-1", "$ref": "../Users/m-1"}
    ann = directory.create("ann", **{ENTERPRISE: {"department": "Sales", "manager": manager}})
    assert ann[ENTERPRISE]["manager"] == {"value": "m-1", "$ref": f"{BASE}/Users/m-1"}
    told = directory.patch(ann["id"], operation)
    assert (told.status_code, json.loads(told.content)[ENTERPRISE]) == (200, {"department": "Sales"})
    assert Entry.objects.get().attributes == {ENTERPRISE: {"department": "Sales"}}


@pytest.mark.parametrize("manager", ["", [], [""], {}, {"value": ""}, {"value": "", "$ref": "../Users/m-1"}, None])
def test_an_empty_manager_of_somebody_new_or_replaced_is_none(directory: Directory, manager: Any) -> None:
    sent = person("ann", **{ENTERPRISE: {"manager": manager}})
    made = json.loads(directory.send("POST", "/Users", sent).content)
    assert (ENTERPRISE in made, Entry.objects.get().attributes) == (False, {})
    with nothing_changes(directory.connector.company):
        told = directory.send("PUT", f"/Users/{made['id']}", sent)
        assert (told.status_code, ENTERPRISE in json.loads(told.content)) == (200, False)


@pytest.mark.parametrize(
    "manager", ["m-1", ["m-1"], {"value": "m-1"}, [{"value": "m-1"}], {"value": "m-1", "$ref": ""}]
)
def test_a_manager_is_told_as_an_object(directory: Directory, manager: Any) -> None:
    made = directory.create("ann", **{ENTERPRISE: {"manager": manager}})
    assert made[ENTERPRISE] == {"manager": {"value": "m-1"}}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("Users/m-1", f"{BASE}/Users/m-1"),
        ("../Users/m-1", f"{BASE}/Users/m-1"),
        ("./Users/m-1", f"{BASE}/Users/m-1"),
        ("../../Users/m-1", f"{BASE}/Users/m-1"),
        ("Users/../../../admin", f"{BASE}/admin"),
        ("https://id.example/scim/v2/Users/m-1", "https://id.example/scim/v2/Users/m-1"),
        ("/scim/v2/Users/m-1", "/scim/v2/Users/m-1"),
    ],
)
def test_a_reference_is_told_as_it_is_below_the_base_url(directory: Directory, sent: str, told: str) -> None:
    """RFC 7643, 2.3.7 and 8.3: `../Users/…` is relative to where the resource itself stands."""
    ann = directory.create("ann", **{ENTERPRISE: {"manager": {"value": "m-1", "$ref": sent}}})
    assert ann[ENTERPRISE]["manager"] == {"value": "m-1", "$ref": told}
    body = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "m-1", "$ref": sent}]}
    made = json.loads(directory.send("POST", "/Groups", body).content)
    assert made["members"] == [{"value": "m-1", "$ref": told}]
    assert Group.objects.get().members == [{"value": "m-1", "$ref": sent}]
    # What was told may be sent again, and is told the same.
    again = json.loads(directory.send("PUT", f"/Groups/{made['id']}", made).content)
    assert again["members"] == made["members"]
