"""Licenses of many companies at once: what a plan says, and that the change does exactly that (R1, R10 to R13, R16)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from licensing.approvals import choose_auto_fill
from licensing.bulk import NotAll, begin, change_each, change_together, forget_old, refusal_on
from licensing.bulk_plan import Plan
from licensing.enums import BulkHow, BulkOutcome, BulkState, Tier
from licensing.errors import Refusal, Stale
from licensing.ledger import entries_of, newest_number
from licensing.models import BulkChange, BulkLine
from licensing.pools import change_license
from licensing.seats import remove_users
from tests.factories import add_people, make_account, make_company, make_connector, make_partner, switch_policy_on
from tests.facts import facts, numbers
from tests.licensing.bulk import confirmed, plan_of
from users.accounts.models import Account
from users.models import User

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


def license_of(company: Company) -> tuple[int, str]:
    company.refresh_from_db()
    return company.seats, company.tier


def outcomes(bulk: BulkChange) -> dict[str, tuple[str, str]]:
    lines = BulkLine.objects.filter(bulk=bulk).select_related("company")
    return {line.company.name: (line.outcome, line.code) for line in lines}


def test_r7_a_preview_counts_whom_automatic_filling_takes(partner: Partner, account: Account) -> None:
    """R7: nobody of those whose connector asks for approval; and the change takes the same people in."""
    company = make_company(partner, name="Fills", seats=2, used=2, pending=3, tier=ADVANCED)
    choose_auto_fill(company, on=True, by=None)
    make_company(partner, name="Waits", seats=2, used=2, pending=3, tier=ADVANCED)
    plan, previews = plan_of(partner, ADD, 2)
    assert {name: (preview.seated, preview.available_after) for name, preview in previews.items()} == {
        "Fills": (2, 0),
        "Waits": (0, 2),
    }
    bulk = confirmed(plan, account)
    change_together(bulk)
    assert numbers(company) == (4, 4, 1)
    assert sorted(bulk.lines.values_list("seated", flat=True)) == [0, 2]


def test_r16_each_company_has_its_own_entry_with_the_one_reason(partner: Partner, account: Account) -> None:
    """R16: by the account that confirmed; its Activity tells of it, and so does the partner's Audit."""
    companies = [make_company(partner, seats=seats) for seats in (5, 10, 15)]
    plan, _previews = plan_of(partner, SET, 10, reason="New contract")
    bulk = confirmed(plan, account)
    change_together(bulk)
    assert [license_of(company) for company in companies] == [(10, STANDARD)] * 3
    newest = [entries_of(company)[0] for company in companies]
    assert [(entry.number, entry.seats_from, entry.seats_to) for entry in newest] == [
        (2, 5, 10),
        (1, 0, 10),
        (2, 15, 10),
    ]
    assert {(entry.by_account, entry.reason) for entry in newest if entry.number == 2} == {(account, "New contract")}
    events = AuditEvent.objects.filter(partner=partner, act=Act.LICENSE_CHANGED).order_by("company_id")
    assert [(event.company, event.by_account, event.reason) for event in events] == [
        (companies[0], account, "New contract"),
        (companies[2], account, "New contract"),
    ]
    assert bulk.state == BulkState.DONE
    assert list(outcomes(bulk).values()) == [("changed", ""), ("unchanged", ""), ("changed", "")]


def test_all_or_nothing_changes_nothing_where_one_is_refused(partner: Partner, account: Account) -> None:
    """R11: the refusal names the company, with the numbers of this moment; nobody else's license moved."""
    for seats in (9, 12):
        make_company(partner, seats=seats, used=2)
    full = make_company(partner, seats=9, used=9)
    plan, _previews = plan_of(partner, SET, 8)
    before = facts(partner)
    with pytest.raises(NotAll) as refused, transaction.atomic():
        change_together(confirmed(plan, account))
    assert facts(partner) == before
    assert {key: (refusal.code, refusal.data) for key, refusal in refused.value.refusals.items()} == {
        full.pk: ("pool_below_used", {"requested": 8, "used": 9})
    }


