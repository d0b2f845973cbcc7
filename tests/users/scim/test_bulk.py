"""Many operations in one request, each a transaction of its own (RFC 7644, 3.7; R6)."""

import json
from typing import Any

import pytest
from django.core.cache import cache

from licensing.enums import Tier
from tests.factories import make_company
from tests.facts import nothing_changes, numbers
from tests.users.scim.client import GROUP, Directory, error, full_size, patch, person
from users.directory.models import Entry, Group
from users.directory.rules import pause_connector, resume_connector
from users.models import User
from users.scim.schemas import MAX_OPERATIONS

pytestmark = pytest.mark.django_db(transaction=True)


def directory_with(*, seats: int) -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=seats))


def post(name: str, *, bulk_id: str = "", **attributes: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id or name, "data": person(name, **attributes)}


def told(response: Any) -> list[tuple[str, str, str | None]]:
    """Method, status and scimType of each operation."""
    assert response.status_code == 200, response.content
    return [
        (one["method"], one["status"], one.get("response", {}).get("scimType"))
        for one in json.loads(response.content)["Operations"]
    ]


def test_r6_whoever_finds_no_seat_waits_in_the_order_sent() -> None:
    directory = directory_with(seats=3)
    answer = directory.bulk(*[post(f"person{number}") for number in range(5)])
    assert told(answer) == [("POST", "201", None)] * 5
    operations = json.loads(answer.content)["Operations"]
    assert [one["bulkId"] for one in operations] == [f"person{number}" for number in range(5)]
    assert [one["version"] for one in operations] == ['W/"1"'] * 5
    assert [one["location"].rpartition("/")[2] for one in operations] == [
        str(entry.scim_id) for entry in Entry.objects.order_by("pk")
    ]
    assert numbers(directory.connector.company) == (3, 3, 3)
    line = User.objects.filter(status="pending").order_by("arrival")
    assert [user.entries.get().user_name for user in line] == ["person2", "person3", "person4"]


def test_what_is_refused_takes_nothing_else_with_it() -> None:
    directory = directory_with(seats=9)
    answer = directory.bulk(
        post("ann"),
        post("Ann"),
        {"method": "PATCH", "path": "/Users/nobody", "data": patch({"op": "replace", "path": "title", "value": "x"})},
        {"method": "POST", "path": "/Things", "bulkId": "thing", "data": person("x")},
        post("", bulk_id="nobody"),
        post("dora", bulk_id="ann"),
        post("bob"),
    )
    assert told(answer) == [
        ("POST", "201", None),
        ("POST", "409", "uniqueness"),
        ("PATCH", "404", None),
        ("POST", "404", None),
        ("POST", "400", "invalidValue"),
        ("POST", "400", "invalidValue"),
        ("POST", "201", None),
    ]
    assert list(Entry.objects.order_by("pk").values_list("user_name", flat=True)) == ["ann", "bob"]


@pytest.mark.parametrize(("fail_on_errors", "answered"), [(1, 2), (2, 4), (None, 5)])
def test_fail_on_errors(fail_on_errors: int | None, answered: int) -> None:
    directory = directory_with(seats=9)
    sent = [post("ann"), post("Ann"), post("bob"), post("Bob"), post("carl")]
    answer = directory.bulk(*sent, **({} if fail_on_errors is None else {"failOnErrors": fail_on_errors}))
    assert [status for _method, status, _type in told(answer)] == ["201", "409", "201", "409", "201"][:answered]
    assert Entry.objects.count() == {2: 1, 4: 2, 5: 3}[answered]


def test_bulk_ids_name_whom_the_same_request_creates() -> None:
    directory = directory_with(seats=9)
    group = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "bulkId:ann"}]}
    answer = directory.bulk(
        {"method": "POST", "path": "/Groups", "bulkId": "sales", "data": group},
        post("ann"),
        {
            "method": "PATCH",
            "path": "/Users/bulkId:ann",
            "data": patch({"op": "add", "path": "title", "value": "Boss"}),
        },
        {
            "method": "PATCH",
            "path": "/Users/bulkId:who",
            "data": patch({"op": "add", "path": "title", "value": "Boss"}),
        },
    )
    assert [status for _method, status, _type in told(answer)] == ["201", "201", "200", "409"]
    entry = Entry.objects.get()
    assert Group.objects.get().members == [{"value": str(entry.scim_id)}]
    assert entry.attributes == {"title": "Boss"}


