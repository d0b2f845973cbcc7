"""A company's life: R1, R19."""

from collections.abc import Callable

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company, closing_blockers, open_company, rename_company, reopen_company
from companies.models import Company
from companies.policies.catalogue import PolicyKey
from companies.policies.rules import switch_on
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, LedgerKind, Tier
from licensing.errors import (
    ClosingBlocked,
    CompanyClosed,
    CompanyNameTaken,
    CompanyOpen,
    DowngradeBlocked,
    InvalidName,
    InvalidPerson,
    NameMismatch,
    Refusal,
    SeatsOutOfRange,
)
from licensing.ledger import entries_of
from licensing.primary import transfer_primary
from licensing.seats import disable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    make_person,
    switch_policy_on,
)
from tests.facts import facts, history, nothing_changes, numbers, refused
from users.directory.enums import ConnectorKind
from users.directory.rules import add_connector, remove_connector
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

ANN = Person("Ann", "Lee", "ann@customer.example")


def test_r1_a_company_opens_with_a_pool_a_tier_and_a_primary_user() -> None:
    """R1, R16, R17: the primary user holds the first seat."""
    partner = make_partner()
    account = make_account(partner)
    company = open_company(
        partner, name="  Fabrikam   Ltd ", seats=5, tier=Tier.ADVANCED, primary=ANN, by=account, reason="Won"
    )
    assert (company.name, company.partner, company.tier) == ("Fabrikam Ltd", partner, Tier.ADVANCED)
    assert numbers(company) == (5, 1, 0)
    primary = User.objects.get(company=company)
    assert company.primary_user == primary
    assert (primary.full_name, primary.email, primary.status) == ("Ann Lee", "ann@customer.example", "active")
    assert history(primary) == [("", "active", "portal")]
    entry = entries_of(company).get()
    assert (entry.number, entry.kind, entry.seats_from, entry.seats_to) == (1, LedgerKind.OPENED, 0, 5)
    assert (entry.tier_from, entry.tier_to, entry.by_account, entry.reason) == (None, Tier.ADVANCED, account, "Won")
    event = AuditEvent.objects.get(company=company)
    assert (event.act, event.by_account, event.data) == (Act.COMPANY_OPENED, account, {"seats": 5, "tier": "advanced"})


@pytest.mark.parametrize(
    ("changed", "kind", "data"),
    [
        ({"name": " "}, InvalidName, {"error": "required"}),
        ({"name": "x" * 151}, InvalidName, {"error": "too_long"}),
        ({"name": "A\x00"}, InvalidName, {"error": "control_characters"}),
        ({"name": "FABRIKAM"}, CompanyNameTaken, {"name": "FABRIKAM"}),
        ({"seats": 0}, SeatsOutOfRange, {"requested": 0, "least": 1, "most": 1_000_000}),
        ({"seats": 10**12}, SeatsOutOfRange, {"requested": 10**12, "least": 1, "most": 1_000_000}),
        (
            {"primary": Person("", "Lee", "ann")},
            InvalidPerson,
            {"position": 0, "errors": {"first_name": "required", "email": "invalid_email"}},
        ),
    ],
)
def test_r1_a_company_that_cannot_be_opened_leaves_nothing(
    changed: dict[str, object], kind: type[Refusal], data: dict[str, object]
) -> None:
    """R1: name, seats and primary user are all required, and the name is unique whatever its case."""
    partner = make_partner()
    make_company(partner, name="Fabrikam")
    wanted = {"name": "Wingtip", "seats": 3, "tier": Tier.STANDARD, "primary": ANN, "by": None} | changed
    with refused(kind, partner, **data):
        open_company(partner, **wanted)  # type: ignore[arg-type]


def test_r23_another_partner_may_use_the_same_name() -> None:
    first = make_company(make_partner(), name="Fabrikam")
    second = make_company(make_partner(), name="Fabrikam")
    assert first.partner_id != second.partner_id


def test_a_company_can_be_renamed() -> None:
    company = make_company(name="Fabrikam")
    account = make_account(company.partner)
    rename_company(company, name="  fabrikam   Inc ", by=account)
    company.refresh_from_db()
    assert company.name == "fabrikam Inc"
    event = AuditEvent.objects.get(company=company, act=Act.COMPANY_RENAMED)
    assert (event.by_account, event.data) == (account, {"name_from": "Fabrikam", "name_to": "fabrikam Inc"})
    with nothing_changes(company):
        rename_company(company, name="fabrikam Inc", by=account)