def test_all_or_nothing_is_nothing_where_somebody_saved_meanwhile(partner: Partner, account: Account) -> None:
    """R10: a company is not changed blindly; all that was changed in between are named."""
    companies = [make_company(partner, seats=10) for _ in range(3)]
    plan, _previews = plan_of(partner, ADD, 5)
    for company in companies[:2]:
        change_license(company, seats=12, tier=ADVANCED, seen=1, by=None)
    before = facts(partner)
    with pytest.raises(NotAll) as refused, transaction.atomic():
        change_together(confirmed(plan, account))
    assert facts(partner) == before
    stale = {"seen": 1, "newest": 2, "seats": 12, "tier": "advanced"}
    assert {key: refusal.data for key, refusal in refused.value.refusals.items()} == {
        companies[0].pk: stale,
        companies[1].pk: stale,
    }


def test_those_that_can_are_changed_and_the_others_say_why_not(partner: Partner, account: Account) -> None:
    full = make_company(partner, name="Full", seats=9, used=9)
    stale = make_company(partner, name="Stale", seats=9)
    closed = make_company(partner, name="Closed", seats=9)
    stays = make_company(partner, name="Stays", seats=8)
    changes = make_company(partner, name="Changes", seats=9)
    plan, _previews = plan_of(partner, SET, 8)
    change_license(stale, seats=12, tier=STANDARD, seen=1, by=None)
    close_company(closed, typed_name="Closed", by=None)
    bulk = confirmed(plan, account, all_or_nothing=False)
    change_each(bulk)
    assert outcomes(bulk) == {
        "Full": ("refused", "pool_below_used"),
        "Stale": ("refused", "stale"),
        "Closed": ("refused", "company_closed"),
        "Stays": ("unchanged", ""),
        "Changes": ("changed", ""),
    }
    assert [license_of(company)[0] for company in (full, stale, closed, stays, changes)] == [9, 12, 0, 8, 8]
    assert bulk.state == BulkState.DONE
    line = bulk.lines.get(company=stale)
    refusal = refusal_on(line)
    assert isinstance(refusal, Stale)
    assert refusal.data == {"seen": 1, "newest": 2, "seats": 12, "tier": "standard"}


def test_what_was_refused_in_the_preview_is_not_tried(partner: Partner, account: Account) -> None:
    """Nine were confirmed: a tenth that could be changed by now is not among them."""
    company = make_company(partner, seats=9, used=9)
    plan, _previews = plan_of(partner, SET, 8)

    others = User.objects.of_company(company).exclude(pk=company.primary_user_id)
    remove_users(company, users=[user.pk for user in others[:3]], by=None)
    bulk = confirmed(plan, account, all_or_nothing=False)
    change_each(bulk)
    assert license_of(company) == (9, STANDARD)
    assert list(outcomes(bulk).values()) == [(BulkOutcome.REFUSED, "pool_below_used")]


def test_people_who_came_meanwhile_are_not_put_out(partner: Partner, account: Account) -> None:
    """R4, R11: the number that was confirmed is the number, or none."""
    fits, full = (
        make_company(partner, name="Fits", seats=10, used=4),
        make_company(partner, name="Full", seats=10, used=4),
    )
    plan, _previews = plan_of(partner, TRIM, 2)
    add_people(fits, 1)
    add_people(full, 3)
    bulk = confirmed(plan, account, all_or_nothing=False)
    change_each(bulk)
    assert (numbers(fits), numbers(full)) == ((6, 5, 0), (10, 7, 0))
    assert outcomes(bulk)["Full"] == ("refused", "pool_below_used")


def test_r13_an_upgrade_of_many_needs_nothing(partner: Partner, account: Account) -> None:
    """R12: what is on Advanced already stays as it is, with what it has."""
    advanced = make_company(partner, tier=ADVANCED)
    switch_policy_on(advanced)
    make_connector(advanced)
    standard = make_company(partner)
    plan, _previews = plan_of(partner, UPGRADE)
    change_together(confirmed(plan, account))
    assert [license_of(company) for company in (advanced, standard)] == [(10, ADVANCED)] * 2
    assert newest_number(advanced) == 1


