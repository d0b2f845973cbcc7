"""The promise over HTTP: 200 people ask several server processes for 20 seats (R3, R5)."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from companies.models import Company
from tests.concurrency.racing import held, until_waiting
from tests.factories import make_company
from tests.facts import numbers, statuses
from tests.served import Visitor, make_real_account, server, sign_in
from users.models import StatusChange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SERVERS = 3
THREADS = 6
RACERS = 200
SEATS = 20


def test_r3_exactly_as_many_people_come_in_as_there_are_seats() -> None:
    """R3, R5: 200 racers, 18 requests at once in three server processes, 20 seats."""
    company = make_company(seats=1 + SEATS)
    account = make_real_account(company.partner)
    with ExitStack() as stack:
        ports = [stack.enter_context(server(threads=THREADS)) for _ in range(SERVERS)]
        visitor = sign_in(account.email, ports[0])
        # The session is good at every server, and so is a form that another one served.
        visitor.port = ports[-1]
        assert visitor.send("GET", f"/companies/{company.pk}/users/add/")[0] == 200
        racers = stack.enter_context(ThreadPoolExecutor(SERVERS * THREADS + SERVERS))
        with held(company):
            answers = [
                racers.submit(
                    _add, Visitor(ports[number % SERVERS], dict(visitor.cookies), visitor.token), company, number
                )
                for number in range(RACERS)
            ]
            until_waiting(SERVERS * THREADS)
        pages = [answer.result(120) for answer in answers]
    assert Counter(status for status, _page in pages) == {302: SEATS, 422: RACERS - SEATS}
    assert {"0 are available" in page for status, page in pages if status == 422} == {True}
    assert numbers(company) == (1 + SEATS, 1 + SEATS, 0)
    assert statuses(company) == ["active"] * (1 + SEATS)
    assert StatusChange.objects.filter(company=company, by_account=account).count() == SEATS


def _add(visitor: Visitor, company: Company, number: int) -> tuple[int, str]:
    """Ask for a seat as a person would: who is told "busy, try again" tries again."""
    person = {"first_name": "Racer", "last_name": f"Number {number}", "email": f"racer{number}@customer.example"}
    for _attempt in range(10):
        status, page = visitor.send("POST", f"/companies/{company.pk}/users/add/", **person)
        if status != 503:
            break
        time.sleep(0.2)
    return status, page
