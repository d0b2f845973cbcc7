"""Raw SQL, past every rule of ours: what the database allows and refuses by itself."""

# ruff: noqa: S608 - statements are put together from constants of these tests

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from companies.models import Company


def run(sql: str, *params: Any) -> None:
    """Execute, and check all that is deferred to the commit."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
    connection.check_constraints()


def refuses(constraint: str, sql: str, *params: Any) -> None:
    """The database itself refuses the statement (or its commit), and it is this constraint that does."""
    connection.check_constraints()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        run(sql, *params)
    diagnosis = getattr(caught.value.__cause__, "diag", None)
    assert diagnosis is not None
    assert diagnosis.constraint_name == constraint


def insert_users(company: Company, status: str, count: int = 1, *, partner_id: int | None = None) -> tuple[str, Any]:
    """The statement that adds people to a company, and its parameters."""
    arrival = "1000 + n" if status == "pending" else "NULL"
    sql = (
        "INSERT INTO users_user (partner_id, company_id, first_name, last_name, email, status, arrival,"
        " is_inactive_in_directory)"
        f" SELECT %s, %s, 'Raw', 'Person', gen_random_uuid() || '@raw.example', %s, {arrival}, false"
        " FROM generate_series(1, %s) AS n"
    )
    return sql, (partner_id or company.partner_id, company.pk, status, count)
