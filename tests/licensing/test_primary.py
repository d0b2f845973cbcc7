"""The primary user's role: R18."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.errors import UserGone, WrongStatus
from licensing.primary import transfer_primary
from licensing.seats import disable_users, remove_users
from tests.factories import add_arrivals, add_people, make_account, make_company, make_connector
from tests.facts import history, nothing_changes, numbers, refused
from users.directory.models import Connector
from users.enums import UserStatus, Withdrawal
from users.models import User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


def _led_from_a_directory() -> tuple[Company, Connector, User, User]:
    """A company whose primary user and heir are managed by a connector."""
    company = make_company(seats=4, tier=Tier.ADVANCED)
    connector = make_connector(company)
    primary, heir = add_arrivals(connector, 2)
    transfer_primary(company, to=primary.pk, by=None)
    return company, connector, primary, heir


def test_r18_the_role_passes_to_another_active_user() -> None:
    """R18: the former one keeps the seat and can now be removed."""
    company = make_company(used=2)
    former = company.primary_user_id
    heir = User.objects.of_company(company).exclude(pk=former).get()
    account = make_account(company.partner)
    transfer_primary(company, to=heir.pk, by=account, reason="New boss")
    company.refresh_from_db()
    assert company.primary_user_id == heir.pk
    event = AuditEvent.objects.get(company=company, act=Act.PRIMARY_TRANSFERRED)
    assert (event.by_account, event.reason) == (account, "New boss")
    assert event.data == {"users": [heir.pk], "former": former, "carried": ""}
    assert numbers(company) == (10, 2, 0)
    assert remove_users(company, users=[former], by=None) == (1, 0)


def test_r18_transferring_to_the_present_primary_user_is_done_already() -> None:
    company = make_company()
    with nothing_changes(company):
        transfer_primary(company, to=company.primary_user_id, by=None)


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.PENDING])
def test_r18_only_an_active_user_can_become_primary(status: UserStatus) -> None:
    """R18."""
    company = make_company(seats=2, used=2, tier=Tier.ADVANCED, pending=1)
    disable_users(company, users=[User.objects.of_company(company).order_by("pk")[1].pk], by=None)
    person = User.objects.of_company(company).get(status=status)
    with refused(WrongStatus, company, act="make_primary", user_ids=(person.pk,)):
        transfer_primary(company, to=person.pk, by=None)


def test_r18_removed_and_foreign_people_cannot_become_primary() -> None:
    company = make_company()
    (person,) = add_people(company, 1)
    remove_users(company, users=[person.pk], by=None)
    stranger = make_company(company.partner).primary_user_id
    for nobody in (person.pk, stranger):
        with refused(UserGone, company, user_ids=(nobody,)):
            transfer_primary(company, to=nobody, by=None)


@pytest.mark.parametrize("how", list(Withdrawal))
def test_r18_a_directory_that_withdraws_the_primary_user_changes_no_status(how: Withdrawal) -> None:
    """R18: answered with success, the person stays, the company says so; asked again, nothing more is written."""
    company, connector, primary, _heir = _led_from_a_directory()
    assert withdraw(primary, how=how, by=connector).status == UserStatus.ACTIVE
    assert numbers(company) == (4, 3, 0)
    assert company.primary_withdrawal == how
    event = AuditEvent.objects.get(company=company, act=Act.PRIMARY_WITHDRAWN)
    assert (event.by_connector, event.data) == (connector, {"users": [primary.pk], "how": how})
    with nothing_changes(company):
        withdraw(primary, how=how, by=connector)


@pytest.mark.parametrize(
    ("how", "status", "used"), [(Withdrawal.DISABLE, "disabled", 3), (Withdrawal.REMOVE, "removed", 2)]
)
def test_r18_the_transfer_carries_out_what_the_directory_asked(how: Withdrawal, status: str, used: int) -> None:
    """R18: in the connector's name, through its door; the company has nothing left to say."""
    company, connector, primary, heir = _led_from_a_directory()
    withdraw(primary, how=how, by=connector)
    transfer_primary(company, to=heir.pk, by=make_account(company.partner))
    primary.refresh_from_db()
    assert primary.status == status
    assert history(primary)[-1] == ("active", status, "directory")
    last = primary.status_changes.order_by("-pk")[0]
    assert (last.by_account, last.by_connector) == (None, connector)
    assert numbers(company) == (4, used, 0)
    assert company.primary_withdrawal == ""


def test_r18_a_removal_carried_out_late_frees_a_seat_for_the_line() -> None:
    """R7, R18."""
    company, connector, primary, heir = _led_from_a_directory()
    waiting = add_arrivals(connector, 2)[1]
    assert waiting.status == UserStatus.PENDING
    choose_auto_fill(company, on=True, by=None)
    withdraw(primary, how=Withdrawal.REMOVE, by=connector)
    assert transfer_primary(company, to=heir.pk, by=None) == 1
    waiting.refresh_from_db()
    assert waiting.status == UserStatus.ACTIVE
    assert numbers(company) == (4, 4, 0)


def test_r18_the_last_wish_of_the_directory_counts() -> None:
    company, connector, primary, heir = _led_from_a_directory()
    withdraw(primary, how=Withdrawal.REMOVE, by=connector)
    withdraw(primary, how=Withdrawal.DISABLE, by=connector)
    transfer_primary(company, to=heir.pk, by=None)
    primary.refresh_from_db()
    assert primary.status == UserStatus.DISABLED