def test_interrupted_it_goes_on_where_it_was(partner: Partner, account: Account) -> None:
    """A worker that was killed: what is done is not done again, or told as something else."""
    first, second = make_company(partner, name="First", seats=5), make_company(partner, name="Second", seats=5)
    plan, _previews = plan_of(partner, ADD, 5)
    bulk = confirmed(plan, account, all_or_nothing=False)
    change_each(bulk)
    bulk.lines.filter(company=second).update(outcome="")
    BulkChange.objects.filter(pk=bulk.pk).update(state=BulkState.WAITING)
    change_each(bulk)
    assert [newest_number(company) for company in (first, second)] == [2, 2]
    # The numbers that were asked for stand already, as with a double click on the pencil's Save.
    assert outcomes(bulk) == {"First": ("changed", ""), "Second": ("unchanged", "")}


def test_confirmed_twice_it_is_begun_once(partner: Partner, account: Account) -> None:
    company = make_company(partner, seats=5)
    plan, _previews = plan_of(partner, ADD, 5)
    bulk = confirmed(plan, account)
    change_together(bulk)
    assert begin(plan, partner=partner, account=account, all_or_nothing=True) == (bulk, False)
    assert bulk.lines.count() == 1
    assert license_of(company) == (10, STANDARD)


def test_old_bulk_changes_are_forgotten_and_the_ledger_is_not(partner: Partner, account: Account) -> None:

    company = make_company(partner, seats=5)
    plan, _previews = plan_of(partner, ADD, 5)
    bulk = confirmed(plan, account)
    change_together(bulk)
    assert forget_old(partner.pk) == 0
    BulkChange.objects.filter(pk=bulk.pk).update(created_at=timezone.now() - timedelta(days=15))
    assert forget_old(partner.pk) == 1
    assert (BulkChange.objects.count(), BulkLine.objects.count(), newest_number(company)) == (0, 0, 2)


def _outcome_of_single(company: Company, plan: Plan) -> tuple[str, dict[str, object]]:
    step = plan.steps[0]
    try:
        with transaction.atomic():
            saved = change_license(company, seats=step.seats, tier=step.tier, seen=step.seen, by=None)
    except Refusal as refusal:
        return refusal.code, refusal.data
    return ("changed" if saved.entry else "unchanged"), {"seated": saved.seated}


def _outcome_of_bulk(account: Account, plan: Plan) -> tuple[str, dict[str, object]]:
    try:
        with transaction.atomic():
            bulk = confirmed(plan, account)
            change_together(bulk)
    except NotAll as refused:
        (refusal,) = refused.refusals.values()
        return refusal.code, refusal.data
    line = bulk.lines.get()
    return line.outcome, {"seated": line.seated}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    how=st.sampled_from(list(BulkHow)),
    number=st.integers(0, 12),
    seats=st.integers(2, 10),
    used=st.integers(1, 10),
    tier=st.sampled_from(list(Tier)),
    fills=st.booleans(),
    meanwhile=st.sampled_from(["nothing", "saved", "people"]),
)
def test_a_bulk_of_one_is_the_single_change(
    account: Account,
    how: BulkHow,
    number: int,
    seats: int,
    used: int,
    tier: Tier,
    fills: bool,
    meanwhile: str,
) -> None:
    """Whatever is wanted, and whatever happened in between: the same outcome, numbers and rows as by the pencil."""
    found = []
    for way in ("single", "bulk"):
        partner = make_partner()
        mine = make_account(partner)
        company = make_company(partner, seats=seats, used=min(used, seats), tier=tier)
        if fills and tier == ADVANCED:
            choose_auto_fill(company, on=True, by=None)
        plan, _previews = plan_of(partner, how, number)
        if meanwhile == "saved":
            change_license(company, seats=seats + 1, tier=tier, seen=1, by=None)
        if meanwhile == "people" and company.seats_available:
            add_people(company, 1)
        outcome = _outcome_of_single(company, plan) if way == "single" else _outcome_of_bulk(mine, plan)
        ledger = list(entries_of(company).values_list("number", "seats_to", "tier_to"))
        found.append(
            (
                outcome[0],
                {key: value for key, value in outcome[1].items() if key != "company_id"},
                ledger,
                numbers(company),
            )
        )
    assert found[0] == found[1]
