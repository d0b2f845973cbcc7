"""What a directory takes away: R18 (see also licensing/test_primary.py), R20."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.errors import ConnectorGone, UserGone
from licensing.seats import disable_users, remove_users
from tests.factories import add_arrivals, add_people, make_company, make_connector
from tests.facts import history, nothing_changes, numbers, refused
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.models import User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

DISABLE, REMOVE = Withdrawal.DISABLE, Withdrawal.REMOVE


def _full() -> tuple[Company, Connector, User, User]:
    """A full company with one directory person in a seat and one who waits."""
    company = make_company(seats=2, tier=Tier.ADVANCED)
    connector = make_connector(company)
    seated, waiting = add_arrivals(connector, 2)
    return company, connector, seated, waiting


@pytest.mark.parametrize(("how", "status", "used"), [(DISABLE, "disabled", 2), (REMOVE, "removed", 1)])
def test_r20_a_seat_holder_is_disabled_or_removed(how: Withdrawal, status: str, used: int) -> None:
    """R2, R17, R20: in the connector's name; Disabled keeps the seat."""
    company, connector, seated, _waiting = _full()
    assert withdraw(seated, how=how, by=connector).status == status
    assert numbers(company) == (2, used, 1)
    assert history(seated)[-1] == ("active", status, "directory")
    event = AuditEvent.objects.filter(company=company).latest("pk")
    assert (event.act, event.by_connector) == (
        Act.USERS_DISABLED if how == DISABLE else Act.USERS_REMOVED,
        connector,
    )
    with nothing_changes(company):
        withdraw(seated, how=how, by=connector)


def test_r20_who_waits_keeps_waiting_without_a_place_when_disabled() -> None:
    """R20: no seat is got by being disabled."""
    company, connector, _seated, waiting = _full()
    now = withdraw(waiting, how=DISABLE, by=connector)
    assert (now.status, now.arrival, now.is_inactive_in_directory) == ("pending", None, True)
    assert numbers(company) == (2, 2, 1)
    event = AuditEvent.objects.filter(company=company).latest("pk")
    assert (event.act, event.by_connector, event.data) == (
        Act.PLACES_LOST,
        connector,
        {"users": [waiting.pk], "count": 1},
    )
    with nothing_changes(company):
        withdraw(waiting, how=DISABLE, by=connector)


def test_r20_who_waits_is_removed_from_the_line() -> None:
    company, connector, _seated, waiting = _full()
    assert withdraw(waiting, how=REMOVE, by=connector).status == "removed"
    assert numbers(company) == (2, 2, 0)


def test_r20_the_inactive_can_be_removed_later() -> None:
    company, connector, _seated, waiting = _full()
    withdraw(waiting, how=DISABLE, by=connector)
    now = withdraw(waiting, how=REMOVE, by=connector)
    assert (now.status, now.is_inactive_in_directory) == ("removed", False)
    assert numbers(company) == (2, 2, 0)


def test_r7_a_seat_released_by_the_directory_fills_from_the_line() -> None:
    """R7."""
    company, connector, seated, waiting = _full()
    choose_auto_fill(company, on=True, by=None)
    withdraw(seated, how=DISABLE, by=connector)
    assert numbers(company) == (2, 2, 1)
    withdraw(seated, how=REMOVE, by=connector)
    assert numbers(company) == (2, 2, 0)
    assert history(waiting)[-1] == ("pending", "active", "auto_fill")


def test_r21_what_was_done_by_hand_stands() -> None:
    """R21: a person whom the portal removed or disabled is not brought back by a withdrawal."""
    company, connector, seated, _waiting = _full()
    disable_users(company, users=[seated.pk], by=None)
    with nothing_changes(company):
        withdraw(seated, how=DISABLE, by=connector)
    remove_users(company, users=[seated.pk], by=None)
    for how in Withdrawal:
        with nothing_changes(company):
            assert withdraw(seated, how=how, by=connector).status == "removed"


def test_a_connector_withdraws_only_whom_it_manages() -> None:
    """R21: nobody of another connector, nobody of the portal."""
    company, _connector, seated, _waiting = _full()
    other = make_connector(company)
    remove_users(company, users=[seated.pk], by=None)
    (by_hand,) = add_people(company, 1)
    for person in (seated, by_hand):
        with refused(UserGone, company, user_ids=(person.pk,)):
            withdraw(person, how=REMOVE, by=other)


def test_a_removed_or_foreign_connector_withdraws_nobody() -> None:
    """R2, R21: after their connector is removed, its people stay."""
    company, connector, seated, _waiting = _full()
    stranger = make_connector(make_company(company.partner, tier=Tier.ADVANCED))
    with refused(ConnectorGone, company, connector_id=stranger.pk):
        withdraw(seated, how=REMOVE, by=stranger)
    remove_connector(connector, by=None)
    with refused(ConnectorGone, company, connector_id=connector.pk):
        withdraw(seated, how=REMOVE, by=connector)