def test_every_kind_of_operation_with_versions() -> None:
    directory = directory_with(seats=9)
    first, second = directory.create("ann")["id"], directory.create("bob")["id"]
    answer = directory.bulk(
        {"method": "PUT", "path": f"/Users/{first}", "version": 'W/"1"', "data": person("ann", title="Boss")},
        {"method": "PUT", "path": f"/Users/{first}", "version": 'W/"1"', "data": person("ann", title="Chief")},
        {"method": "DELETE", "path": f"/Users/{second}", "version": 'W/"7"'},
        {"method": "DELETE", "path": f"/Users/{second}", "version": 'W/"1"'},
    )
    assert [status for _method, status, _type in told(answer)] == ["200", "412", "412", "204"]
    assert json.loads(directory.send("GET", f"/Users/{first}").content)["title"] == "Boss"


def test_more_operations_than_announced_change_nothing() -> None:
    directory = directory_with(seats=3)
    directory.send("GET", "/Users?count=0")
    with nothing_changes(directory.connector.company):
        answer = directory.bulk(*[post(f"person{number}") for number in range(MAX_OPERATIONS + 1)])
        assert answer.status_code == 413
        assert json.loads(answer.content) == error(413, "The number of operations exceeds the maxOperations (1000)")


def test_a_paused_connector_refuses_the_whole_request() -> None:
    """So that the client sends all of it again, later."""
    directory = directory_with(seats=3)
    pause_connector(directory.connector, by=None)
    directory.send("GET", "/Users?count=0")
    with nothing_changes(directory.connector.company):
        answer = directory.bulk(post("ann"), post("bob"))
        said = error(503, "This connector is paused. Resume it in the portal, then try again.")
        assert (answer.status_code, json.loads(answer.content)) == (503, said)
        assert answer.headers["Retry-After"] == "600"
    resume_connector(directory.connector, by=None)
    assert told(directory.bulk(post("ann"), post("bob"))) == [("POST", "201", None)] * 2


def test_whoever_was_killed_in_a_bulk_request_is_let_in_again() -> None:
    """What says that one runs ends by itself, and is given back when one ends, be it by a refusal."""
    directory = directory_with(seats=3)
    key = f"scim:bulk:{directory.connector.pk}"
    cache.add(key, "somebody else's", 60)
    answer = directory.bulk(post("ann"))
    said = error(429, "Another Bulk request of this connector runs")
    assert (answer.status_code, json.loads(answer.content), answer.headers["Retry-After"]) == (429, said, "10")
    assert (cache.get(key), Entry.objects.count()) == ("somebody else's", 0)
    cache.add("scim:bulk:0", "another connector's", 60)
    cache.touch(key, -1)
    assert told(directory.bulk(post("ann"))) == [("POST", "201", None)]
    assert directory.send("POST", "/Bulk", b"{").status_code == 400
    assert told(directory.bulk(post("bob"))) == [("POST", "201", None)]
    assert cache.get(key) is None


def test_r6_more_people_than_seats_by_the_thousand() -> None:
    """Exactly as many are seated as there are seats, the others wait in the order sent (R7)."""
    people, seats = full_size()
    directory = directory_with(seats=1 + seats)  # one for the primary user
    names = [f"person{number}" for number in range(people)]
    for start in range(0, people, MAX_OPERATIONS):
        sent = names[start : start + MAX_OPERATIONS]
        assert told(directory.bulk(*[post(name) for name in sent])) == [("POST", "201", None)] * len(sent)
    assert numbers(directory.connector.company) == (1 + seats, 1 + seats, people - seats)
    users = Entry.objects.of_connector(directory.connector)
    assert list(users.order_by("pk").values_list("user_name", flat=True)) == names
    assert set(users.filter(user__status="active").values_list("user_name", flat=True)) == set(names[:seats])
    waiting = users.filter(user__status="pending").order_by("user__arrival")
    assert list(waiting.values_list("user_name", flat=True)) == names[seats:]
