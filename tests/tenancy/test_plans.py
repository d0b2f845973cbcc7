"""Every page reads its rows by an index: none goes through the people of all partners (R23)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companies.models import Company
from licensing.enums import Tier
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    sign_in,
)
from users.accounts.enums import Role

pytestmark = pytest.mark.django_db

LISTS = ["/", "/companies/", "/companies/export/", "/statements/", "/audit/", "/audit/export/"] + [
    f"/companies/?{query}"
    for query in ("q=a&tier=advanced&full=on&waiting=on", *(f"sort=-{name}" for name in ("license", "available")))
]
TABS = [
    "users/",
    *(f"users/?sort={name}" for name in ("-name", "email", "-status", "managed_by", "since")),
    "users/?q=a&status=active",
    "users/?status=pending",
    "users/?status=rejected&q=a",
    "users/export/",
    "users/{user}/",
    "settings/license/?seats=9",
    "settings/",
    "settings/license/",
    "settings/close/",
    "settings/connectors/{connector}/remove/",
    "activity/",
    "activity/?kind=users",
    "activity/?view=ledger",
    "users/add/many/",
    "users/{user}/edit/",
    "users/{user}/primary/",
]


@pytest.fixture
def company(client: Client) -> Company:
    """Everything that a page can show, beside companies of another partner."""
    account = make_account()
    sign_in(client, account)
    company = make_company(account.partner, seats=6, tier=Tier.ADVANCED)
    add_people(company, 3)
    add_arrivals(make_connector(company), 5)
    make_company(used=4, tier=Tier.ADVANCED, pending=2, seats=4)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return company


@pytest.mark.parametrize("address", LISTS + [f"/companies/{{company}}/{tab}" for tab in TABS])
def test_r23_a_page_reads_people_by_an_index(client: Client, company: Company, address: str) -> None:
    """Told not to read whole tables, PostgreSQL still does where no index fits the query."""
    user = company.users.exclude(pk=company.primary_user_id).order_by("pk")[0]
    path = address.format(company=company.pk, user=user.pk, connector=company.connectors.get().pk)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    queries = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT ")]
    assert queries
    for query, plan in plans(queries):
        assert [node for node in nodes(plan) if reads_everyone(node)] == [], query


def test_r24_a_technicians_companies_are_found_by_an_index(client: Client, company: Company) -> None:
    """The two queries of the list, totals and rows, look them up in the index that leads with the partner."""
    sign_in(client, make_colleague(Role.TECHNICIAN, company))
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/companies/").status_code == 200
    queries = [query["sql"] for query in captured.captured_queries if '"accounts_assignment"' in query["sql"]]
    indexes = [{node.get("Index Name") for node in nodes(plan)} for _query, plan in plans(queries)]
    assert ["assignment_once" in used for used in indexes] == [True, True]


def plans(queries: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each query with its plan, where PostgreSQL shall not read whole tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query}")
            [(explained,)] = cursor.fetchall()
            [explained] = explained if isinstance(explained, list) else json.loads(explained)
            yield query, explained["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for step in plan.get("Plans", []):
        yield from nodes(step)


def reads_everyone(node: dict[str, Any]) -> bool:
    """Whether the step reads the whole table of people, or the whole of an index of it."""
    if node.get("Relation Name") != "users_user":
        return False
    return not ({"Index Cond", "Recheck Cond"} & node.keys())
