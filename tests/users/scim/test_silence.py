"""What a directory takes back, or says without effect: answered as it said it, and nobody's standing changes by it."""

import json
from typing import Any

import pytest

from licensing.enums import Tier
from licensing.seats import disable_users
from tests.factories import make_company
from tests.facts import history, numbers
from tests.users.scim.client import SEAT, Directory, person
from users.directory.models import Connector, Entry
from users.enums import Withdrawal
from users.models import User

pytestmark = pytest.mark.django_db

OFF: dict[str, Any] = {"op": "replace", "path": "active", "value": False}
ON: dict[str, Any] = {"op": "replace", "path": "active", "value": True}
UNSAID: list[dict[str, Any]] = [
    {"op": "remove", "path": "active"},
    {"op": "replace", "path": "active", "value": None},
    {"op": "replace", "value": {"active": None}},
]


@pytest.fixture
def directory() -> Directory:
    """Three people more than the test is about, and a threshold (R22) out of the way."""
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=9))
    Connector.objects.update(threshold_people=1_000, on_left=Withdrawal.REMOVE)
    for name in ("other1", "other2", "other3"):
        directory.create(name)
    return directory


def user_of(resource: dict[str, Any]) -> User:
    return Entry.objects.get(scim_id=resource["id"]).user


def read(directory: Directory, resource: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(directory.send("GET", f"/Users/{resource['id']}").content))


@pytest.mark.parametrize("silence", UNSAID, ids=json.dumps)
@pytest.mark.parametrize(("before", "standing"), [(ON, "active"), (OFF, "disabled")])
def test_r20_active_that_is_taken_away_is_not_answered_and_changes_nobody(
    directory: Directory, before: dict[str, Any], standing: str, silence: dict[str, Any]
) -> None:
    ann = directory.create("ann")
    directory.patch(ann["id"], before)
    counted, changes = numbers(directory.connector.company), history(user_of(ann))
    answer = directory.patch(ann["id"], silence)
    told = json.loads(answer.content)
    assert (answer.status_code, "active" in told, told[SEAT]["status"]) == (200, False, standing)
    assert read(directory, ann) == told
    version = told["meta"]["version"]
    again = json.loads(directory.patch(ann["id"], silence).content)
    assert (again["meta"]["version"], "active" in again) == (version, False)
    for later in (
        directory.send("PUT", f"/Users/{ann['id']}", person("ann", title="Boss")),
        directory.patch(ann["id"], {"op": "add", "path": "nickName", "value": "An"}),
    ):
        assert ("active" in json.loads(later.content), later.status_code) == (False, 200)
    assert (numbers(directory.connector.company), history(user_of(ann))) == (counted, changes)
    said = json.loads(directory.patch(ann["id"], OFF).content)
    assert (said["active"], said[SEAT]["status"]) == (False, "disabled")
    said = json.loads(directory.send("PUT", f"/Users/{ann['id']}", person("ann", active=True)).content)
    assert (said["active"], said[SEAT]["status"]) == (True, "active")
    assert Entry.objects.get(user_name="ann").attributes == {}


def test_r21_active_that_is_taken_away_undoes_nothing_that_was_done_by_hand(directory: Directory) -> None:
    ann = directory.create("ann")
    disable_users(directory.connector.company, users=[user_of(ann).pk], by=None)
    for operation in (UNSAID[0], ON):
        told = json.loads(directory.patch(ann["id"], operation).content)
        assert (told[SEAT]["status"], told[SEAT]["reason"]) == ("disabled", "by_hand")


def test_a_filter_finds_no_active_where_none_is_said(directory: Directory) -> None:
    """RFC 7643, 2.5: as one that was never assigned."""
    ann, bob = directory.create("ann"), directory.create("bob")
    directory.patch(ann["id"], UNSAID[0])
    directory.patch(bob["id"], OFF)
    for asked, names in (
        ("active eq true", ["other1", "other2", "other3"]),
        ("active eq false", ["bob"]),
        ("active ne true", ["ann", "bob"]),
        ("active pr", ["other1", "other2", "other3", "bob"]),
        ("not (active pr)", ["ann"]),
        ("active eq null", ["ann"]),
    ):
        found = json.loads(directory.send("GET", f"/Users?filter={asked}").content)
        assert [one["userName"] for one in found["Resources"]] == names, asked
    listed = json.loads(directory.send("GET", "/Users?sortBy=active").content)["Resources"]
    assert [one["userName"] for one in listed] == ["bob", "other1", "other2", "other3", "ann"]


@pytest.mark.parametrize("said", [True, False])
def test_r20_left_scope_is_answered_as_it_was_said_and_void_while_active(directory: Directory, said: bool) -> None:
    ann = directory.create("ann", **{SEAT: {"leftScope": said}})
    assert (ann["active"], ann[SEAT]["status"], ann[SEAT]["leftScope"]) == (True, "active", said)
    for op in ("add", "replace"):
        told = directory.patch(ann["id"], {"op": op, "path": f"{SEAT}:leftScope", "value": not said})
        assert json.loads(told.content)[SEAT]["leftScope"] is not said
        told = directory.patch(ann["id"], {"op": op, "path": SEAT, "value": {"leftScope": said}})
        assert json.loads(told.content)[SEAT]["leftScope"] is said
    assert (read(directory, ann)[SEAT]["status"], numbers(directory.connector.company)) == ("active", (9, 5, 0))
    gone = directory.patch(ann["id"], {"op": "remove", "path": f"{SEAT}:leftScope"})
    assert "leftScope" not in json.loads(gone.content)[SEAT]


def test_r20_left_scope_said_before_active_is_switched_off_tells_which_rule(directory: Directory) -> None:
    ann, bob = directory.create("ann", **{SEAT: {"leftScope": True}}), directory.create("bob")
    directory.patch(bob["id"], {"op": "add", "path": f"{SEAT}:leftScope", "value": False})
    told = [json.loads(directory.patch(one["id"], OFF).content)[SEAT] for one in (ann, bob)]
    assert [(one["status"], one["reason"], one["leftScope"]) for one in told] == [
        ("removed", "left_scope", True),
        ("disabled", "disabled_in_directory", False),
    ]
    back = [json.loads(directory.patch(one["id"], ON).content)[SEAT] for one in (ann, bob)]
    assert [(one["status"], one.get("leftScope")) for one in back] == [("active", None), ("active", False)]


def test_the_whole_extension_that_is_removed_leaves_what_is_true(directory: Directory) -> None:
    """Of what can be written it leaves nothing; the rest is not the directory's to remove (RFC 7644, 3.5.2)."""
    ann = directory.create("ann", **{SEAT: {"leftScope": False}})
    answer = directory.patch(ann["id"], {"op": "remove", "path": SEAT})
    assert (answer.status_code, json.loads(answer.content)[SEAT]) == (
        200,
        {name: said for name, said in ann[SEAT].items() if name != "leftScope"},
    )
