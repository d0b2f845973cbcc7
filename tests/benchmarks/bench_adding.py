"""What the lock, the history and the audit cost when people are added, alone and all at once."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from companies.models import Company
from tests.benchmarks.measure import medians, report
from tests.factories import make_company
from users.enums import UserStatus
from users.models import User
from users.people import Person
from users.provisioning import add_users

THREADS = 8
EACH = 25
_numbers = itertools.count()


def _person() -> Person:
    return Person("Ada", "Bench", f"bench{next(_numbers)}@customer.example")


def _by_rule(company: Company) -> None:
    add_users(company, people=[_person()], by=None)


def _by_insert(company: Company) -> None:
    person = _person()
    User.objects.create(
        partner_id=company.partner_id,
        company_id=company.pk,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        status=UserStatus.ACTIVE,
    )


@pytest.mark.django_db(transaction=True)
def test_one_person_against_a_bare_insert() -> None:
    company = make_company(seats=10_000)

    seconds, baseline = medians(100, lambda: _by_rule(company), lambda: _by_insert(company))
    report("add one person by the rule", seconds, baseline, against="a bare INSERT of the row")


@pytest.mark.django_db(transaction=True)
def test_many_at_one_company_against_many_at_many() -> None:
    one = make_company(seats=10_000)
    many = [make_company(seats=10_000) for _ in range(THREADS)]

    together = _race([one] * THREADS)
    apart = _race(many)
    one.refresh_from_db()
    assert one.seats_used == 1 + THREADS * EACH
    report(f"{THREADS} threads adding at one company", together, apart, against="at a company each")


def _race(companies: list[Company]) -> float:
    def work(company: Company) -> None:
        try:
            for _ in range(EACH):
                _by_rule(company)
        finally:
            connection.close()

    begin = time.perf_counter()
    with ThreadPoolExecutor(len(companies)) as pool:
        list(pool.map(work, companies))
    return time.perf_counter() - begin
