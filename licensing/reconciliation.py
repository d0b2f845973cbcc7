"""Prove that counters, users, history and ledger agree, and that the database's own guards are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction

from companies.policies.catalogue import ADVANCED_KEYS
from licensing.reconciliation_checks import CHECKS, Check
from licensing.triggers import GUARDED_APPS, REQUIRED_REFERENCES, REQUIRED_TRIGGERS

MOST_SHOWN = 50
"""Of one check's findings; the rest is counted."""

_INSUFFICIENT_PRIVILEGE = "42501"
_COUNTED = {
    "partners": "partners_partner",
    "companies": "companies_company",
    "users": "users_user",
    "entries": "licensing_ledgerentry",
    "changes": "users_statuschange",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that disagrees: which check found it, and what, with the numbers."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many rows were compared, and all that disagrees; `findings` ends each long list with what is left out."""

    partners: int
    companies: int
    users: int
    entries: int
    changes: int
    findings: tuple[Finding, ...]


class RowsHidden(Exception):
    """The database would hide rows from this role, so that nothing it shows proves anything."""


def reconcile() -> Reconciliation:
    """Recount and replay everything with set-based SQL, at one moment of the database (R3, R16 to R18).

    Changes nothing, and locks nobody out. Raises RowsHidden where row-level security, or a missing right, keeps rows
    from the role it runs as: comparing no rows would agree too.
    """
    with _everything_at_one_moment() as cursor:
        counted = {name: _count(cursor, table) for name, table in _COUNTED.items()}
        findings = [*missing_guards(cursor)]
        for check in CHECKS:
            findings += _run(cursor, check)
        return Reconciliation(**counted, findings=tuple(findings))


def missing_guards(cursor: Any) -> Iterator[Finding]:
    """Triggers and constraints that are not there, not enabled or not validated."""
    cursor.execute(
        """
        SELECT tgrelid::regclass::text, tgname, tgfoid::regproc::text, tgenabled IN ('O', 'A')
        FROM pg_trigger WHERE NOT tgisinternal
        """
    )
    triggers = {tuple(row[:3]): row[3] for row in cursor.fetchall()}
    for trigger in REQUIRED_TRIGGERS:
        if trigger not in triggers:
            yield Finding("trigger_missing", f"trigger {trigger.name} on {trigger.table} does not exist")
        elif not triggers[trigger]:
            yield Finding("trigger_disabled", f"trigger {trigger.name} on {trigger.table} is disabled")
    yield from _missing_constraints(cursor)
    yield from _idle_references(cursor)


def _missing_constraints(cursor: Any) -> Iterator[Finding]:
    cursor.execute(
        """
        SELECT conname, convalidated FROM pg_constraint
        UNION ALL SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        """
    )
    valid: dict[str, bool] = {}
    for name, is_valid in cursor.fetchall():
        valid[name] = valid.get(name, True) and is_valid
    for name in (*_constraints_of_models(), *REQUIRED_REFERENCES):
        if name not in valid:
            yield Finding("constraint_missing", f"constraint {name} does not exist")
        elif not valid[name]:
            yield Finding("constraint_invalid", f"constraint {name} is not validated")


def _idle_references(cursor: Any) -> Iterator[Finding]:
    """Foreign keys are triggers too, which DISABLE TRIGGER ALL switches off."""
    cursor.execute(
        """
        SELECT DISTINCT tgrelid::regclass::text, conname FROM pg_trigger
        JOIN pg_constraint ON pg_constraint.oid = tgconstraint
        WHERE tgisinternal AND tgenabled NOT IN ('O', 'A') ORDER BY 1, 2
        """
    )
    for table, name in cursor.fetchall():
        yield Finding("reference_disabled", f"foreign key {name} is not checked on {table}")


def _constraints_of_models() -> Iterator[str]:
    for label in GUARDED_APPS:
        for model in apps.get_app_config(label).get_models():
            yield from (constraint.name for constraint in model._meta.constraints)


def _run(cursor: Any, check: Check) -> Iterator[Finding]:
    sql = f"SELECT found.*, count(*) OVER () AS in_all FROM ({check.sql}) AS found ORDER BY 1, 2 LIMIT {MOST_SHOWN}"  # noqa: S608
    cursor.execute(sql, {"advanced_keys": [key.value for key in ADVANCED_KEYS]})
    names = [column.name for column in cursor.description]
    left_out = 0
    for shown, row in enumerate(cursor.fetchall(), start=1):
        data = dict(zip(names, row, strict=True))
        left_out = data.pop("in_all") - shown
        yield Finding(check.code, check.says.format_map(data))
    if left_out:
        yield Finding(check.code, f"… and {left_out} more like this")


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own table names
    return int(cursor.fetchone()[0])


@contextmanager
def _everything_at_one_moment() -> Iterator[Any]:
    """One snapshot, read only, in which a query from which row-level security would hide rows fails instead.

    Within a transaction of the caller's it sees what that sees.
    """
    own_snapshot = not connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if own_snapshot:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL row_security = off")
            cursor.execute("SET LOCAL work_mem = '128MB'")
            yield cursor
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE:
            raise RowsHidden(str(error).splitlines()[0]) from error
        raise
