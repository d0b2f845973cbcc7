"""A form that is sent twice at the same moment is done once, over real HTTP (R1, R7)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from tests.concurrency.racing import held, until_waiting
from tests.factories import add_arrivals, make_company, make_connector
from tests.facts import numbers
from tests.served import Visitor, make_real_account, server, sign_in
from users.accounts.models import SentForm
from users.models import StatusChange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

TWINS = 5
ONCE = re.compile(r'name="once" value="([^"]+)"')


@pytest.fixture
def company() -> Company:
    """Six people wait, with seats for all of them."""
    company = make_company(seats=1, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company), 6)
    change_license(company, seats=9, tier=Tier.ADVANCED, seen=None, by=None)
    return company


@pytest.fixture
def visitor(company: Company) -> Iterator[Visitor]:
    cache.clear()
    account = make_real_account(company.partner)
    with server(threads=TWINS + 1) as port:
        yield sign_in(account.email, port)


def stamp(visitor: Visitor, path: str) -> str:
    status, page = visitor.send("GET", path)
    assert status == 200
    found = ONCE.search(page)
    assert found is not None
    return found[1]


def send_at_once(visitor: Visitor, company: Company, path: str, stamps: list[str], **typed: str) -> list[int]:
    """The same form with each of the stamps; they meet at the company's lock, or wait for the one that is there."""
    with ThreadPoolExecutor(len(stamps)) as threads:
        with held(company):
            answers = [
                threads.submit(
                    Visitor(visitor.port, dict(visitor.cookies), visitor.token).send, "POST", path, once=once, **typed
                )
                for once in stamps
            ]
            until_waiting(len(stamps))
        return sorted(answer.result(30)[0] for answer in answers)


def test_r7_the_same_form_five_times_at_once_approves_one_person(visitor: Visitor, company: Company) -> None:
    path = f"/companies/{company.pk}/users/"
    stamps = [stamp(visitor, path)] * TWINS
    assert send_at_once(visitor, company, path, stamps, act="approve_next", count="1") == [302] * TWINS
    assert numbers(company) == (9, 2, 5)
    assert StatusChange.objects.filter(company=company, from_status="pending").count() == 1
    assert SentForm.objects.count() == 1


def test_r7_forms_of_as_many_pages_approve_as_many(visitor: Visitor, company: Company) -> None:
    """The test above without what it tests: a stamp of its own for each, and no word of how many waited."""
    path = f"/companies/{company.pk}/users/"
    stamps = [stamp(visitor, path) for _ in range(TWINS)]
    assert send_at_once(visitor, company, path, stamps, act="approve_next", count="1") == [302] * TWINS
    assert numbers(company) == (9, 1 + TWINS, 6 - TWINS)


def test_r7_pages_that_say_how_many_waited_approve_one(visitor: Visitor, company: Company) -> None:
    """Five tabs: whoever comes second is told that fewer wait."""
    path = f"/companies/{company.pk}/users/"
    stamps = [stamp(visitor, path) for _ in range(TWINS)]
    typed = {"act": "approve_next", "count": "1", "waiting": "6"}
    assert send_at_once(visitor, company, path, stamps, **typed) == [302] + [422] * (TWINS - 1)
    assert numbers(company) == (9, 2, 5)
