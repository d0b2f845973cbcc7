"""Whose rows the database shows: the one place where a scope is opened (R23).

PostgreSQL keeps the partners apart by row-level security, underneath Django. The role that serves may read nothing by
itself; a transaction takes on one of four roles (companies/partners/migrations/0004 and 0006) for its
length, so that connections can be pooled and nothing is left behind:

- `sign_in`: accounts and sessions, before a partner is known; no row of any partner's customers.
- `partner`: the rows of one partner; with none set there are none.
- `viewer`: the same rows, for reading only: support staff view the portal as the partner does (R25).
- `support`: what support staff read and change across partners, in their own site.

Commands of whoever runs the installation (migrate, seed, reconcile) connect as the owner of the tables instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SIGN_IN = "portal_sign_in"
PARTNER = "portal_partner"
VIEWER = "portal_viewer"
SUPPORT = "portal_support"

_SET = "SELECT set_config('role', %s, true), set_config('portal.partner_id', %s, true)"
_READ = "SELECT current_setting('role'), coalesce(current_setting('portal.partner_id', true), '')"

SCOPE_STATEMENTS = (_SET[:26], _READ)
"""How the statements of this module begin, for whoever counts the queries of a page."""


@contextmanager
def sign_in_scope() -> Iterator[None]:
    """A transaction that sees accounts and sessions, and no partner's customers; every request begins in it."""
    with _scope(SIGN_IN):
        yield


@contextmanager
def partner_scope(partner_id: int) -> Iterator[None]:
    """A transaction that sees and writes this partner's rows only."""
    with _scope(PARTNER, partner_id):
        yield


@contextmanager
def support_scope() -> Iterator[None]:
    """A transaction that sees every partner's rows. For support staff whose sign-in was checked (R25)."""
    with _scope(SUPPORT):
        yield


def enter_partner(partner_id: int) -> None:
    """From here to the end of the open scope: this partner's rows only."""
    _set(PARTNER, str(partner_id))


def enter_viewer(partner_id: int) -> None:
    """From here to the end of the open scope: this partner's rows, for reading. Only while a visit is open (R25).

    An audit event is all that may be written.
    """
    _set(VIEWER, str(partner_id))


def enter_support() -> None:
    """From here to the end of the open scope: every partner's rows. Only after the sign-in was checked (R25)."""
    _set(SUPPORT, "")


@contextmanager
def _scope(role: str, partner_id: int | None = None) -> Iterator[None]:
    is_inner = connection.in_atomic_block
    with transaction.atomic():
        before = _read() if is_inner else None
        _set(role, "" if partner_id is None else str(partner_id))
        yield
        # The end of a transaction takes the settings back, and so does a rollback; the end of an inner block does not.
        if before and not connection.needs_rollback:
            _set(*before)


def _set(role: str, partner_id: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a scope lasts as long as a transaction, and none is open")
    with connection.cursor() as cursor:
        cursor.execute(_SET, [role, partner_id])


def _read() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        role, partner_id = cursor.fetchone()
        return role, partner_id
