"""The ledger and the history: R16, R17."""

import itertools

import pytest

from companies.lifecycle import close_company, reopen_company
from companies.models import Company
from licensing.approvals import approve_next
from licensing.enums import LedgerKind, Tier
from licensing.ledger import entries_of, newest_number
from licensing.pools import change_license
from licensing.seats import disable_users, enable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    make_person,
)
from tests.facts import history
from users.enums import Door, Withdrawal
from users.models import StatusChange, User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

STANDARD, ADVANCED = Tier.STANDARD, Tier.ADVANCED


def _whole_life() -> Company:
    company = make_company(make_partner(), name="Life", seats=3, tier=STANDARD)
    account = make_account(company.partner)
    change_license(company, seats=5, tier=STANDARD, seen=1, by=account, reason="Growth")
    change_license(company, seats=5, tier=ADVANCED, seen=2, by=account)
    change_license(company, seats=4, tier=STANDARD, seen=3, by=None)
    close_company(company, typed_name="Life", by=account, reason="Sold")
    return reopen_company(company, seats=7, tier=ADVANCED, primary=make_person("New"), by=None)


def test_r16_every_change_of_seats_or_tier_is_one_entry() -> None:
    """R16: what, from, to; opening and closing included; numbered 1, 2, 3 …"""
    company = _whole_life()
    rows = entries_of(company).values_list("number", "kind", "seats_from", "seats_to", "tier_from", "tier_to")
    assert list(rows) == [
        (6, LedgerKind.REOPENED, 0, 7, STANDARD, ADVANCED),
        (5, LedgerKind.CLOSED, 4, 0, STANDARD, STANDARD),
        (4, LedgerKind.CHANGED, 5, 4, ADVANCED, STANDARD),
        (3, LedgerKind.CHANGED, 5, 5, STANDARD, ADVANCED),
        (2, LedgerKind.CHANGED, 3, 5, STANDARD, STANDARD),
        (1, LedgerKind.OPENED, 0, 3, None, STANDARD),
    ]
    assert newest_number(company) == 6


def test_r16_an_entry_says_who_and_why() -> None:
    """R16: an account, or the system."""
    company = _whole_life()
    account = company.partner.accounts.get()
    entries = entries_of(company).order_by("number")
    assert [(entry.by_account_id, entry.by_connector_id, entry.reason) for entry in entries] == [
        (None, None, ""),
        (account.pk, None, "Growth"),
        (account.pk, None, ""),
        (None, None, ""),
        (account.pk, None, "Sold"),
        (None, None, ""),
    ]


def test_r16_each_entry_begins_where_the_last_ended_and_the_last_is_the_present() -> None:
    """R16: replaying gives the present pool and tier; times never go back."""
    company = _whole_life()
    entries = list(entries_of(company).order_by("number"))
    for before, after in itertools.pairwise(entries):
        assert (before.seats_to, before.tier_to) == (after.seats_from, after.tier_from)
        assert before.at <= after.at
    assert (entries[-1].seats_to, entries[-1].tier_to) == (company.seats, company.tier)


def test_r16_numbers_are_counted_for_each_company() -> None:
    partner = make_partner()
    first, second = make_company(partner), make_company(partner)
    change_license(first, seats=11, tier=STANDARD, seen=1, by=None)
    assert (newest_number(first), newest_number(second)) == (2, 1)


def test_r16_people_coming_and_going_write_no_entry() -> None:
    company = make_company(tier=ADVANCED)
    person = add_people(company, 2)[0]
    disable_users(company, users=[person.pk], by=None)
    remove_users(company, users=[person.pk], by=None)
    make_connector(company)
    assert newest_number(company) == 1


def test_r17_a_life_is_kept_with_every_door() -> None:
    """R17: what, from, to, through which door."""
    company = make_company(seats=1, tier=ADVANCED)
    connector = make_connector(company)
    (person,) = add_arrivals(connector, 1)
    change_license(company, seats=2, tier=ADVANCED, seen=1, by=None)
    approve_next(company, count=1, by=None, door=Door.API)
    disable_users(company, users=[person.pk], by=None, door=Door.SUPPORT)
    enable_users(company, users=[person.pk], by=None)
    withdraw(person, how=Withdrawal.DISABLE, by=connector)
    remove_users(company, users=[person.pk], by=None)
    assert history(person) == [
        ("", "pending", "directory"),
        ("pending", "active", "api"),
        ("active", "disabled", "support"),
        ("disabled", "active", "portal"),
        ("active", "disabled", "directory"),
        ("disabled", "removed", "portal"),
    ]


def test_r17_a_change_says_who_when_and_why() -> None:
    """R17: an account, a connector or the system."""
    company = make_company(tier=ADVANCED)
    connector, account = make_connector(company), make_account(company.partner)
    (person,) = add_arrivals(connector, 1)
    disable_users(company, users=[person.pk], by=account, reason="On leave")
    enable_users(company, users=[person.pk], by=None)
    rows = list(StatusChange.objects.filter(user=person).order_by("pk"))
    assert [(row.by_connector, row.by_account, row.reason) for row in rows] == [
        (connector, None, ""),
        (None, account, "On leave"),
        (None, None, ""),
    ]
    assert rows[0].at < rows[1].at < rows[2].at
    assert rows[1].at < User.objects.get(pk=person.pk).since <= rows[2].at
