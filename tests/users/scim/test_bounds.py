"""What one request may ask at most, and whom it keeps waiting meanwhile: nobody (R20)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing.enums import Tier
from tests.concurrency.racing import collide
from tests.factories import make_company
from tests.facts import nothing_changes
from tests.users.directory.people import say
from tests.users.scim.client import ENTERPRISE, GROUP, Directory, error
from users.directory.models import Entry, Group
from users.scim.schemas import MAX_OPERATIONS, MAX_PATCH, MAX_VALUES
from users.scim.storage import ConnectorStorage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def directory() -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=9))


def group(directory: Directory, *members: str) -> str:
    body = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": one} for one in members]}
    return str(json.loads(directory.send("POST", "/Groups", body).content)["id"])


def remove(value: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{value}"]'}


def test_members_are_added_and_removed_by_the_thousand(directory: Directory) -> None:
    names = [f"m{number}" for number in range(20_000)]
    made = group(directory, *names)
    gone = [remove(name) for name in names[: MAX_OPERATIONS - 3]]
    answer = directory.patch(
        made,
        *gone,
        {"op": "Add", "path": "members", "value": [{"value": "new", "display": "New"}, {"value": "m19999"}]},
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "m19998"}, {"value": "nobody"}]},
        {"op": "replace", "value": {"displayName": "Others"}},
        {"op": "remove", "path": f'{GROUP}:members[value eq "m19997"]'},
        kind="Groups",
    )
    assert answer.status_code == 200
    kept = [{"value": name} for name in names[len(gone) : 19_997]] + [{"value": "m19999"}]
    stored = Group.objects.get()
    assert stored.members == [*kept, {"value": "new", "display": "New"}]
    assert (stored.display_name, stored.version) == ("Others", 2)
    again = directory.patch(
        made,
        remove("m1"),
        {"op": "add", "path": "members", "value": [{"value": "new", "display": "New"}]},
        kind="Groups",
    )
    assert (again.status_code, Group.objects.get().version) == (200, 2)
    one = {"op": "replace", "path": "members", "value": [{"value": "only"}]}
    assert directory.patch(made, one, kind="Groups").status_code == 200
    assert Group.objects.get().members == [{"value": "only"}]
    named = {"op": "replace", "path": 'members[value eq "only"].display', "value": "One"}
    assert directory.patch(made, named, kind="Groups").status_code == 200
    assert Group.objects.get().members == [{"value": "only", "display": "One"}]
    assert directory.patch(made, {"op": "remove", "path": "members"}, kind="Groups").status_code == 200
    assert Group.objects.get().members == []


def test_what_would_be_searched_again_and_again_is_refused(directory: Directory) -> None:
    made = group(directory, *[f"m{number}" for number in range(1_000)])
    slow = [{"op": "remove", "path": f'members[display eq "{number}"]'} for number in range(50)]
    many = [remove("m1")] * (MAX_OPERATIONS + 1)
    with nothing_changes(directory.connector.company):
        assert directory.patch(made, *slow, kind="Groups").status_code == 413
        assert directory.patch(made, *many, kind="Groups").status_code == 413
    assert (len(Group.objects.get().members), Group.objects.get().version) == (1_000, 1)


def test_a_group_locks_nothing_of_the_company(directory: Directory) -> None:
    made = group(directory, "ann")
    with CaptureQueriesContext(connection) as asked:
        assert directory.patch(made, remove("ann"), kind="Groups").status_code == 200
        assert directory.send("DELETE", f"/Groups/{made}").status_code == 204
    locking = [query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"]]
    assert [("companies_company" in sql, "directory_group" in sql) for sql in locking] == [(False, True)] * 2


def test_a_person_has_limits(directory: Directory) -> None:
    ann = directory.create("ann")
    change = {"op": "replace", "path": "title", "value": "x"}
    emails = [{"value": f"e{number}@x.example"} for number in range(MAX_VALUES + 1)]
    too_many = error(400, "emails has 101 values; 100 are the most", "invalidValue")
    too_large = error(400, "A resource has 65536 bytes at most", "invalidValue")
    with nothing_changes(directory.connector.company):
        answer = directory.patch(ann["id"], *[change] * (MAX_PATCH + 1))
        assert json.loads(answer.content) == error(413, "Too many operations, or values, in one PATCH")
        answer = directory.patch(ann["id"], {"op": "add", "path": "emails", "value": emails})
        assert json.loads(answer.content) == too_many
        body: dict[str, Any] = {"schemas": [], "userName": "ann", "emails": emails}
        assert json.loads(directory.send("PUT", f"/Users/{ann['id']}", body).content) == too_many
        body = {"schemas": [], "userName": "bob", ENTERPRISE: {"division": "x" * 70_000}}
        assert json.loads(directory.send("POST", "/Users", body).content) == too_large
    assert directory.patch(ann["id"], {"op": "add", "path": "emails", "value": emails[:-1]}).status_code == 200


def test_who_is_changed_meanwhile_is_changed_once_more(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATCH is worked out without the company's lock; whoever was faster is not undone by it."""
    ann = directory.create("ann", title="Boss")
    real = ConnectorStorage._entry
    told: list[int] = []

    def entry_of(storage: ConnectorStorage, resource_id: str) -> Entry:
        found = real(storage, resource_id)
        told.append(found.version)
        if len(told) == 1:
            collide(lambda: say(found, attributes={"title": "Boss", "nickName": "An"}))
        return found

    monkeypatch.setattr(ConnectorStorage, "_entry", entry_of)
    answer = directory.patch(ann["id"], {"op": "replace", "path": "displayName", "value": "Ann"})
    assert answer.status_code == 200
    assert Entry.objects.get().attributes == {"title": "Boss", "nickName": "An", "displayName": "Ann"}
    assert Entry.objects.get().version == 3
