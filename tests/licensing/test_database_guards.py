"""By the database alone: the ledger's chain (R16), books that only grow (R16, R17), the primary user (R18), tiers (R13,
R14), and the shape of every row."""

# ruff: noqa: S608 - statements are put together from constants of these tests

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from companies.models import Company
from companies.policies.catalogue import ADVANCED_KEYS, PolicyKey
from companies.policies.models import Policy
from companies.policies.rules import switch_off
from licensing.enums import Tier
from licensing.pools import change_license
from tests.database import insert_users, refuses, run
from tests.factories import add_people, make_company, make_connector, make_partner, switch_policy_on
from users.directory.rules import remove_connector
from users.models import User

pytestmark = pytest.mark.django_db

ENTRY = (
    "INSERT INTO licensing_ledgerentry (partner_id, company_id, number, kind, seats_from, seats_to, tier_from, tier_to,"
    " reason) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '')"
)
BOOKS = {
    "licensing_ledgerentry": "ledger_is_append_only",
    "users_statuschange": "status_history_is_append_only",
    "audit_auditevent": "audit_is_append_only",
}
EDITED = BOOKS | {"audit_auditevent": "audit_forgets_old_addresses_only"}
"""What refuses an UPDATE: of the audit, old network addresses may be forgotten (tests/companies/test_retention.py)."""


@pytest.mark.parametrize("change", ["seats = 11", "tier = 'advanced'", "seats = 11, tier = 'advanced'"])
def test_r16_seats_and_tier_cannot_change_without_an_entry(change: str) -> None:
    """R3, R16: refused at commit."""
    company = make_company(seats=10)
    refuses(
        "ledger_agrees_with_company",
        f"UPDATE companies_company SET {change} WHERE id = %s",
        company.pk,
    )


@pytest.mark.django_db(transaction=True)
def test_r16_the_commit_itself_is_refused() -> None:
    """R16: not only when asked to check early."""
    company = make_company(seats=10)
    with pytest.raises(IntegrityError, match="its ledger says 10 on standard"), transaction.atomic():
        assert Company.objects.filter(pk=company.pk).update(seats=11) == 1
    company.refresh_from_db()
    assert company.seats == 10


def test_r16_a_change_that_is_taken_back_needs_no_entry() -> None:
    company = make_company(seats=10)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE companies_company SET seats = 11 WHERE id = %s", [company.pk])
    run("UPDATE companies_company SET seats = 10 WHERE id = %s", company.pk)


def test_r16_a_company_cannot_be_closed_without_an_entry() -> None:
    company = make_company()
    refuses(
        "ledger_agrees_with_company",
        "WITH gone AS (UPDATE users_user SET status = 'removed' WHERE company_id = %s)"
        " UPDATE companies_company SET tier = tier, closed_at = now(), seats = 0 WHERE false;"
        " UPDATE companies_company SET closed_at = now(), seats = 0 WHERE id = %s",
        company.pk,
        company.pk,
    )


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("ledger_agrees_with_company", (2, "changed", 10, 11, "standard", "standard")),
        ("ledger_agrees_with_company", (2, "changed", 10, 10, "standard", "advanced")),
        ("ledger_agrees_with_company", (2, "closed", 10, 0, "standard", "standard")),
        ("ledger_number_once", (1, "opened", 0, 10, None, "standard")),
        ("ledger_changes_something", (2, "changed", 10, 10, "standard", "standard")),
        ("ledger_kind_fits", (2, "opened", 0, 10, None, "standard")),
        ("ledger_kind_fits", (1, "changed", 5, 10, "standard", "standard")),
        ("ledger_kind_fits", (2, "changed", 10, 0, "standard", "standard")),
        ("ledger_kind_fits", (2, "closed", 10, 0, "standard", "advanced")),
        ("ledger_kind_fits", (2, "reopened", 5, 10, "standard", "standard")),
        ("ledger_kind_fits", (2, "changed", 5, 10, None, "standard")),
        ("ledger_kind_fits", (0, "changed", 5, 10, "standard", "standard")),
        ("ledger_kind_fits", (2, "other", 5, 10, "standard", "standard")),
        ("ledger_tier_known", (2, "changed", 10, 10, "standard", "gold")),
    ],
)
def test_r16_an_entry_that_cannot_be_is_refused(constraint: str, values: tuple[Any, ...]) -> None:
    company = make_company(seats=10)
    refuses(constraint, ENTRY, company.partner_id, company.pk, *values)


