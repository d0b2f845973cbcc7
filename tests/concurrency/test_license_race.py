"""R10, R13, R14, R18, R19 with everybody at once, and locks that are waited for in vain."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from companies.lifecycle import close_company, open_company, rename_company
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from companies.policies.models import Policy
from companies.policies.rules import switch_off, switch_on
from licensing import locks
from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.ledger import entries_of
from licensing.locks import locked
from licensing.pools import Saved, change_license
from licensing.primary import transfer_primary
from licensing.seats import disable_users, enable_users, remove_users
from tests.concurrency.racing import Act, Unlocked, collide, constraints, held, kinds, race, refusals
from tests.factories import add_people, make_company, make_connector, make_partner, make_person
from tests.facts import nothing_changes, numbers
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import add_connector
from users.models import User
from users.provisioning import add_users, arrive, rename_user
from users.takeover import manage_in_portal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def _saving(company: Company, seats: int, tier: Tier = Tier.STANDARD) -> Act:
    return lambda: change_license(company, seats=seats, tier=tier, seen=1, by=None)


def _switching_on(company: Company) -> Act:
    return lambda: switch_on(company, key=PolicyKey.PORTAL_ACCESS, parameters={}, by=None)


def _connecting(company: Company) -> Act:
    return lambda: add_connector(company, kind=ConnectorKind.OKTA, name="Okta", by=None)


def test_r10_two_admins_save_the_pencil_at_once() -> None:
    """R10: the second is shown what the first did."""
    company = make_company(seats=10)
    outcomes = race(company, _saving(company, 12), _saving(company, 15))
    assert kinds(outcomes) == ["Stale", "done"]
    company.refresh_from_db()
    assert company.seats in (12, 15)
    assert refusals(outcomes) == [{"seen": 1, "newest": 2, "seats": company.seats, "tier": Tier.STANDARD}]
    assert entries_of(company).count() == 2


def test_r10_a_double_click_on_save_is_one_save() -> None:
    company = make_company(seats=10)
    outcomes = race(company, *[_saving(company, 12)] * 4)
    assert kinds(outcomes) == ["done"] * 4
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    assert [done.entry is None for done in saved].count(False) == 1
    assert entries_of(company).count() == 2


def test_r10_two_admins_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """R16: both would write entry 2; the database refuses the second."""
    company = make_company(seats=10)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(_saving(company, 12), _saving(company, 15))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], ["ledger_number_once"])
    assert entries_of(company).count() == 2


@pytest.mark.parametrize("blocker", [_switching_on, _connecting])
def test_r13_r14_a_downgrade_against_what_needs_advanced(blocker: Callable[[Company], Act]) -> None:
    """R13, R14: one of them is refused, whichever comes later."""
    company = make_company(tier=Tier.ADVANCED)
    outcomes = race(company, _saving(company, 10), blocker(company))
    assert kinds(outcomes) in (["DowngradeBlocked", "done"], ["TierRequired", "done"])
    company.refresh_from_db()
    assert _advanced_things(company) == (company.tier == Tier.ADVANCED)


@pytest.mark.parametrize(
    ("blocker", "constraint"),
    [(_switching_on, "policy_needs_advanced"), (_connecting, "connector_needs_advanced")],
)
def test_r13_r14_a_downgrade_without_the_lock(
    blocker: Callable[[Company], Act], constraint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R13, R14: both pass the check; the key on (company, tier) lets only one commit."""
    company = make_company(tier=Tier.ADVANCED)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(_saving(company, 10), blocker(company))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], [constraint])
    company.refresh_from_db()
    assert _advanced_things(company) == (company.tier == Tier.ADVANCED)


