"""ETags tell whether anything of the resource changed, also what the portal did (RFC 7644, 3.14; R7, R21)."""

import json
import re
from typing import Any

import pytest

from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.seats import disable_users
from tests.factories import make_company
from tests.facts import nothing_changes
from tests.users.scim.client import SEAT, Directory, error, person
from users.directory.held import confirm_held
from users.directory.models import Connector, Entry, HeldChange

pytestmark = pytest.mark.django_db(transaction=True)

NOT_MODIFIED = 304
BOSS = {"op": "replace", "path": "title", "value": "Boss"}
CHIEF = {"op": "replace", "path": "title", "value": "Chief"}


def directory_with(*, seats: int = 9) -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=seats))


def add_seats(directory: Directory, seats: int) -> None:
    change_license(directory.connector.company, seats=seats, tier=Tier.ADVANCED, seen=None, by=None)


def read(directory: Directory, scim_id: str, *, unless: str = "") -> tuple[int, str, Any]:
    """Status, ETag and body of a conditional GET."""
    asked = {"If_None_Match": unless} if unless else {}
    response = directory.send("GET", f"/Users/{scim_id}", **asked)
    return response.status_code, response.headers["ETag"], json.loads(response.content) if response.content else None


def user_of(scim_id: str) -> int:
    return Entry.objects.get(scim_id=scim_id).user_id


def test_a_version_is_a_number_and_a_hash() -> None:
    directory = directory_with()
    made = directory.create("ann")
    assert re.fullmatch(r'W/"1-[0-9a-f]{12}"', made["meta"]["version"])
    status, tag, body = read(directory, made["id"])
    assert (status, tag, body["meta"]["version"]) == (200, made["meta"]["version"], made["meta"]["version"])
    assert read(directory, made["id"], unless=tag) == (NOT_MODIFIED, tag, None)
    assert read(directory, made["id"], unless='W/"1"')[0] == 200


def test_r7_an_approval_is_a_new_version() -> None:
    directory = directory_with(seats=1)
    ann = directory.create("ann")
    add_seats(directory, 2)
    before = read(directory, ann["id"])[1]
    approve_users(directory.connector.company, users=[user_of(ann["id"])], by=None)
    status, after, body = read(directory, ann["id"], unless=before)
    assert (status, body[SEAT]["status"], body["meta"]["version"]) == (200, "active", after)
    assert after != before
    assert Entry.objects.get().version == 1
    assert read(directory, ann["id"], unless=after) == (NOT_MODIFIED, after, None)


def test_r7_a_place_that_moves_up_is_a_new_version() -> None:
    directory = directory_with(seats=1)
    ann, bob = directory.create("ann"), directory.create("bob")
    add_seats(directory, 2)
    before = read(directory, bob["id"])[1]
    approve_next(directory.connector.company, count=1, by=None)
    status, _tag, body = read(directory, bob["id"], unless=before)
    assert (status, body[SEAT]["position"]) == (200, 1)
    assert read(directory, ann["id"])[2][SEAT]["status"] == "active"


def test_r7_automatic_filling_is_a_new_version() -> None:
    directory = directory_with(seats=1)
    ann = directory.create("ann")
    choose_auto_fill(directory.connector.company, on=True, by=None)
    before = read(directory, ann["id"])[1]
    add_seats(directory, 2)
    status, _tag, body = read(directory, ann["id"], unless=before)
    assert (status, body[SEAT]["status"]) == (200, "active")


def test_r21_disabled_by_hand_is_a_new_version() -> None:
    directory = directory_with()
    ann = directory.create("ann")
    disable_users(directory.connector.company, users=[user_of(ann["id"])], by=None)
    status, _tag, body = read(directory, ann["id"], unless=ann["meta"]["version"])
    assert (status, body[SEAT]["status"], body[SEAT]["reason"]) == (200, "disabled", "by_hand")


