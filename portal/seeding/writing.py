"""Store seeded companies by COPY, a bounded chunk of people in each transaction; every constraint and trigger is on."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from portal.seeding.rows import (
    COLUMNS,
    Placed,
    Row,
    Slice,
    assignment_rows,
    audit_rows,
    company_row,
    connector_rows,
    entry_rows,
    ledger_rows,
    people_rows,
    policy_rows,
)

CHUNK = 20_000
"""People in one transaction: what is kept in memory at most, here and in the server's list of deferred checks."""


def chunks(companies: Iterable[Placed]) -> Iterator[list[Slice]]:
    """The companies in parts of CHUNK people each; a large company stretches over several."""
    parts: list[Slice] = []
    room = CHUNK
    for placed in companies:
        start = 0
        while start < placed.plan.size:
            stop = min(start + room, placed.plan.size)
            parts.append(Slice(placed, start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield parts
                parts, room = [], CHUNK
    if parts:
        yield parts


@transaction.atomic
def store(parts: list[Slice]) -> int:
    """Store one chunk and return the number of its people."""
    with connection.cursor() as cursor:
        for table, rows in _rows(cursor, parts).items():
            _copy(cursor, table, rows)
    return sum(map(len, parts))


def analyze() -> None:
    """Tell the planner about the new rows; autovacuum would come later."""
    with connection.cursor() as cursor:
        for table in COLUMNS:
            cursor.execute(f"ANALYZE {table}")


def _rows(cursor: Any, parts: list[Slice]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    users = iter(_ids(cursor, "users_user", sum(map(len, parts))))
    companies = iter(_ids(cursor, "companies_company", len(parts)))
    connectors = iter(_ids(cursor, "directory_connector", len(parts)))
    for part in parts:
        placed = part.placed
        ids = list(islice(users, len(part)))
        if part.start == 0:
            placed.company, placed.primary = next(companies), ids[0]
            placed.connector = next(connectors) if placed.plan.connector else None
            _add_company(rows, placed, ids)
        for person, history in people_rows(part, ids):
            rows["users_user"].append(person)
            rows["users_statuschange"] += history
        rows["directory_entry"] += entry_rows(part, ids)
    return rows


def _add_company(rows: dict[str, list[Row]], placed: Placed, ids: list[int]) -> None:
    rows["companies_company"].append(company_row(placed))
    rows["directory_connector"] += connector_rows(placed)
    rows["licensing_ledgerentry"] += ledger_rows(placed)
    rows["policies_policy"] += policy_rows(placed)
    rows["audit_auditevent"] += audit_rows(placed, ids)
    rows["accounts_assignment"] += assignment_rows(placed)


def _ids(cursor: Any, table: str, count: int) -> list[int]:
    """Ids from the table's own sequence, so that nobody else is ever given them."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')::regclass) FROM generate_series(1, %s)", [table, count]
    )
    return [number for (number,) in cursor.fetchall()]


def _copy(cursor: Any, table: str, rows: list[Row]) -> None:
    with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