@pytest.mark.parametrize(
    "values",
    [
        (2, "changed", 9, 12, "standard", "standard"),
        (2, "changed", 10, 12, "advanced", "standard"),
        (3, "changed", 10, 12, "standard", "standard"),
    ],
    ids=["other seats", "other tier", "a number left out"],
)
def test_r16_an_entry_begins_where_the_last_one_ended(values: tuple[Any, ...]) -> None:
    """R16: even where its end agrees with the company."""
    company = make_company(seats=10)
    refuses(
        "ledger_begins_where_the_last_ended",
        f"{ENTRY}; UPDATE companies_company SET seats = 12 WHERE id = %s",
        company.partner_id,
        company.pk,
        *values,
        company.pk,
    )


def test_r16_an_entry_that_fits_is_accepted() -> None:
    """The tests above refuse what is wrong, not everything."""
    company = make_company(seats=10)
    run(
        f"{ENTRY}; UPDATE companies_company SET seats = 12 WHERE id = %s",
        company.partner_id,
        company.pk,
        *(2, "changed", 10, 12, "standard", "standard"),
        company.pk,
    )


@pytest.mark.parametrize("table", BOOKS)
def test_r16_r17_the_books_are_append_only(table: str) -> None:
    """R16, R17: no UPDATE, DELETE or TRUNCATE; the last two not even of no row."""
    company = make_company(used=2)
    change_license(company, seats=11, tier=Tier.STANDARD, seen=1, by=None)
    refuses(EDITED[table], f"UPDATE {table} SET reason = 'Other'")
    refuses(BOOKS[table], f"DELETE FROM {table} WHERE id = -1")
    refuses(BOOKS[table], f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("status", ["disabled", "removed", "pending"])
def test_r18_an_open_companys_primary_user_is_active(status: str) -> None:
    """R18: refused at commit."""
    company = make_company()
    arrival = "7" if status == "pending" else "NULL"
    refuses(
        "company_primary_user_is_active",
        f"UPDATE users_user SET status = %s, arrival = {arrival} WHERE id = %s",
        status,
        company.primary_user_id,
    )


def test_r18_the_primary_user_is_one_of_the_companys_own() -> None:
    partner = make_partner()
    company, other = make_company(partner), make_company(partner)
    refuses(
        "company_primary_user_is_active",
        "UPDATE companies_company SET primary_user_id = %s WHERE id = %s",
        other.primary_user_id,
        company.pk,
    )


def test_r18_the_primary_user_cannot_become_somebody_who_is_not_active() -> None:
    company = make_company()
    (person,) = add_people(company, 1)
    User.objects.filter(pk=person.pk).update(status="disabled")
    refuses(
        "company_primary_user_is_active",
        "UPDATE companies_company SET primary_user_id = %s WHERE id = %s",
        person.pk,
        company.pk,
    )


def _to_standard(company: Company, constraint: str) -> None:
    """A downgrade with its proper ledger entry: only the blocker stands in its way."""
    refuses(
        constraint,
        f"{ENTRY}; UPDATE companies_company SET tier = 'standard' WHERE id = %s",
        company.partner_id,
        company.pk,
        *(2, "changed", company.seats, company.seats, "advanced", "standard"),
        company.pk,
    )


@pytest.mark.parametrize("key", ADVANCED_KEYS)
def test_r13_no_downgrade_while_an_advanced_policy_is_on(key: PolicyKey) -> None:
    """R13: for each key of the catalogue, so that the generated column cannot lag behind it."""
    company = make_company(tier=Tier.ADVANCED)
    Policy.objects.create(partner=company.partner, company=company, key=key, is_on=True)
    _to_standard(company, "policy_needs_advanced")
    switch_off(company, key=key, confirmed=True, by=None)
    change_license(company, seats=company.seats, tier=Tier.STANDARD, seen=1, by=None)
    connection.check_constraints()


def test_r13_no_downgrade_while_a_connector_exists() -> None:
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company)
    _to_standard(company, "connector_needs_advanced")
    remove_connector(connector, by=None)
    change_license(company, seats=company.seats, tier=Tier.STANDARD, seen=1, by=None)
    connection.check_constraints()


