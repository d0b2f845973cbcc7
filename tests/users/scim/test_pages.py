"""How much one answer holds: pages are cut where their resources are large, and nothing is lost by it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing.enums import Tier
from tests.factories import add_arrivals, make_company
from tests.facts import nothing_changes
from tests.users.scim.client import GROUP, SEARCH, Directory, error
from users.directory.models import Connector, Entry, Group
from users.scim.schemas import MAX_GROUP, PAGE_BYTES

pytestmark = pytest.mark.django_db


def members(count: int) -> list[dict[str, Any]]:
    """As JSON 200 bytes each."""
    return [{"value": f"{number:0185}"} for number in range(count)]


QUARTER = members(1_310)
"""A quarter of a page, less 144 bytes."""


@pytest.fixture
def directory() -> Directory:
    return Directory(make_company(tier=Tier.ADVANCED, seats=5))


def make_groups(connector: Connector, *sizes: list[dict[str, Any]], **attributes: Any) -> None:
    """Groups of so many members, named g0, g1, …"""
    Group.objects.bulk_create(
        Group(
            partner_id=connector.partner_id,
            company_id=connector.company_id,
            connector=connector,
            display_name=f"g{number}",
            members=members,
            attributes=attributes,
        )
        for number, members in enumerate(sizes)
    )


def page(directory: Directory, path: str) -> tuple[int, int, list[str]]:
    """totalResults, itemsPerPage, and who is on the page."""
    response = directory.send("GET", path)
    assert response.status_code == 200, response.content
    answer = json.loads(response.content)
    names = [one.get("displayName") or one["userName"] for one in answer["Resources"]]
    assert answer["itemsPerPage"] == len(names)
    return answer["totalResults"], answer["itemsPerPage"], names


def test_a_page_ends_where_it_would_hold_too_much(directory: Directory) -> None:
    """Four quarters of 1 MB less 144 bytes each are a page, with up to 144 bytes each of other attributes."""
    assert (PAGE_BYTES, len(json.dumps(QUARTER))) == (1024 * 1024, PAGE_BYTES // 4 - 144)
    make_groups(directory.connector, *[QUARTER] * 6, own="x" * 134)
    assert len(json.dumps({"own": "x" * 134})) == 145
    assert page(directory, "/Groups?count=1000") == (6, 3, ["g0", "g1", "g2"])
    Group.objects.update(attributes={"own": "x" * 133})
    assert page(directory, "/Groups?count=1000") == (6, 4, ["g0", "g1", "g2", "g3"])
    assert page(directory, "/Groups?startIndex=5&count=1000") == (6, 2, ["g4", "g5"])
    assert page(directory, "/Groups?startIndex=5&count=1") == (6, 1, ["g4"])


def test_what_is_more_than_a_page_is_one_of_its_own(directory: Directory) -> None:
    huge = members(6_000)
    assert PAGE_BYTES < len(json.dumps(huge)) == 1_200_000
    make_groups(directory.connector, [{"value": "ann"}], huge, [{"value": "bob"}])
    assert page(directory, "/Groups") == (3, 1, ["g0"])
    assert page(directory, "/Groups?startIndex=2") == (3, 1, ["g1"])
    assert page(directory, "/Groups?startIndex=3") == (3, 1, ["g2"])
    assert page(directory, "/Groups?sortBy=displayName&sortOrder=descending") == (3, 1, ["g2"])


def test_a_client_that_goes_on_where_the_page_ended_is_told_everything_once(directory: Directory) -> None:
    make_groups(directory.connector, *[members(1_000)] * 12)
    told: list[str] = []
    pages = []
    while len(told) < 12:
        _total, held, names = page(directory, f"/Groups?count=1000&startIndex={1 + len(told)}")
        told += names
        pages.append(held)
    assert (told, pages) == ([f"g{number}" for number in range(12)], [5, 5, 2])


@pytest.mark.parametrize("asked", ["excludedAttributes=members", "attributes=displayName"])
def test_members_that_nobody_asks_for_are_not_read(directory: Directory, asked: str) -> None:
    """So groups come by the thousand, in the same few questions to the database."""
    make_groups(directory.connector, *[QUARTER] * 6)
    first = Group.objects.earliest("pk")
    with CaptureQueriesContext(connection) as queries:
        assert page(directory, f"/Groups?count=1000&{asked}") == (6, 6, ["g0", "g1", "g2", "g3", "g4", "g5"])
        one = directory.send("GET", f"/Groups/{first.scim_id}?{asked}")
    assert json.loads(one.content)["displayName"] == "g0"
    assert [query["sql"] for query in queries if '"members"' in query["sql"]] == []
    body = {"schemas": [SEARCH], "excludedAttributes": ["members"], "count": 1000}
    assert json.loads(directory.send("POST", "/Groups/.search", body).content)["itemsPerPage"] == 6


@pytest.mark.parametrize("asked", ["excludedAttributes=displayName", "attributes=members.value", "attributes=members"])
def test_members_that_are_asked_for_are_told(directory: Directory, asked: str) -> None:
    make_groups(directory.connector, [{"value": "ann"}])
    one = json.loads(directory.send("GET", f"/Groups/{Group.objects.get().scim_id}?{asked}").content)
    listed = json.loads(directory.send("GET", f"/Groups?{asked}").content)["Resources"]
    assert (one["members"], [group["members"] for group in listed]) == ([{"value": "ann"}], [[{"value": "ann"}]])


def test_people_are_told_as_far_as_a_page_goes(directory: Directory) -> None:
    """60,000 bytes of each: 17 are a page, together with the groups before or after them."""
    make_people(directory.connector, 30, note="x" * (60_000 - len(json.dumps({"note": ""}))))
    names = [f"p{number}" for number in range(30)]
    assert page(directory, "/Users?count=1000") == (30, 17, names[:17])
    assert page(directory, "/Users?count=1000&startIndex=18") == (30, 13, names[17:])
    make_groups(directory.connector, QUARTER, QUARTER)
    assert page(directory, "/?count=1000&startIndex=18") == (32, 14, [*names[17:], "g0"])
    assert page(directory, "/?count=1000&startIndex=12") == (32, 17, names[11:28])


@pytest.mark.parametrize("people", [1, 100, 1_000])
def test_an_ordinary_page_is_whole_and_costs_the_same_few_questions(directory: Directory, people: int) -> None:
    make_people(directory.connector, people)
    page(directory, "/Users?count=1000")
    with CaptureQueriesContext(connection) as queries:
        assert page(directory, "/Users?count=1000")[:2] == (people, people)
    asked = [query["sql"] for query in queries if "directory_entry" in query["sql"]]
    # How many there are, which ones, and they themselves; of more than a hundred also how large they are.
    assert len(asked) == (3 if people <= 100 else 4)


def make_people(connector: Connector, count: int, **attributes: Any) -> None:
    """People as their directory describes them, named p0, p1, …"""
    Entry.objects.bulk_create(
        Entry(
            partner_id=user.partner_id,
            company_id=user.company_id,
            connector=connector,
            user=user,
            user_name=f"p{number}",
            attributes=attributes,
        )
        for number, user in enumerate(add_arrivals(connector, count))
    )


def test_the_members_of_a_group_have_a_limit(directory: Directory) -> None:
    """In bytes too: several PATCHes could bring more than one request holds."""
    longest = "x" * 3_000_000
    body = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "0" + longest}]}
    made = json.loads(directory.send("POST", "/Groups", body).content)
    for number in range(1, 5):
        added = [{"value": f"{number}{longest}"}]
        answer = directory.patch(made["id"], {"op": "add", "path": "members", "value": added}, kind="Groups")
        assert answer.status_code == 200
    said = error(400, f"The members of a group have {MAX_GROUP} bytes at most", "invalidValue")
    with nothing_changes(directory.connector.company):
        added = [{"value": f"5{longest}"}]
        answer = directory.patch(made["id"], {"op": "add", "path": "members", "value": added}, kind="Groups")
        assert (answer.status_code, json.loads(answer.content)) == (400, said)
    assert len(Group.objects.get().members) == 5
