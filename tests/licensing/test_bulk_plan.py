"""What a bulk change would do to each company: numbers, money, refusals (R1, R11 to R15); and the sealed plan."""

from decimal import Decimal

import pytest
from django.db import transaction

from companies.lifecycle import close_company
from companies.partners.models import Partner
from licensing.bulk_plan import sealed, unsealed
from licensing.enums import BulkHow, Tier
from licensing.errors import CompanyClosed, PoolBelowUsed, Refusal, SeatsOutOfRange
from licensing.pools import change_license
from tests.factories import make_account, make_company, make_partner
from tests.facts import facts
from tests.licensing.bulk import plan_of
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

ADD, SET, TRIM, UPGRADE = BulkHow.ADD, BulkHow.SET, BulkHow.TRIM, BulkHow.UPGRADE
STANDARD, ADVANCED = Tier.STANDARD, Tier.ADVANCED


@pytest.fixture
def account() -> Account:
    return make_account(make_partner("Northwind"))


@pytest.fixture
def partner(account: Account) -> Partner:
    assert account.partner is not None
    return account.partner


@pytest.mark.parametrize(
    ("how", "number", "seats", "used", "tier", "expected"),
    [
        (ADD, 5, 10, 4, STANDARD, (15, STANDARD, None)),
        (ADD, 1, 999_999, 1, STANDARD, (1_000_000, STANDARD, None)),
        (ADD, 2, 999_999, 1, STANDARD, (1_000_001, STANDARD, SeatsOutOfRange)),
        (SET, 20, 10, 4, ADVANCED, (20, ADVANCED, None)),
        (SET, 10, 10, 4, ADVANCED, (10, ADVANCED, None)),
        (SET, 4, 10, 4, STANDARD, (4, STANDARD, None)),
        (SET, 3, 10, 4, STANDARD, (3, STANDARD, PoolBelowUsed)),
        (TRIM, 0, 10, 4, STANDARD, (4, STANDARD, None)),
        (TRIM, 3, 10, 4, STANDARD, (7, STANDARD, None)),
        (TRIM, 6, 10, 4, STANDARD, (10, STANDARD, None)),
        (TRIM, 9, 10, 4, STANDARD, (10, STANDARD, None)),
        (UPGRADE, 0, 10, 4, STANDARD, (10, ADVANCED, None)),
        (UPGRADE, 7, 10, 4, ADVANCED, (10, ADVANCED, None)),
    ],
)
def test_what_is_wanted_of_a_company(
    partner: Partner,
    how: BulkHow,
    number: int,
    seats: int,
    used: int,
    tier: Tier,
    expected: tuple[int, Tier, type[Refusal] | None],
) -> None:
    """R1, R11, R12: and what stands in the way, by its class."""
    company = make_company(partner, seats=seats, used=used, tier=tier)
    plan, previews = plan_of(partner, how, number)
    step = plan.steps[0]
    assert (step.seats, step.tier, type(step.refusal) if step.refusal else None) == expected
    assert (step.seats_from, step.tier_from, step.seen) == (seats, tier, 1)
    wanted = step.seats if step.changes else seats
    assert previews[company.name].available_after == wanted - used


def test_a_refusal_carries_the_numbers_of_the_pencils(partner: Partner) -> None:
    """R11: what the single change would answer."""
    company = make_company(partner, seats=10, used=4)
    plan, _previews = plan_of(partner, SET, 3)
    with pytest.raises(PoolBelowUsed) as single, transaction.atomic():
        change_license(company, seats=3, tier=STANDARD, seen=1, by=None)
    refusal = plan.steps[0].refusal
    assert isinstance(refusal, PoolBelowUsed)
    assert refusal.data == single.value.data == {"requested": 3, "used": 4}


def test_a_preview_says_who_changes_and_what_it_costs(partner: Partner) -> None:
    """R15: a month's price, 4 for a Standard seat; refused first, then what changes, then what stays."""
    make_company(partner, name="Full", seats=9, used=9)
    make_company(partner, name="Grows", seats=5, used=2)
    make_company(partner, name="Stays", seats=8, used=2, tier=ADVANCED)
    make_company(partner, name="Shrinks", seats=20, used=3, tier=ADVANCED)
    before = facts(partner)
    plan, previews = plan_of(partner, SET, 8)
    assert facts(partner) == before
    assert (plan.changing, plan.refused, plan.staying) == (2, 1, 1)
    assert list(previews) == ["Full", "Grows", "Shrinks", "Stays"]
    assert [preview.difference for preview in previews.values()] == [0, Decimal(12), Decimal(-84), 0]
    assert [preview.available_after for preview in previews.values()] == [0, 6, 5, 6]


def test_an_upgrade_costs_the_difference_of_the_tiers(partner: Partner) -> None:
    make_company(partner, name="Fabrikam", seats=10)
    _plan, previews = plan_of(partner, UPGRADE)
    assert previews["Fabrikam"].difference == Decimal(30)


def test_a_closed_company_cannot_be_changed(partner: Partner) -> None:
    company = make_company(partner, name="Closed")
    close_company(company, typed_name="Closed", by=None)
    plan, _previews = plan_of(partner, ADD, 1)
    refusal = plan.steps[0].refusal
    assert isinstance(refusal, CompanyClosed)
    assert refusal.data == {"company_id": company.pk}


def test_a_sealed_plan_comes_back_as_it_was_to_its_account_alone(partner: Partner, account: Account) -> None:
    make_company(partner, seats=9, used=9)
    make_company(partner, seats=9, tier=ADVANCED)
    closed = make_company(partner, name="Closed")
    close_company(closed, typed_name="Closed", by=None)
    plan, _previews = plan_of(partner, SET, 8, reason="Ünïcode, “quoted”")
    text = sealed(plan, account=account)
    found = unsealed(text, account=account)
    assert found is not None
    assert [step.refusal.data if step.refusal else None for step in found.steps] == [
        {"requested": 8, "used": 9},
        None,
        {"company_id": closed.pk},
    ]
    assert (found.wish, found.reason, found.token) == (plan.wish, plan.reason, plan.token)
    assert [(step.company_id, step.seen, step.seats, step.tier) for step in found.steps] == [
        (step.company_id, step.seen, step.seats, step.tier) for step in plan.steps
    ]
    assert unsealed(text, account=make_account(partner)) is None
    assert unsealed(text[:-1], account=account) is None
    assert unsealed("", account=account) is None


def test_a_sealed_plan_is_good_for_a_day(partner: Partner, account: Account, time_machine: object) -> None:
    make_company(partner)
    plan, _previews = plan_of(partner, ADD, 1)
    time_machine.move_to("2026-05-01T12:00:00Z", tick=False)  # type: ignore[attr-defined]
    text = sealed(plan, account=account)
    time_machine.move_to("2026-05-02T11:59:00Z", tick=False)  # type: ignore[attr-defined]
    assert unsealed(text, account=account) is not None
    time_machine.move_to("2026-05-02T12:01:00Z", tick=False)  # type: ignore[attr-defined]
    assert unsealed(text, account=account) is None
