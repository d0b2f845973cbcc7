"""Connectors: R2, R14, R21."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.enums import Tier
from licensing.errors import ConnectorNameTaken, InvalidName
from tests.factories import add_arrivals, make_account, make_company, make_connector, make_partner
from tests.facts import nothing_changes, numbers, refused
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import add_connector, hash_token, remove_connector

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_stored_as_a_hash() -> None:
    """No column and no event holds the token itself."""
    company = make_company(tier=Tier.ADVANCED)
    account = make_account(company.partner)
    connector, token = add_connector(company, kind=ConnectorKind.OKTA, name="  Okta  main ", by=account)
    connector.refresh_from_db()
    assert (connector.name, connector.kind, connector.asks_approval) == ("Okta main", ConnectorKind.OKTA, False)
    assert token.startswith("ppc_")
    assert len(token) == 47
    assert connector.token_hash == hash_token(token)
    event = AuditEvent.objects.get(company=company, act=Act.CONNECTOR_ADDED)
    assert (event.by_account, event.data) == (
        account,
        {"connector": connector.pk, "kind": "okta", "name": "Okta main"},
    )
    assert token not in str(Connector.objects.filter(pk=connector.pk).values())


def test_every_connector_has_a_token_of_its_own() -> None:
    company = make_company(tier=Tier.ADVANCED)
    tokens = {add_connector(company, kind=ConnectorKind.SCIM, name=f"C{n}", by=None)[1] for n in range(5)}
    assert len(tokens) == 5


@pytest.mark.parametrize(
    ("name", "error"), [("", "required"), (" ", "required"), ("x" * 101, "too_long"), ("A\x07", "control_characters")]
)
def test_a_connector_needs_a_name(name: str, error: str) -> None:
    company = make_company(tier=Tier.ADVANCED)
    with refused(InvalidName, company, error=error):
        add_connector(company, kind=ConnectorKind.SCIM, name=name, by=None)


def test_r2_a_name_is_unique_among_the_connectors_that_exist() -> None:
    """R2: whatever its case; a removed one gives its name back, another company has its own names."""
    partner = make_partner()
    company = make_company(partner, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Entra")
    make_connector(make_company(partner, tier=Tier.ADVANCED), name="Entra")
    with refused(ConnectorNameTaken, company, name="ENTRA"):
        add_connector(company, kind=ConnectorKind.SCIM, name="ENTRA", by=None)
    remove_connector(connector, by=None)
    assert make_connector(company, name="ENTRA").pk != connector.pk


def test_r21_people_stay_when_their_connector_is_removed() -> None:
    """R2, R21: the connector is marked, its people keep seats and places."""
    company = make_company(seats=2, tier=Tier.ADVANCED)
    account = make_account(company.partner)
    connector = make_connector(company, name="Entra")
    people = add_arrivals(connector, 2)
    remove_connector(connector, by=account, reason="Moved")
    connector.refresh_from_db()
    assert connector.removed_at is not None
    assert numbers(company) == (2, 2, 1)
    for person in people:
        before = person.status
        person.refresh_from_db()
        assert (person.status, person.connector) == (before, connector)
    event = AuditEvent.objects.get(company=company, act=Act.CONNECTOR_REMOVED)
    assert (event.by_account, event.reason) == (account, "Moved")
    assert event.data == {"connector": connector.pk, "kind": "entra_id", "name": "Entra"}


def test_removing_twice_is_removing_once() -> None:
    connector = make_connector(make_company(tier=Tier.ADVANCED))
    remove_connector(connector, by=None)
    with nothing_changes(connector.company):
        remove_connector(connector, by=None)
