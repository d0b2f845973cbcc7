"""What becomes of people whom a directory brings, as SCIM tells it (R6, R9, R20, R21, R22)."""

import json
from typing import Any

import pytest

from licensing.enums import Tier
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import remove_users
from tests.factories import make_company
from tests.facts import history, nothing_changes, numbers, statuses
from tests.users.scim.client import CORE, ENTERPRISE, SEAT, Directory, error, person
from users.directory.models import Connector, Entry
from users.enums import Withdrawal
from users.models import User

pytestmark = pytest.mark.django_db

OFF = {"op": "replace", "path": "active", "value": False}
ON = {"op": "replace", "path": "active", "value": True}


def directory_with(*, seats: int = 30, **rules: Any) -> Directory:
    """A directory whose threshold (R22) is out of the way."""
    directory = Directory(make_company(tier=Tier.ADVANCED, seats=seats))
    Connector.objects.filter(pk=directory.connector.pk).update(threshold_people=1_000, **rules)
    return directory


def with_others(directory: Directory) -> None:
    """More people, so that nobody is everyone whom the connector manages."""
    for name in ("other", "another"):
        directory.create(name)


def user_of(resource: dict[str, Any]) -> User:
    return Entry.objects.get(scim_id=resource["id"]).user


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        (None, ""),
        ([], ""),
        ([{"value": "one@x.example"}], "one@x.example"),
        ([{"value": "home@x.example", "type": "home"}, {"value": "work@x.example", "type": "work"}], "work@x.example"),
        ([{"value": "work@x.example", "type": "work"}, {"value": "p@x.example", "primary": True}], "p@x.example"),
        ([{"value": "first@x.example"}, {"value": "second@x.example"}], "first@x.example"),
        ([{"type": "work", "primary": True}, {"value": "home@x.example", "type": "home"}], "home@x.example"),
        ([{"value": "no address at all"}], "no address at all"),
    ],
)
def test_r9_the_email_is_the_primary_one_or_that_of_work_or_the_first(emails: Any, expected: str) -> None:
    """And never the userName, which is somebody's name there."""
    directory = directory_with()
    made = directory.create("ann@userprincipal.example", **({} if emails is None else {"emails": emails}))
    assert user_of(made).email == expected
    assert made.get("emails", []) == (emails or [])


def test_what_is_not_kept_in_columns_is_echoed() -> None:
    """Unknown attributes and extensions too; a password never."""
    directory = directory_with()
    extension = "urn:example:params:scim:schemas:extension:shoes:2.0:User"
    sent = {
        "name": {"givenName": "Ann", "familyName": "Lee", "middleName": "B."},
        "nickName": "Annie",
        "phoneNumbers": [{"value": "+49 30 1", "type": "work"}],
        "shoeSize": 38,
        extension: {"colour": "red"},
    }
    made = directory.create("ann", **sent, schemas=[CORE, extension], password="secret-of-ann")
    assert {name: made[name] for name in sent} == sent
    assert extension in made["schemas"]
    read = directory.send("GET", f"/Users/{made['id']}")
    assert json.loads(read.content) == made
    assert "secret-of-ann" not in json.dumps(Entry.objects.get().attributes)


def test_without_active_a_new_person_is_active_and_a_replaced_one_stays_as_they_are() -> None:
    """Nobody is enabled, nor disabled, by silence (test_silence.py has what is taken away)."""
    directory = directory_with()
    with_others(directory)
    made = directory.create("ann")
    assert made["active"] is True
    directory.patch(made["id"], OFF)
    replaced = directory.send("PUT", f"/Users/{made['id']}", person("ann", title="Boss"))
    assert json.loads(replaced.content)["active"] is False
    assert user_of(made).status == "disabled"


def test_r6_over_the_cap_people_wait_and_are_told_so() -> None:
    directory = directory_with(seats=1)
    made = [directory.create(name)[SEAT] for name in ("ann", "bob")]
    assert [(seat["status"], seat["reason"], seat["position"]) for seat in made] == [
        ("pendingApproval", "no_seat", 1),
        ("pendingApproval", "no_seat", 2),
    ]
    assert numbers(directory.connector.company) == (1, 1, 2)


def test_r6_where_the_connector_asks_everybody_waits() -> None:
    directory = directory_with(asks_approval=True)
    seat = directory.create("ann")[SEAT]
    assert (seat["status"], seat["reason"], seat["position"]) == ("pendingApproval", "connector_asks", 1)


