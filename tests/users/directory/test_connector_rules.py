"""How connectors are changed and paused: R7, R20-R22."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.errors import ConnectorGone, ConnectorNameTaken, InvalidName, InvalidParameters
from tests.factories import add_arrivals, make_account, make_company, make_connector
from tests.facts import nothing_changes, numbers, refused
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import (
    SyncRules,
    add_connector,
    change_connector,
    pause_connector,
    remove_connector,
    resume_connector,
)
from users.enums import Withdrawal

pytestmark = pytest.mark.django_db

DISABLE, REMOVE = Withdrawal.DISABLE, Withdrawal.REMOVE


def _connector() -> Connector:
    return make_connector(make_company(tier=Tier.ADVANCED), name="Entra")


def _is_paused(connector: Connector) -> bool:
    connector.refresh_from_db()
    return connector.paused_at is not None


def _rules(connector: Connector) -> SyncRules:
    connector.refresh_from_db()
    return {
        "asks_approval": connector.asks_approval,
        "on_disabled": Withdrawal(connector.on_disabled),
        "on_deleted": Withdrawal(connector.on_deleted),
        "on_left": Withdrawal(connector.on_left),
        "threshold_people": connector.threshold_people,
        "threshold_percent": connector.threshold_percent,
    }


USUAL: SyncRules = {
    "asks_approval": False,
    "on_disabled": DISABLE,
    "on_deleted": DISABLE,
    "on_left": DISABLE,
    "threshold_people": 5,
    "threshold_percent": 10,
}
OTHER: SyncRules = {
    "asks_approval": True,
    "on_disabled": REMOVE,
    "on_deleted": REMOVE,
    "on_left": REMOVE,
    "threshold_people": 0,
    "threshold_percent": 100,
}


def _event(connector: Connector, act: Act) -> AuditEvent:
    return AuditEvent.objects.get(company=connector.company, act=act)


def test_r20_r22_a_new_connector_disables_and_stops_at_5_people_and_10_percent() -> None:
    assert _rules(_connector()) == USUAL


def test_a_new_connector_may_have_other_rules() -> None:
    company = make_company(tier=Tier.ADVANCED)
    connector, _token = add_connector(company, kind=ConnectorKind.OKTA, name="Okta", by=None, **OTHER)
    assert _rules(connector) == OTHER


def test_all_is_changed_at_once_and_written_down_once() -> None:
    connector = _connector()
    account = make_account(connector.partner)
    assert change_connector(connector, by=account, reason="As agreed", name=" Head  office ", **OTHER) == 0
    assert _rules(connector) == OTHER
    assert connector.name == "Head office"
    event = _event(connector, Act.CONNECTOR_CHANGED)
    assert (event.by_account, event.reason) == (account, "As agreed")
    assert event.data == {
        "connector": connector.pk,
        "kind": "entra_id",
        "name": "Head office",
        "fields": sorted(["name", *OTHER]),
    }


def test_what_is_not_given_stays() -> None:
    connector = _connector()
    change_connector(connector, by=None, on_left=REMOVE)
    assert _rules(connector) == USUAL | {"on_left": REMOVE}
    assert _event(connector, Act.CONNECTOR_CHANGED).data["fields"] == ["on_left"]


def test_the_same_again_writes_nothing() -> None:
    connector = _connector()
    with nothing_changes(connector.company):
        assert change_connector(connector, by=None, name="Entra", **USUAL) == 0


@pytest.mark.parametrize(
    ("rules", "errors"),
    [
        ({"threshold_people": -1}, {"threshold_people": "out_of_range"}),
        ({"threshold_people": 1_000_001}, {"threshold_people": "out_of_range"}),
        (
            {"threshold_people": -1, "threshold_percent": 101},
            {"threshold_people": "out_of_range", "threshold_percent": "out_of_range"},
        ),
    ],
)
def test_r22_a_threshold_is_within_bounds(rules: SyncRules, errors: dict[str, str]) -> None:
    connector = _connector()
    with refused(InvalidParameters, connector.company, errors=errors):
        change_connector(connector, by=None, **rules)
    with refused(InvalidParameters, connector.company, errors=errors):
        add_connector(connector.company, kind=ConnectorKind.SCIM, name="Other", by=None, **rules)


def test_a_name_is_needed_and_unique() -> None:
    connector = _connector()
    make_connector(connector.company, name="Okta")
    with refused(InvalidName, connector.company, error="required"):
        change_connector(connector, by=None, name=" ")
    with refused(ConnectorNameTaken, connector.company, name="OKTA"):
        change_connector(connector, by=None, name="OKTA", on_left=REMOVE)
    assert change_connector(connector, by=None, name="ENTRA") == 0


def test_r7_who_needs_no_approval_any_more_comes_in_from_the_line() -> None:
    """R7: at once, where the company fills available seats automatically; oldest first."""
    company = make_company(seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company, asks_approval=True)
    people = add_arrivals(connector, 3)
    choose_auto_fill(company, on=True, by=None)
    assert numbers(company) == (3, 1, 3)
    assert change_connector(connector, by=None, asks_approval=False) == 2
    assert numbers(company) == (3, 3, 1)
    for person in people:
        person.refresh_from_db()
    assert [person.status for person in people] == ["active", "active", "pending"]


def test_asking_for_approval_puts_nobody_out() -> None:
    company = make_company(seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company)
    add_arrivals(connector, 2)
    assert change_connector(connector, by=None, asks_approval=True) == 0
    assert numbers(company) == (3, 3, 0)


def test_a_connector_is_paused_and_goes_on() -> None:
    connector = _connector()
    account = make_account(connector.partner)
    pause_connector(connector, by=account, reason="Moving servers")
    assert _is_paused(connector)
    resume_connector(connector, by=account)
    assert not _is_paused(connector)
    told = {"connector": connector.pk, "kind": "entra_id", "name": "Entra"}
    for act, reason in ((Act.CONNECTOR_PAUSED, "Moving servers"), (Act.CONNECTOR_RESUMED, "")):
        event = _event(connector, act)
        assert (event.by_account, event.reason, event.data) == (account, reason, told)


def test_pausing_and_resuming_twice_is_once() -> None:
    connector = _connector()
    with nothing_changes(connector.company):
        resume_connector(connector, by=None)
    pause_connector(connector, by=None)
    with nothing_changes(connector.company):
        pause_connector(connector, by=None)


def test_r2_a_removed_connector_is_changed_no_more() -> None:
    connector = _connector()
    remove_connector(connector, by=None)
    gone = {"connector_id": connector.pk}
    with refused(ConnectorGone, connector.company, **gone):
        change_connector(connector, by=None, name="Other")
    with refused(ConnectorGone, connector.company, **gone):
        pause_connector(connector, by=None)
    with refused(ConnectorGone, connector.company, **gone):
        resume_connector(connector, by=None)