@pytest.mark.parametrize(
    ("blocker", "constraint"),
    [(_switching_on, "policy_needs_advanced"), (_connecting, "connector_needs_advanced")],
)
def test_r13_r14_a_downgrade_without_the_check(
    blocker: Callable[[Company], Act], constraint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R13, R14: locked, but told that the company is on Advanced and nothing blocks; the later one is refused."""
    company = make_company(tier=Tier.ADVANCED)
    monkeypatch.setattr("companies.policies.rules.require_advanced", lambda company, subject: None)
    monkeypatch.setattr("users.directory.rules.require_advanced", lambda company, subject: None)
    monkeypatch.setattr("licensing.pools.refuse_blocked_downgrade", lambda company, tier: None)
    outcomes = race(company, _saving(company, 10), blocker(company))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], [constraint])


def _advanced_things(company: Company) -> bool:
    policies = Policy.objects.of_company(company).blocking_downgrade().exists()
    return policies or Connector.objects.of_company(company).existing().exists()


def _closing(company: Company) -> Act:
    return lambda: close_company(company, typed_name=company.name, by=None)


def _adding(company: Company) -> Act:
    return lambda: add_users(company, people=[make_person()], by=None)


def test_r19_closing_against_adding() -> None:
    """R19: nobody is added to a closed company, and none is closed over somebody."""
    company = make_company(seats=5)
    outcomes = race(company, _closing(company), _adding(company))
    assert kinds(outcomes) in (["ClosingBlocked", "done"], ["CompanyClosed", "done"])
    assert numbers(company) in ((5, 2, 0), (0, 0, 0))


def test_r19_closing_against_adding_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company(seats=5)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(_closing(company), _adding(company))
    assert kinds(outcomes) == ["IntegrityError", "done"]
    assert constraints(outcomes)[0] in ("company_open_has_seats", "company_used_within_seats")
    assert numbers(company) in ((5, 2, 0), (0, 0, 0))


def test_r18_a_transfer_against_disabling_the_heir() -> None:
    """R18: the primary user is Active, whoever comes first."""
    company = make_company()
    (heir,) = add_people(company, 1)
    outcomes = race(company, *_transferring(company, heir))
    assert kinds(outcomes) in (["PrimaryUserProtected", "done"], ["WrongStatus", "done"])
    assert User.objects.get(pk=Company.objects.get(pk=company.pk).primary_user_id).status == "active"


def test_r18_a_transfer_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company()
    (heir,) = add_people(company, 1)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(*_transferring(company, heir))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], ["company_primary_user_is_active"])
    assert User.objects.get(pk=Company.objects.get(pk=company.pk).primary_user_id).status == "active"


def _transferring(company: Company, heir: User) -> list[Act]:
    return [
        lambda: transfer_primary(company, to=heir.pk, by=None),
        lambda: disable_users(company, users=[heir.pk], by=None),
    ]


def _opening(partner: Partner, name: str) -> Act:
    return lambda: open_company(partner, name=name, seats=3, tier=Tier.STANDARD, primary=make_person(), by=None)


def test_r1_two_companies_of_one_name_opened_at_once() -> None:
    """R1: the unique index decides, whatever the case; nothing is left of the losers."""
    partner = make_partner()
    outcomes = collide(*[_opening(partner, name) for name in ("Fabrikam", "FABRIKAM", "fabrikam", "Fabrikam")])
    assert kinds(outcomes) == ["CompanyNameTaken"] * 3 + ["done"]
    assert Company.objects.filter(partner=partner).count() == 1
    assert User.objects.filter(partner=partner).count() == 1


RULES: dict[str, Callable[[Company, Connector, User], object]] = {
    "add": lambda company, connector, user: add_users(company, people=[make_person()], by=None),
    "arrive": lambda company, connector, user: arrive(connector, people=[make_person()]),
    "rename user": lambda company, connector, user: rename_user(user, first_name="A", last_name="B", by=None),
    "take over": lambda company, connector, user: manage_in_portal(user, first_name="A", last_name="B", by=None),
    "approve": lambda company, connector, user: approve_users(company, users=[user.pk], by=None),
    "approve next": lambda company, connector, user: approve_next(company, count=1, by=None),
    "auto-fill": lambda company, connector, user: choose_auto_fill(company, on=True, by=None),
    "disable": lambda company, connector, user: disable_users(company, users=[user.pk], by=None),
    "enable": lambda company, connector, user: enable_users(company, users=[user.pk], by=None),
    "remove": lambda company, connector, user: remove_users(company, users=[user.pk], by=None),
    "transfer": lambda company, connector, user: transfer_primary(company, to=user.pk, by=None),
    "pencil": lambda company, connector, user: change_license(
        company, seats=20, tier=Tier.ADVANCED, seen=None, by=None
    ),
    "policy on": lambda company, connector, user: switch_on(company, key=PolicyKey.TWO_FACTOR, parameters={}, by=None),
    "policy off": lambda company, connector, user: switch_off(
        company, key=PolicyKey.TWO_FACTOR, confirmed=True, by=None
    ),
    "connect": lambda company, connector, user: add_connector(company, kind=ConnectorKind.SCIM, name="Other", by=None),
    "close": lambda company, connector, user: close_company(company, typed_name=company.name, by=None),
    "rename company": lambda company, connector, user: rename_company(company, name="Other", by=None),
}


def test_whoever_waits_too_long_for_the_lock_is_told_that_it_is_busy() -> None:
    """Every rule, all at once: after three seconds and not before, and nothing is changed."""
    company = make_company(tier=Tier.ADVANCED, used=2)
    connector = make_connector(company)
    user = User.objects.of_company(company).exclude(pk=company.primary_user_id).get()
    with nothing_changes(company), held(company):
        start = time.monotonic()
        outcomes = collide(*[_bound(rule, company, connector, user) for rule in RULES.values()])
        waited = time.monotonic() - start
    assert dict(zip(RULES, kinds(outcomes), strict=True)) == dict.fromkeys(RULES, "Busy")
    assert refusals(outcomes) == [{"retry_after": 3}] * len(RULES)
    assert 2.9 < waited < 5


def test_the_wait_for_the_lock_is_bounded_and_the_work_after_it_is_not() -> None:
    """A file of 50,000 people takes longer than three seconds once the lock is there."""
    with locked(make_company()), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert cursor.fetchone() == ("0", "3s")


def test_r1_a_name_that_somebody_is_about_to_take_is_not_waited_for_either() -> None:
    """A company of the same name whose opening is not committed yet."""
    partner = make_partner()
    with transaction.atomic():
        _opening(partner, "Fabrikam")()
        outcomes = collide(_opening(partner, "Fabrikam"))
    assert refusals(outcomes) == [{"retry_after": 3}]
    assert Company.objects.filter(partner=partner).count() == 1


def test_another_companys_lock_is_not_waited_for() -> None:
    company, other = make_company(), make_company()
    with held(company):
        assert kinds(collide(_adding(other))) == ["done"]


def test_a_deadlock_is_broken_and_one_is_told_to_try_again() -> None:
    """Ours locks several companies in the order of their ids alone; if something did not, nobody would hang."""
    first, second = make_company(), make_company()
    meeting = threading.Barrier(2)

    def both(one: Company, other: Company) -> None:
        with locked(one):
            meeting.wait(10)
            with locked(other):
                pass

    outcomes = collide(lambda: both(first, second), lambda: both(second, first))
    assert kinds(outcomes) == ["Busy", "done"]


def test_the_lock_lets_others_read() -> None:
    """The pages of a company are shown while somebody works on it."""
    company = make_company(seats=7)
    with held(company):
        (outcome,) = collide(lambda: Company.objects.get(pk=company.pk).seats)
    assert outcome == 7


def _bound(rule: Callable[[Company, Connector, User], object], *arguments: object) -> Act:
    return lambda: rule(*arguments)  # type: ignore[arg-type]