def test_r20_disabled_in_the_directory_is_disabled_and_back() -> None:
    directory = directory_with()
    with_others(directory)
    made = directory.create("ann")
    off = json.loads(directory.patch(made["id"], OFF).content)
    assert (off["active"], off[SEAT]["status"], off[SEAT]["reason"]) == (False, "disabled", "disabled_in_directory")
    on = json.loads(directory.patch(made["id"], ON).content)
    assert (on["active"], on[SEAT]["status"]) == (True, "active")
    assert [to for _from, to, _door in history(user_of(made))] == ["active", "disabled", "active"]


def test_r20_where_the_rule_is_remove_the_resource_stays_and_coming_back_is_a_new_claim() -> None:
    directory = directory_with(seats=4, on_disabled=Withdrawal.REMOVE)
    with_others(directory)
    made = directory.create("ann")
    former = user_of(made)
    off = json.loads(directory.patch(made["id"], OFF).content)
    assert (off["active"], off[SEAT]["status"]) == (False, "removed")
    directory.create("taker")
    on = json.loads(directory.patch(made["id"], ON).content)
    assert (on["id"], on["active"]) == (made["id"], True)
    assert (on[SEAT]["status"], on[SEAT]["position"]) == ("pendingApproval", 1)
    former.refresh_from_db()
    assert (former.status, user_of(made).pk == former.pk) == ("removed", False)


def test_r20_left_the_scope_has_a_rule_of_its_own() -> None:
    directory = directory_with(on_left=Withdrawal.REMOVE)
    with_others(directory)
    made = directory.create("ann")
    left = directory.patch(made["id"], {"op": "replace", "value": {"active": False, SEAT: {"leftScope": True}}})
    told = json.loads(left.content)
    assert told["active"] is False
    assert (told[SEAT]["status"], told[SEAT]["reason"], told[SEAT]["leftScope"]) == ("removed", "left_scope", True)
    back = json.loads(directory.patch(made["id"], ON).content)
    assert (back["active"], back[SEAT]["status"], "leftScope" in back[SEAT]) == (True, "active", False)


def test_r20_delete_ends_the_resource_and_frees_the_user_name() -> None:
    directory = directory_with()
    with_others(directory)
    made = directory.create("ann")
    assert directory.send("DELETE", f"/Users/{made['id']}").status_code == 204
    assert directory.send("GET", f"/Users/{made['id']}").status_code == 404
    assert directory.send("DELETE", f"/Users/{made['id']}").status_code == 404
    user = User.objects.of_company(directory.connector.company).order_by("pk").last()
    assert user is not None
    assert user.status == "disabled"
    again = directory.create("ann")
    assert again["id"] != made["id"]
    assert (user_of(again).pk, again[SEAT]["status"]) == (user.pk, "active")


def test_r21_what_was_done_by_hand_stands() -> None:
    directory = directory_with()
    with_others(directory)
    made = directory.create("ann")
    remove_users(directory.connector.company, users=[user_of(made).pk], by=None)
    again = json.loads(directory.patch(made["id"], OFF).content)
    again = json.loads(directory.patch(made["id"], ON).content)
    assert (again["active"], again[SEAT]["status"], again[SEAT]["reason"]) == (True, "removed", "by_hand")


def test_r21_rejected_is_told_until_that_is_undone() -> None:
    """R7, R21: whatever the directory asks, sent again too; undone, the person waits at the end of the line."""
    directory = directory_with(asks_approval=True)
    made = directory.create("ann")
    user, path = user_of(made), f"/Users/{made['id']}"
    reject_users(directory.connector.company, users=[user.pk], by=None)
    rejected = {"status": "rejected", "reason": "rejected"}
    assert (directory.seat(made["id"]), json.loads(directory.send("GET", path).content)["active"]) == (rejected, True)
    for active in (True, False, True):
        put = directory.send("PUT", path, person("ann", active=active))
        told = json.loads(put.content)
        assert (put.status_code, told["active"], told[SEAT]["status"]) == (200, active, "rejected")
    assert directory.send("POST", "/Users", person("ann")).status_code == 409
    assert directory.seat(made["id"]) == rejected
    assert directory.send("DELETE", path).status_code == 204
    again = directory.create("ann")
    assert (again["id"] != made["id"], user_of(again).pk, again["active"]) == (True, user.pk, True)
    assert directory.seat(again["id"]) == rejected
    directory.create("bob")
    undo_rejection(directory.connector.company, users=[user.pk], by=None)
    assert directory.seat(again["id"]) == {"status": "pendingApproval", "reason": "connector_asks", "position": 2}
    assert history(user) == [
        ("", "pending", "directory"),
        ("pending", "removed", "portal"),
        ("removed", "pending", "portal"),
    ]


