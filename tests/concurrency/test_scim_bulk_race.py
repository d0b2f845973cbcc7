"""While Bulk requests are in flight the portal answers, and no further one is let in (R6)."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from licensing.enums import Tier
from tests.concurrency.racing import held, until_waiting
from tests.factories import make_company
from tests.served import make_real_account, server, sign_in
from tests.users.scim.client import BULK, Directory, error, person
from users.directory.models import Entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PEOPLE = 20
"""Each waits three seconds for the company's lock: the Bulk request outlives whatever the test does meanwhile."""


def _bulk(port: int, directory: Directory, prefix: str) -> tuple[int, Any, str | None]:
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": person(name)}
        for name in (f"{prefix}{number}" for number in range(PEOPLE))
    ]
    headers = {"Authorization": f"Bearer {directory.token}", "Content-Type": "application/scim+json"}
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        asked.request("POST", "/scim/v2/Bulk", json.dumps({"schemas": [BULK], "Operations": operations}), headers)
        answer = asked.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers["Retry-After"]
    finally:
        asked.close()
        connection.close()


def test_pages_are_answered_while_bulk_requests_are_in_flight() -> None:
    """Two threads in each of two processes: one Bulk request in each, of one connector one at a time."""
    companies = [make_company(tier=Tier.ADVANCED, seats=3 * PEOPLE) for _ in range(3)]
    first, second, third = (Directory(company) for company in companies)
    account = make_real_account(companies[0].partner)
    with ExitStack() as stack:
        one, other = (stack.enter_context(server(threads=2)) for _ in range(2))
        visitor = sign_in(account.email, one)
        threads = stack.enter_context(ThreadPoolExecutor(2))
        with held(companies[0]), held(companies[1]):
            running = [threads.submit(_bulk, one, first, "a"), threads.submit(_bulk, other, second, "b")]
            until_waiting(2)
            for port in (one, other):
                visitor.port = port
                assert visitor.send("GET", "/companies/")[0] == 200
                assert _bulk(port, third, "c") == (429, error(429, "Too many Bulk requests at once"), "10")
        for status, answer, _retry in (request.result(120) for request in running):
            assert status == 200
            assert answer["Operations"][-1]["status"] == "201"
        # There is room again.
        status, answer, _retry = _bulk(other, third, "c")
        assert (status, {one["status"] for one in answer["Operations"]}) == (200, {"201"})


def test_of_one_connector_one_bulk_request_at_a_time() -> None:
    company = make_company(tier=Tier.ADVANCED, seats=3 * PEOPLE)
    directory = Directory(company)
    with ExitStack() as stack:
        one, other = (stack.enter_context(server(threads=2)) for _ in range(2))
        threads = stack.enter_context(ThreadPoolExecutor(1))
        with held(company):
            running = threads.submit(_bulk, one, directory, "a")
            until_waiting(1)
            refused = error(429, "Another Bulk request of this connector runs")
            assert _bulk(other, directory, "b") == (429, refused, "10")
        assert running.result(120)[0] == 200
        assert _bulk(other, directory, "c")[0] == 200
    names = Entry.objects.of_connector(directory.connector).values_list("user_name", flat=True)
    assert {name[0] for name in names} == {"a", "c"}
    assert len([name for name in names if name.startswith("c")]) == PEOPLE