@pytest.mark.parametrize("key", list(PolicyKey))
def test_r14_only_standard_policies_can_be_on_on_standard(key: PolicyKey) -> None:
    """R14: any policy may have a row that is off."""
    company = make_company(tier=Tier.STANDARD)
    sql = (
        "INSERT INTO policies_policy (partner_id, company_id, key, is_on, parameters) VALUES (%s, %s, %s, false, '{}');"
        " UPDATE policies_policy SET is_on = %s WHERE company_id = %s"
    )
    run(sql, company.partner_id, company.pk, key, False, company.pk)
    flip = "UPDATE policies_policy SET is_on = true WHERE company_id = %s"
    if key in ADVANCED_KEYS:
        refuses("policy_needs_advanced", flip, company.pk)
    else:
        run(flip, company.pk)


def test_r14_no_connector_can_be_written_on_standard() -> None:
    company = make_company(tier=Tier.STANDARD)
    refuses(
        "connector_needs_advanced",
        "INSERT INTO directory_connector (partner_id, company_id, kind, name, token_hash, asks_approval)"
        " VALUES (%s, %s, 'okta', 'Raw', 'x', false)",
        company.partner_id,
        company.pk,
    )


def test_r14_a_removed_connector_cannot_come_back_on_standard() -> None:
    company = make_company(tier=Tier.ADVANCED)
    remove_connector(make_connector(company), by=None)
    change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    refuses(
        "connector_needs_advanced",
        "UPDATE directory_connector SET removed_at = NULL WHERE company_id = %s",
        company.pk,
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("company_open_has_seats", "seats = 0"),
        ("company_open_has_seats", "seats = 1000001"),
        ("company_tier_known", "tier = 'gold'"),
        ("company_name_given", "name = ''"),
        ("company_open_has_seats", "closed_at = now()"),
        ("company_withdrawal_known", "primary_withdrawal = 'other'"),
    ],
)
def test_r1_a_company_keeps_its_shape(constraint: str, change: str) -> None:
    company = make_company(seats=10)
    refuses(constraint, f"UPDATE companies_company SET {change} WHERE id = %s", company.pk)


def test_r1_names_are_unique_among_a_partners_open_companies() -> None:
    partner = make_partner()
    make_company(partner, name="Fabrikam")
    company = make_company(partner, name="Wingtip")
    refuses("company_name_once", "UPDATE companies_company SET name = 'FABRIKAM' WHERE id = %s", company.pk)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("user_status_known", "status = 'gone'"),
        ("user_arrival_while_in_line", "status = 'pending'"),
        ("user_arrival_while_in_line", "arrival = 7"),
        ("user_arrival_while_in_line", "is_inactive_in_directory = true"),
        ("user_by_hand_is_complete", "email = ''"),
        ("user_by_hand_is_complete", "first_name = ''"),
        ("user_by_hand_is_complete", "last_name = ''"),
        ("user_email_once", "email = (SELECT upper(email) FROM users_user ORDER BY id DESC LIMIT 1)"),
    ],
)
def test_r9_a_person_keeps_its_shape(constraint: str, change: str) -> None:
    """R7, R9, R20."""
    company = make_company()
    person, _other = add_people(company, 2)
    refuses(constraint, f"UPDATE users_user SET {change} WHERE id = %s", person.pk)


@pytest.mark.parametrize(
    ("constraint", "before", "after", "door"),
    [
        ("status_change_differs", "active", "active", "portal"),
        ("status_change_known", "gone", "active", "portal"),
        ("status_change_known", "", "gone", "portal"),
        ("status_change_known", "active", "", "portal"),
        ("status_change_known", "", "active", "window"),
    ],
)
def test_r17_a_status_change_keeps_its_shape(constraint: str, before: str, after: str, door: str) -> None:
    """R17."""
    company = make_company()
    refuses(
        constraint,
        "INSERT INTO users_statuschange (partner_id, company_id, user_id, from_status, to_status, door, reason)"
        " VALUES (%s, %s, %s, %s, %s, %s, '')",
        *(company.partner_id, company.pk, company.primary_user_id, before, after, door),
    )


def test_r7_no_two_people_share_a_place_in_the_line() -> None:
    company = make_company()
    sql, params = insert_users(company, "pending", 2)
    refuses("user_arrival_once", sql.replace("1000 + n", "1000"), *params)


def test_r14_no_policy_stands_twice_and_none_is_unknown() -> None:
    company = make_company()
    switch_policy_on(company, PolicyKey.TWO_FACTOR)
    sql = "INSERT INTO policies_policy (partner_id, company_id, key, is_on, parameters) VALUES (%s, %s, %s, true, '{}')"
    refuses("policy_once", sql, company.partner_id, company.pk, "two_factor")
    refuses("policy_key_known", sql, company.partner_id, company.pk, "other")