def test_a_company_cannot_take_anothers_name_but_may_change_the_case_of_its_own() -> None:
    partner = make_partner()
    company, _other = make_company(partner, name="Wingtip"), make_company(partner, name="Fabrikam")
    with refused(CompanyNameTaken, partner, name="fabrikam"):
        rename_company(company, name="fabrikam", by=None)
    with refused(InvalidName, partner, error="too_long"):
        rename_company(company, name="x" * 151, by=None)
    rename_company(company, name="WINGTIP", by=None)
    company.refresh_from_db()
    assert company.name == "WINGTIP"


def test_r19_a_company_closes_when_only_its_primary_user_is_left() -> None:
    """R16, R19: the primary user is removed, the pool is 0, with its entry; ledger and history stay."""
    company = make_company(name="Wingtip", seats=5, used=2)
    account = make_account(company.partner)
    primary = User.objects.get(pk=company.primary_user_id)
    remove_users(company, users=list(company.users.exclude(pk=primary.pk).values_list("pk", flat=True)), by=account)
    close_company(company, typed_name=" Wingtip ", by=account, reason="Sold")
    assert numbers(company) == (0, 0, 0)
    assert company.closed_at is not None
    assert not Company.objects.open().filter(pk=company.pk).exists()
    assert history(primary)[-1] == ("active", "removed", "portal")
    entry = entries_of(company)[0]
    assert (entry.number, entry.kind, entry.seats_from, entry.seats_to) == (2, LedgerKind.CLOSED, 5, 0)
    assert (entry.by_account, entry.reason) == (account, "Sold")
    event = AuditEvent.objects.get(company=company, act=Act.COMPANY_CLOSED)
    assert (event.by_account, event.data) == (account, {"seats_from": 5})


def test_r19_everything_in_the_way_is_listed_together() -> None:
    """R19: other users (Disabled too), people waiting, connectors."""
    company = make_company(name="Full", seats=3, used=3, tier=Tier.ADVANCED, pending=2)
    disable_users(company, users=[company.users.holding_seats().order_by("pk")[1].pk], by=None)
    company.refresh_from_db()
    assert closing_blockers(company) == (
        Blocker(BlockerKind.USERS, 2),
        Blocker(BlockerKind.WAITING, 2),
        Blocker(BlockerKind.CONNECTORS, 1, ("Directory",)),
    )
    with refused(
        ClosingBlocked,
        company,
        blockers=(
            {"kind": "users", "count": 2, "subjects": ()},
            {"kind": "waiting", "count": 2, "subjects": ()},
            {"kind": "connectors", "count": 1, "subjects": ("Directory",)},
        ),
    ):
        close_company(company, typed_name="Full", by=None)


def test_r19_somebody_who_waits_inactive_blocks_too() -> None:
    """R19, R20: nobody may be waiting."""
    company = make_company(name="Full", seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company)
    (waiting,) = add_arrivals(connector, 1)
    withdraw(waiting, how=Withdrawal.DISABLE, by=connector)
    remove_connector(connector, by=None)
    with refused(ClosingBlocked, company, blockers=({"kind": "waiting", "count": 1, "subjects": ()},)):
        close_company(company, typed_name="Full", by=None)


@pytest.mark.parametrize("typed", ["", "wingtip", "Wingtip Toys", "Wing tip"])
def test_r19_the_name_must_be_typed(typed: str) -> None:
    company = make_company(name="Wingtip")
    with refused(NameMismatch, company):
        close_company(company, typed_name=typed, by=None)


def test_r19_the_name_may_be_typed_in_any_unicode_form() -> None:
    """A keyboard that types letters and accents apart."""
    company = make_company(name="Caf\u00e9")
    close_company(company, typed_name="Cafe\u0301", by=None)
    assert numbers(company) == (0, 0, 0)


def test_r19_closing_twice_is_closing_once() -> None:
    company = make_company(name="Wingtip")
    close_company(company, typed_name="Wingtip", by=None)
    with nothing_changes(company):
        close_company(company, typed_name="Wingtip", by=None)


