"""Bulk changes of licenses with everybody at once: no deadlock, no company over its seats, nothing unseen."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from companies.models import Company
from companies.partners.scope import partner_scope
from licensing import bulk as rules
from licensing.bulk import NotAll, begin, change_each, change_together, work_off
from licensing.bulk_plan import Wish, plan_bulk
from licensing.enums import BulkHow, BulkState, Tier
from licensing.errors import Busy, Refusal
from licensing.ledger import entries_of
from licensing.models import BulkChange
from licensing.pools import change_license
from licensing.reconciliation import reconcile
from tests.concurrency.racing import collide, held, kinds, race
from tests.factories import make_account, make_company, make_partner, make_person
from tests.facts import numbers
from tests.working import work
from users.accounts.models import Account
from users.provisioning import add_users

DEADLOCK_DETECTED = "40P01"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def account() -> Account:
    return make_account(make_partner())


@pytest.fixture
def companies(account: Account) -> list[Company]:
    return [make_company(account.partner, seats=5, used=3) for _ in range(4)]


def begun(account: Account, companies: list[Company], how: BulkHow, number: int, *, together: bool) -> BulkChange:
    partner = account.partner
    assert partner is not None
    plan, _previews = plan_bulk(partner, [company.pk for company in companies], wish=Wish(how, number))
    return begin(plan, partner=partner, account=account, all_or_nothing=together)[0]


def doing(bulk: BulkChange) -> Callable[[], Any]:
    """As a request or a worker would, by a connection of its own."""

    def act() -> str:
        try:
            with partner_scope(bulk.partner_id):
                change_together(bulk)
        except NotAll as refused:
            return f"nothing: {sorted({refusal.code for refusal in refused.refusals.values()})}"
        return "all"

    return act


def test_two_who_change_the_same_companies_wait_for_each_other(account: Account, companies: list[Company]) -> None:
    """R10: both lock in one order; the second finds every company changed, and changes none."""
    bulks = [begun(account, companies, BulkHow.ADD, number, together=True) for number in (1, 2)]
    outcomes = race(companies[0], *map(doing, bulks))
    assert sorted(outcomes) == ["all", "nothing: ['stale']"]
    added = {company.seats - 5 for company in Company.objects.filter(partner=account.partner)}
    assert added in ({1}, {2})
    assert [entries_of(company).count() for company in companies] == [2] * 4


def test_r3_trimming_against_adding_people(account: Account, companies: list[Company]) -> None:
    """R3, R11: whoever comes first has the seat, or it is gone; never both."""
    bulk = begun(account, companies, BulkHow.TRIM, 0, together=True)
    adding = [lambda company=company: add_users(company, people=[make_person()], by=None) for company in companies]
    outcomes = race(companies[0], doing(bulk), adding[0])
    found = kinds(outcomes)
    assert found in (["NoSeatsAvailable", "done"], ["done", "done"])
    if "NoSeatsAvailable" in found:
        assert [numbers(company)[:2] for company in companies] == [(3, 3)] * 4
    else:
        assert "nothing: ['pool_below_used']" in outcomes
        assert [numbers(company)[:2] for company in companies] == [(5, 4), (5, 3), (5, 3), (5, 3)]


def test_a_pencil_against_a_bulk_change(account: Account, companies: list[Company]) -> None:
    """R10: one of them is shown what the other did."""
    bulk = begun(account, companies, BulkHow.ADD, 5, together=True)
    pencil = companies[0]
    outcomes = race(
        pencil, doing(bulk), lambda: change_license(pencil, seats=7, tier=Tier.STANDARD, seen=1, by=None) and "saved"
    )
    first = numbers(pencil)[0]
    if first == 7:
        assert sorted(map(str, outcomes)) == ["nothing: ['stale']", "saved"]
        assert [numbers(company)[0] for company in companies] == [7, 5, 5, 5]
    else:
        assert kinds(outcomes) == ["Stale", "done"]
        assert [numbers(company)[0] for company in companies] == [10, 10, 10, 10]


def test_one_company_that_is_held_lets_all_or_nothing_wait_in_vain(account: Account, companies: list[Company]) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 1, together=True)
    with held(companies[2]):
        assert kinds(collide(doing(bulk))) == ["Busy"]
    assert [numbers(company)[0] for company in companies] == [5] * 4


def test_one_company_that_is_held_is_left_out_of_those_that_can(account: Account, companies: list[Company]) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 1, together=False)
    with held(companies[2]):
        collide(lambda: change_each(bulk))
    assert [numbers(company)[0] for company in companies] == [6, 6, 5, 6]
    assert list(bulk.lines.order_by("company_id").values_list("outcome", "code")) == [
        ("changed", ""), ("changed", ""), ("refused", "busy"), ("changed", ""),
    ]  # fmt: skip


def test_everybody_at_once(account: Account, companies: list[Company]) -> None:
    """R3, R16: bulk changes of both kinds, pencils and people, in any order; the books agree afterwards."""
    partner = account.partner
    assert partner is not None
    end = threading.Event()
    unexpected: list[BaseException] = []

    def over_and_over(act: Callable[[random.Random], None], seed: int) -> Callable[[], None]:
        def run() -> None:
            dice = random.Random(seed)  # noqa: S311 - no secret
            try:
                for _ in range(25):
                    if end.is_set():
                        return
                    try:
                        act(dice)
                    except (Refusal, NotAll) as refusal:
                        # PostgreSQL breaks a deadlock, and one hears "busy": there must be none to break.
                        cause = getattr(refusal.__cause__, "__cause__", None)
                        if getattr(cause, "sqlstate", "") == DEADLOCK_DETECTED:
                            raise
            except BaseException as error:
                unexpected.append(error)
                end.set()
                raise
            finally:
                connections.close_all()

        return run

    def bulk(dice: random.Random) -> None:
        chosen = dice.sample(companies, dice.randint(1, 4))
        how, number = dice.choice([(BulkHow.ADD, 1), (BulkHow.TRIM, 1), (BulkHow.SET, 6), (BulkHow.UPGRADE, 0)])
        together = dice.random() < 0.5
        with partner_scope(partner.pk):
            started = begun(account, chosen, how, number, together=together)
        if together:
            with partner_scope(partner.pk):
                change_together(started)
        else:
            change_each(started)

    def pencil(dice: random.Random) -> None:
        company = dice.choice(companies)
        change_license(company, seats=dice.randint(2, 12), tier=Tier.ADVANCED, seen=None, by=None)

    def people(dice: random.Random) -> None:
        add_users(dice.choice(companies), people=[make_person() for _ in range(dice.randint(1, 2))], by=None)

    threads = [
        threading.Thread(target=over_and_over(act, seed))
        for seed, act in enumerate([bulk, bulk, bulk, pencil, people, people])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [thread for thread in threads if thread.is_alive()] == []
    assert unexpected == []
    for company in companies:
        seats, used, _pending = numbers(company)
        assert used <= seats
    assert reconcile().findings == ()


@pytest.mark.parametrize("together", [True, False])
def test_a_worker_does_what_was_left_to_it(account: Account, companies: list[Company], together: bool) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 5, together=together)
    with partner_scope(bulk.partner_id):
        rules.leave_to_worker(bulk)
    work()
    bulk.refresh_from_db()
    assert bulk.state == BulkState.DONE
    assert [numbers(company)[0] for company in companies] == [10] * 4
    assert set(bulk.lines.values_list("outcome", flat=True)) == {"changed"}
    assert [entries_of(company)[0].by_account for company in companies] == [account] * 4


def test_a_worker_writes_down_why_nothing_was_changed(account: Account, companies: list[Company]) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 5, together=True)
    change_license(companies[1], seats=8, tier=Tier.STANDARD, seen=1, by=None)
    work_off(bulk.partner_id, bulk.pk)
    bulk.refresh_from_db()
    assert bulk.state == BulkState.REFUSED
    assert [numbers(company)[0] for company in companies] == [5, 8, 5, 5]
    assert list(bulk.lines.order_by("company_id").values_list("outcome", "code")) == [
        ("", ""), ("refused", "stale"), ("", ""), ("", ""),
    ]  # fmt: skip


def test_a_worker_gives_up_where_others_do_not_let_go(account: Account, companies: list[Company]) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 5, together=True)
    with held(companies[3]):
        collide(lambda: work_off(bulk.partner_id, bulk.pk))
    bulk.refresh_from_db()
    assert (bulk.state, bulk.code) == (BulkState.REFUSED, Busy.code)
    assert [numbers(company)[0] for company in companies] == [5] * 4


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "technician"}])
def test_r24_nothing_is_done_for_an_account_that_may_not_any_more(
    account: Account, companies: list[Company], change: dict[str, Any]
) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 5, together=False)
    Account.objects.filter(pk=account.pk).update(**change)
    work_off(bulk.partner_id, bulk.pk)
    bulk.refresh_from_db()
    assert bulk.state == BulkState.REFUSED
    assert [numbers(company)[0] for company in companies] == [5] * 4


def test_work_that_is_done_is_not_done_again(account: Account, companies: list[Company]) -> None:
    bulk = begun(account, companies, BulkHow.ADD, 5, together=True)
    outcomes = race(companies[0], *[lambda: work_off(bulk.partner_id, bulk.pk)])
    work_off(bulk.partner_id, bulk.pk)
    assert kinds(outcomes) == ["done"]
    assert [entries_of(company).count() for company in companies] == [2] * 4
