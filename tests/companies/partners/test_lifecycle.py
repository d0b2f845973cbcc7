"""A partner is opened, changed, let in and out (R15, R25): the rules themselves."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from companies.audit.models import AuditEvent
from companies.partners.lifecycle import Agreement, change_access, change_partner, open_partner
from companies.partners.models import Partner, Terms
from companies.partners.scope import support_scope
from licensing.errors import InvalidName, PartnerNameTaken
from tests.database import refuses
from tests.factories import make_partner, make_support
from tests.facts import refused
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

AGREED = Agreement(time_zone="UTC", currency="EUR", price_standard=Decimal(4), price_advanced=Decimal(7))


@pytest.fixture
def support() -> Account:
    return make_support()


def told(partner: Partner) -> list[tuple[str, dict[str, object], Account | None, str]]:
    events = AuditEvent.objects.filter(partner=partner).order_by("id")
    return [(event.act, event.data, event.by_account, event.reason) for event in events]


def test_open(support: Account) -> None:
    """In support's scope, with the first terms and an event of its own."""
    with support_scope():
        partner = open_partner("  North   wind ", agreed=AGREED, by=support, reason="Ticket 7")
    assert (partner.name, partner.has_access) == ("North wind", True)
    assert Terms.objects.get(partner=partner).price_advanced == 7
    assert told(partner) == [("partner_opened", {}, support, "Ticket 7")]


@pytest.mark.parametrize("name", ["Northwind", "NORTHWIND", " northwind"])
def test_a_name_is_one_partners_whatever_its_case(support: Account, name: str) -> None:
    partner = make_partner("Northwind")
    with refused(PartnerNameTaken, partner, name=name.strip()):
        open_partner(name, agreed=AGREED, by=support, reason="x")
    other = make_partner("Contoso")
    with refused(PartnerNameTaken, other, name=name.strip()):
        change_partner(other, name=name, agreed=AGREED, by=support, reason="x")
    assert Partner.objects.count() == 2


def test_of_two_at_the_same_moment_the_database_refuses_one() -> None:
    """By the constraint that the rule translates."""
    make_partner("Northwind")
    sql = "INSERT INTO partners_partner (name, time_zone, currency, price_standard, price_advanced)"
    refuses("partners_partner_name_key", sql + " VALUES ('Northwind', 'UTC', 'EUR', 0, 0)")


@pytest.mark.parametrize(
    ("name", "error"), [(" ", "required"), ("x" * 151, "too_long"), ("a\u202eb", "control_characters")]
)
def test_a_name_that_is_none_is_refused(support: Account, name: str, error: str) -> None:
    partner = make_partner()
    with refused(InvalidName, partner, error=error):
        open_partner(name, agreed=AGREED, by=support, reason="x")
    with refused(InvalidName, partner, error=error):
        change_partner(partner, name=name, agreed=AGREED, by=support, reason="x")


def test_change(support: Account) -> None:
    """Only what differs is named; the same again is nothing."""
    partner = make_partner("Northwind")
    agreed = Agreement(time_zone="UTC", currency="USD", price_standard=Decimal(4), price_advanced=Decimal("7.50"))
    with support_scope():
        assert change_partner(partner, name="Northwind", agreed=AGREED, by=support, reason="x") == []
        changed = change_partner(partner, name="Northwind", agreed=agreed, by=support, reason="Ticket 7")
    assert changed == ["currency", "price_advanced"]
    partner.refresh_from_db()
    assert (partner.currency, partner.price_advanced) == ("USD", Decimal("7.50"))
    assert told(partner) == [("partner_changed", {"fields": changed}, support, "Ticket 7")]


def test_access(support: Account) -> None:
    partner = make_partner()
    Partner.objects.filter(pk=partner.pk).update(time_zone="Europe/Berlin")
    until = dt.datetime(2199, 6, 30, 22, tzinfo=dt.UTC)
    with support_scope():
        changes = [change_access(partner, until=moment, by=support, reason="x") for moment in (None, until, until)]
    partner.refresh_from_db()
    assert (changes, partner.access_ends_at, partner.has_access) == ([False, True, False], until, True)
    assert change_access(partner, until=timezone.now(), by=support, reason="x") is True
    partner.refresh_from_db()
    assert partner.has_access is False
    assert change_access(partner, until=None, by=support, reason="x") is True
    untils = [data["until"] for _act, data, _by, _reason in told(partner)]
    assert (untils[0], untils[-1], len(untils)) == ("2199-07-01T00:00:00+02:00", None, 3)