def test_r19_nothing_can_be_changed_in_a_closed_company() -> None:
    company = make_company(name="Gone", tier=Tier.ADVANCED)
    close_company(company, typed_name="Gone", by=None)
    acts: list[Callable[[], object]] = [
        lambda: rename_company(company, name="New", by=None),
        lambda: switch_on(company, key=PolicyKey.TWO_FACTOR, parameters={}, by=None),
        lambda: add_connector(company, kind=ConnectorKind.OKTA, name="Okta", by=None),
        lambda: transfer_primary(company, to=company.primary_user_id, by=None),
    ]
    for act in acts:
        with refused(CompanyClosed, company, company_id=company.pk):
            act()


def test_r19_a_closed_companys_name_is_free_again() -> None:
    """R2: uniqueness means the unmarked."""
    partner = make_partner()
    company = make_company(partner, name="Wingtip")
    close_company(company, typed_name="Wingtip", by=None)
    make_company(partner, name="Wingtip")
    with refused(CompanyNameTaken, partner, name="Wingtip"):
        reopen_company(company, seats=3, tier=Tier.STANDARD, primary=make_person(), by=None)


def test_r19_support_opens_it_again_with_a_new_pool() -> None:
    """R16, R19: its former people stay removed, even when the same person leads it again."""
    company = make_company(name="Wingtip", seats=5)
    former = User.objects.get(pk=company.primary_user_id)
    close_company(company, typed_name="Wingtip", by=None)
    primary = Person("Ann", "Lee", former.email)
    reopened = reopen_company(company, seats=3, tier=Tier.ADVANCED, primary=primary, by=None, reason="Back")
    assert numbers(reopened) == (3, 1, 0)
    assert (reopened.tier, reopened.closed_at) == (Tier.ADVANCED, None)
    assert reopened.primary_user_id != former.pk
    assert history(former)[-1][1] == "removed"
    assert history(reopened.primary_user) == [("", "active", "support")]
    entry = entries_of(company)[0]
    assert (entry.number, entry.kind, entry.seats_from, entry.seats_to) == (3, LedgerKind.REOPENED, 0, 3)
    assert (entry.tier_from, entry.tier_to, entry.reason) == (Tier.STANDARD, Tier.ADVANCED, "Back")
    add_people(reopened, 2)
    assert numbers(reopened) == (3, 3, 0)


def test_r19_an_open_company_cannot_be_opened_again() -> None:
    company = make_company()
    with refused(CompanyOpen, company, company_id=company.pk):
        reopen_company(company, seats=3, tier=Tier.STANDARD, primary=make_person(), by=None)


def test_r13_a_company_that_closed_with_advanced_policies_reopens_on_advanced_only() -> None:
    """R13: the portal switches nothing off by itself."""
    company = make_company(name="Wingtip", tier=Tier.ADVANCED)
    switch_policy_on(company)
    close_company(company, typed_name="Wingtip", by=None)
    with refused(
        DowngradeBlocked, company, blockers=({"kind": "policies", "count": 1, "subjects": ("password_auditing",)},)
    ):
        reopen_company(company, seats=3, tier=Tier.STANDARD, primary=make_person(), by=None)
    assert reopen_company(company, seats=3, tier=Tier.ADVANCED, primary=make_person(), by=None).is_open


@pytest.mark.parametrize("seats", [0, 1_000_001])
def test_r1_a_reopened_company_needs_a_possible_pool_and_person(seats: int) -> None:
    company = make_company(name="Wingtip")
    close_company(company, typed_name="Wingtip", by=None)
    with refused(SeatsOutOfRange, company, requested=seats, least=1, most=1_000_000):
        reopen_company(company, seats=seats, tier=Tier.STANDARD, primary=make_person(), by=None)
    with refused(InvalidPerson, company, position=0, errors={"email": "required"}):
        reopen_company(company, seats=3, tier=Tier.STANDARD, primary=Person("Ann", "Lee", ""), by=None)


def test_r23_opening_and_closing_leaves_other_partners_alone() -> None:
    other = make_company(make_partner(), name="Wingtip")
    before = facts(other)
    close_company(make_company(name="Wingtip"), typed_name="Wingtip", by=None)
    assert facts(other) == before