def test_r22_what_an_admin_confirms_is_a_new_version() -> None:
    directory = directory_with()
    ann = directory.create("ann")
    directory.create("bob")
    Connector.objects.update(threshold_people=0, threshold_percent=0)
    directory.patch(ann["id"], {"op": "replace", "path": "active", "value": False})
    before = read(directory, ann["id"])
    assert before[2][SEAT]["status"] == "held"
    confirm_held(directory.connector, held=[HeldChange.objects.get().pk], by=None)
    status, _tag, body = read(directory, ann["id"], unless=before[1])
    assert (status, body[SEAT]["status"]) == (200, "disabled")


def test_a_list_tells_the_same_versions() -> None:
    directory = directory_with(seats=2)
    made = [directory.create(name) for name in ("ann", "bob", "carl")]
    for path in ("/Users", '/Users?filter=userName sw ""', "/"):
        listed = json.loads(directory.send("GET", path).content)["Resources"]
        assert {one["id"]: one["meta"]["version"] for one in listed} == {
            one["id"]: read(directory, one["id"])[1] for one in made
        }


def test_r21_if_match_asks_for_what_the_directory_changed() -> None:
    """An approval in between is nobody's change to lose; another change of the directory's is."""
    directory = directory_with(seats=1)
    ann = directory.create("ann")
    before = ann["meta"]["version"]
    add_seats(directory, 2)
    approve_users(directory.connector.company, users=[user_of(ann["id"])], by=None)
    done = directory.patch(ann["id"], BOSS, If_Match=before)
    assert (done.status_code, json.loads(done.content)[SEAT]["status"]) == (200, "active")
    assert done.headers["ETag"].startswith('W/"2-')
    path = f"/Users/{ann['id']}"
    with nothing_changes(directory.connector.company):
        for late in (
            directory.patch(ann["id"], CHIEF, If_Match=before),
            directory.send("PUT", path, person("ann"), If_Match=before),
            directory.send("DELETE", path, If_Match=before),
            directory.send("GET", path, If_Match=before),
        ):
            assert late.status_code == 412
            assert json.loads(late.content) == error(412, json.loads(late.content)["detail"])
    assert directory.send("PUT", path, person("ann"), If_Match=f'W/"9", {done.headers["ETag"]}').status_code == 200
    assert directory.send("DELETE", path, If_Match='W/"3"').status_code == 204


@pytest.mark.parametrize("tag", ['W/"2"', '"1-xyz"', '"1-0123456789ab-"', '""', "one", 'W/"99999999999999999999"'])
def test_what_is_no_version_of_it_matches_nothing(tag: str) -> None:
    directory = directory_with()
    ann = directory.create("ann")
    with nothing_changes(directory.connector.company):
        assert directory.patch(ann["id"], BOSS, If_Match=tag).status_code == 412


@pytest.mark.parametrize("tag", ["*", 'W/"1"', '"1"', "1", 'W/"7", W/"1"', 'W/"1-0123456789ab"'])
def test_what_is_a_version_of_it_matches(tag: str) -> None:
    directory = directory_with()
    ann = directory.create("ann")
    assert directory.patch(ann["id"], BOSS, If_Match=tag).status_code == 200


def test_a_change_that_is_none_keeps_the_version() -> None:
    directory = directory_with()
    made = directory.create("ann", title="Boss")
    with nothing_changes(directory.connector.company):
        same = directory.patch(made["id"], BOSS, If_Match="*")
    assert (same.status_code, same.headers["ETag"]) == (200, made["meta"]["version"])


def test_people_are_not_filtered_by_version() -> None:
    """Its hash stands in no column; of groups it is a number."""
    directory = directory_with()
    directory.create("ann")
    refused = directory.send("GET", '/Users?filter=meta.version eq "1"')
    assert (refused.status_code, json.loads(refused.content)["scimType"]) == (400, "invalidFilter")
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Sales"}
    version = json.loads(directory.send("POST", "/Groups", group).content)["meta"]["version"]
    found = directory.send("GET", "/Groups?filter=meta.version eq " + json.dumps(version).replace("\\", "%5C"))
    assert (version, json.loads(found.content)["totalResults"]) == ('W/"1"', 1)
