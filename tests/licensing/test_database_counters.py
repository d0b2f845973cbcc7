"""R3 by the database alone: counters follow the people, nothing else writes them, and the cap holds."""

# ruff: noqa: S608 - statements are put together from constants of these tests

import pytest
from django.db import connection

from companies.models import Company
from licensing.enums import Tier
from tests.database import insert_users, refuses, run
from tests.factories import add_people, make_company, make_partner
from tests.facts import numbers
from users.enums import SEAT_HOLDERS, UserStatus
from users.models import User

pytestmark = pytest.mark.django_db


def _add(company: Company, status: str, count: int = 1) -> None:
    sql, params = insert_users(company, status, count)
    run(sql, *params)


@pytest.mark.parametrize("status", list(UserStatus))
def test_r3_an_insert_counts_holders_and_the_waiting(status: UserStatus) -> None:
    """R2, R3: the database counts the statuses that the code calls seat holders."""
    company = make_company(seats=10)
    _add(company, status, 3)
    held = 3 if status in SEAT_HOLDERS else 0
    assert numbers(company) == (10, 1 + held, 3 if status == UserStatus.PENDING else 0)


@pytest.mark.parametrize("before", list(UserStatus))
@pytest.mark.parametrize("after", list(UserStatus))
def test_r3_an_update_counts_every_move(before: UserStatus, after: UserStatus) -> None:
    company = make_company(seats=10)
    _add(company, before, 2)
    place = "1000 + id" if after == UserStatus.PENDING else "NULL"
    run(
        f"UPDATE users_user SET status = %s, arrival = {place} WHERE company_id = %s AND email LIKE '%%@raw.example'",
        after,
        company.pk,
    )
    held, waiting = (2 if after in SEAT_HOLDERS else 0), (2 if after == UserStatus.PENDING else 0)
    assert numbers(company) == (10, 1 + held, waiting)


def test_r3_a_delete_counts() -> None:
    """Nobody deletes people, but the counters would follow."""
    company = make_company(seats=10)
    _add(company, "active", 2)
    _add(company, "pending", 3)
    run("DELETE FROM users_user WHERE company_id = %s AND email LIKE '%%@raw.example'", company.pk)
    assert numbers(company) == (10, 1, 0)


def test_r3_one_statement_over_several_companies_counts_for_each() -> None:
    """R3: of several partners, in both directions at once; a company whose numbers stay is left alone."""
    first, second = make_company(seats=10, used=4), make_company(make_partner(), seats=10)
    third = make_company(seats=10, used=2)
    _add(second, "pending", 2)
    run(
        "UPDATE users_user AS u SET status = CASE WHEN u.company_id = %s THEN 'removed'"
        " WHEN u.company_id = %s THEN 'active' ELSE 'disabled' END, arrival = NULL"
        " FROM companies_company AS c WHERE c.id = u.company_id AND u.id <> c.primary_user_id",
        first.pk,
        second.pk,
    )
    assert [numbers(company) for company in (first, second, third)] == [(10, 1, 0), (10, 3, 0), (10, 2, 0)]


def test_r3_copy_counts_too() -> None:
    company = make_company(seats=3)
    columns = "partner_id, company_id, first_name, last_name, email, status, is_inactive_in_directory"
    with connection.cursor() as cursor, cursor.copy(f"COPY users_user ({columns}) FROM STDIN") as copy:
        for number in range(2):
            copy.write_row((company.partner_id, company.pk, "A", "B", f"{number}@raw.example", "active", False))
    assert numbers(company) == (3, 3, 0)


def test_r3_an_upsert_counts_only_what_was_new() -> None:
    company = make_company(seats=10)
    sql, params = insert_users(company, "active", 2)
    run(f"{sql} ON CONFLICT DO NOTHING", *params)
    run(
        "INSERT INTO users_user (id, partner_id, company_id, first_name, last_name, email, status,"
        " is_inactive_in_directory) SELECT id, partner_id, company_id, 'New', last_name, email, status, false"
        " FROM users_user WHERE company_id = %s ON CONFLICT (id) DO UPDATE SET first_name = excluded.first_name",
        company.pk,
    )
    assert numbers(company) == (10, 3, 0)


@pytest.mark.parametrize("status", SEAT_HOLDERS)
def test_r3_the_cap_holds_against_an_insert(status: UserStatus) -> None:
    """R3: one too many, or a thousand."""
    company = make_company(seats=3, used=2)
    for count in (2, 1_000):
        sql, params = insert_users(company, status, count)
        refuses("company_used_within_seats", sql, *params)
    _add(company, status, 1)
    assert numbers(company) == (3, 3, 0)


def test_r3_the_cap_holds_against_an_update() -> None:
    """R3: people who waited, or were removed, cannot be written into seats."""
    company = make_company(seats=3, used=3)
    _add(company, "pending")
    _add(company, "removed")
    for status in ("pending", "removed"):
        refuses(
            "company_used_within_seats",
            "UPDATE users_user SET status = 'active', arrival = NULL WHERE company_id = %s AND status = %s",
            company.pk,
            status,
        )


def test_r3_the_cap_holds_against_moving_people_between_companies() -> None:
    company, full = make_company(seats=3, used=2), make_company(seats=2, used=2)
    full.partner_id = company.partner_id
    refuses(
        "company_used_within_seats",
        "UPDATE users_user SET company_id = %s WHERE company_id = %s",
        full.pk,
        company.pk,
    )


def test_r3_the_pool_cannot_be_cut_below_the_holders() -> None:
    company = make_company(seats=3, used=3)
    refuses("company_used_within_seats", "UPDATE companies_company SET seats = 2 WHERE id = %s", company.pk)


@pytest.mark.parametrize("change", ["seats_used = 0", "seats_used = seats_used + 1", "users_pending = 5"])
def test_r3_nobody_writes_a_counter(change: str) -> None:
    """R3: raw SQL, the ORM, alone or among others."""
    company = make_company(seats=10, used=3)
    sql = f"UPDATE companies_company SET name = 'New', {change} WHERE id = %s"
    refuses("company_counters_are_counted", sql, company.pk)


def test_r3_a_company_begins_with_nobody() -> None:
    company = make_company()
    columns = (
        "partner_id, seats, tier, users_pending, last_arrival, fills_automatically, primary_user_id, primary_withdrawal"
    )
    sql = (
        f"INSERT INTO companies_company ({columns}, name, seats_used)"
        f" SELECT {columns}, 'Copy', 1 FROM companies_company WHERE id = %s"
    )
    refuses("company_counters_begin_at_zero", sql, company.pk)


def test_r3_people_cannot_be_truncated() -> None:
    make_company()
    refuses("user_is_never_truncated", "TRUNCATE users_user CASCADE")


def test_r3_a_swap_in_one_statement_is_allowed_in_a_full_pool() -> None:
    """The sum decides: one leaves while another comes."""
    company = make_company(seats=2, used=2, tier=Tier.ADVANCED, pending=1)
    run(
        "UPDATE users_user SET status = CASE status WHEN 'pending' THEN 'active' ELSE 'removed' END, arrival = NULL"
        " WHERE company_id = %s AND id <> %s",
        company.pk,
        company.primary_user_id,
    )
    assert numbers(company) == (2, 2, 0)


def test_r2_a_seat_that_is_released_can_be_taken_at_once() -> None:
    company = make_company(seats=2, used=2)
    other = User.objects.of_company(company).exclude(pk=company.primary_user_id).get()
    User.objects.filter(pk=other.pk).update(status="removed")
    assert [user.status for user in add_people(company, 1)] == ["active"]
    assert numbers(company) == (2, 2, 0)
