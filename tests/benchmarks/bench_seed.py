"""How much the constraints, triggers and the drawing of believable data cost against a bare COPY of the same rows."""

# ruff: noqa: S608 - statements are put together from our own table names

import io
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from portal.seeding.rows import COLUMNS
from tests.benchmarks.measure import report

USERS = 50_000


def _rows(cursor: Any) -> dict[str, list[bytes]]:
    """What was seeded, as COPY wrote it out."""
    lines: dict[str, list[bytes]] = {}
    for table, columns in COLUMNS.items():
        with cursor.copy(f"COPY (SELECT {columns} FROM {table}) TO STDOUT") as copy:
            lines[table] = [bytes(block) for block in copy]
    return lines


@pytest.mark.django_db(transaction=True)
def test_seed_against_bare_copy() -> None:
    begin = time.perf_counter()
    call_command("seed", partners=5, companies=500, users=USERS, stdout=io.StringIO())
    seeded = time.perf_counter() - begin

    with connection.cursor() as cursor:
        lines = _rows(cursor)
        for table, columns in COLUMNS.items():
            cursor.execute(f"CREATE TABLE bare_{table} AS SELECT {columns} FROM {table} LIMIT 0")
        begin = time.perf_counter()
        for table, blocks in lines.items():
            with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                for block in blocks:
                    copy.write(block)
        bare = time.perf_counter() - begin
        for table in COLUMNS:
            cursor.execute(f"DROP TABLE bare_{table}")
    report(
        f"seed, {USERS / seeded:.0f} users a second", seeded, bare, against="a bare COPY without index or constraint"
    )


@pytest.mark.django_db(transaction=True)
def test_reconcile_against_counting() -> None:
    call_command("seed", partners=5, companies=500, users=USERS, stdout=io.StringIO())

    begin = time.perf_counter()
    call_command("reconcile", stdout=io.StringIO())
    reconciled = time.perf_counter() - begin
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, status, count(*) FROM users_user GROUP BY 1, 2")
        cursor.fetchall()
    counted = time.perf_counter() - begin
    report(f"reconcile, {USERS} users", reconciled, counted, against="one grouped count of the users")