def test_r22_past_the_threshold_it_is_held_and_answered_as_done() -> None:
    directory = directory_with(seats=30)
    Connector.objects.update(threshold_people=2, threshold_percent=0)
    made = [directory.create(f"person{number}") for number in range(5)]
    answers = [directory.patch(one["id"], OFF) for one in made[:3]]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    told = [json.loads(answer.content) for answer in answers]
    assert [(one["active"], one[SEAT]["status"]) for one in told] == [
        (False, "disabled"),
        (False, "disabled"),
        (False, "held"),
    ]
    assert directory.send("DELETE", f"/Users/{made[3]['id']}").status_code == 204
    assert statuses(directory.connector.company)[1:] == ["disabled", "disabled", "active", "active", "active"]


def test_the_extension_is_read_only_but_for_left_scope() -> None:
    directory = directory_with(seats=1)
    made = directory.create("ann", **{SEAT: {"status": "active", "position": 7}})
    assert made[SEAT]["status"] == "pendingApproval"
    with nothing_changes(directory.connector.company):
        refused = directory.patch(made["id"], {"op": "replace", "path": f"{SEAT}:status", "value": "active"})
        assert refused.status_code == 400
        assert json.loads(refused.content) == error(400, f"'{SEAT}:status' is read-only", "mutability")
        replaced = directory.send("PUT", f"/Users/{made['id']}", person("ann", **{SEAT: {"status": "active"}}))
        assert json.loads(replaced.content)[SEAT]["status"] == "pendingApproval"


def test_a_group_is_stored_and_echoed_and_nothing_more() -> None:
    directory = directory_with()
    member = directory.create("ann")
    sent: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Sales",
        "externalId": "sales-1",
        "members": [{"value": member["id"], "display": "Ann"}, {"value": "nobody we know"}],
    }
    made = json.loads(directory.send("POST", "/Groups", sent).content)
    assert {name: made[name] for name in sent} == sent
    before = numbers(directory.connector.company)
    path = f"/Groups/{made['id']}"
    changed = directory.patch(
        made["id"], {"op": "remove", "path": f'members[value eq "{member["id"]}"]'}, kind="Groups"
    )
    assert json.loads(changed.content)["members"] == [{"value": "nobody we know"}]
    late = directory.patch(made["id"], {"op": "remove", "path": "members"}, kind="Groups", If_Match='W/"1"')
    assert late.status_code == 412
    assert directory.send("DELETE", path, If_Match='W/"1"').status_code == 412
    assert directory.send("DELETE", path, If_Match='W/"2"').status_code == 204
    assert directory.send("GET", path).status_code == 404
    assert numbers(directory.connector.company) == before


def test_what_no_schema_has_is_patched_as_it_is_stored_or_refused() -> None:
    """Never answered as done, and dropped."""
    directory = directory_with()
    own = "urn:x:custom:2.0:User"
    made = directory.create("ann", **{own: {"tag": "a", "kept": 1}}, costCenter="1")

    def patched(*operations: dict[str, Any]) -> Any:
        answer = directory.patch(made["id"], *operations)
        told = json.loads(answer.content)
        return (told.get(own), told.get("costCenter")) if answer.status_code == 200 else told["scimType"]

    assert patched({"op": "replace", "path": f"{own}:tag", "value": "B"}) == ({"tag": "B", "kept": 1}, "1")
    assert patched({"op": "add", "path": "costCenter", "value": "2"}) == ({"tag": "B", "kept": 1}, "2")
    assert patched({"op": "add", "value": {own: {"tag": "C"}, "costCenter": "3", "title": "Boss"}}) == (
        {"tag": "C", "kept": 1},
        "3",
    )
    assert patched({"op": "add", "value": {f"{own}:tag": "D"}}) == ({"tag": "D", "kept": 1}, "3")
    assert patched({"op": "remove", "path": "costCenter"}) == ({"tag": "D", "kept": 1}, None)
    version = Entry.objects.get().version
    for refused in (
        {"op": "add", "path": "foo.bar", "value": 1},
        {"op": "add", "path": "name.nick", "value": "x"},
        {"op": "add", "value": {"name": {"nick": "x"}}},
        {"op": "add", "path": f"{ENTERPRISE}:floor", "value": 3},
        {"op": "replace", "path": 'things[type eq "x"].value', "value": 3},
    ):
        assert patched(refused) == "invalidPath", refused
    assert Entry.objects.get().version == version
    assert patched({"op": "remove", "path": f"{own}:tag"}, {"op": "remove", "path": f"{own}:kept"}) == (None, None)
