"""The company's row lock: every rule takes it before it reads what is available.

READ COMMITTED is required: after the lock, each statement sees what others committed while we waited.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from companies.models import Company
from licensing.errors import Busy, CompanyClosed

LOCK_WAIT_SECONDS = 3
"""A person waits this long for others to finish, then is told "busy, try again"."""

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"
_STATEMENT_TIMEOUT = "57014"


@contextmanager
def briefly() -> Iterator[None]:
    """One transaction in which nothing that others hold is waited for longer than LOCK_WAIT_SECONDS.

    Leaving by an exception undoes everything. Raises Busy where a lock was not to be had in time, or where PostgreSQL
    broke a deadlock.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_SECONDS}s"])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED, _STATEMENT_TIMEOUT}:
            raise Busy(retry_after=LOCK_WAIT_SECONDS) from error
        raise


@contextmanager
def locked(company: Company, *, closed: bool = False) -> Iterator[Company]:
    """One transaction in which the company's row is locked; yields the row as it stands now.

    Other sessions may meanwhile insert rows that refer to the company (`FOR NO KEY UPDATE`), but none can take a seat.
    Leaving by an exception undoes everything.

    Raises CompanyClosed where the company is closed, unless `closed` says that this is expected; Busy as `briefly`.
    """
    with briefly():
        row = _lock(company)
        if row.closed_at is not None and not closed:
            raise CompanyClosed(company_id=row.pk)
        yield row


@contextmanager
def locked_together(partner_id: int, companies: Collection[int]) -> Iterator[list[Company]]:
    """One transaction in which all these companies of the partner are locked; yields them as they stand now, in the
    order of their ids. Closed ones are among them.

    Locks are taken in that order and before anything is written, so that two who want some of the same companies wait
    for each other and never in a circle. Raises Busy as `briefly`, where not all were to be had in time.
    """
    with briefly():
        rows = Company.objects.filter(partner_id=partner_id, pk__in=companies).order_by("pk")
        with _bounded():
            found = list(rows.select_for_update(of=("self",), no_key=True))
        yield found


def _lock(company: Company) -> Company:
    with _bounded():
        return Company.objects.select_for_update(of=("self",), no_key=True).get(
            partner_id=company.partner_id, pk=company.pk
        )


@contextmanager
def _bounded() -> Iterator[None]:
    # A row lock is waited for in two steps, each with a lock_timeout of its own; the statement's timeout bounds both.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
            [f"{LOCK_WAIT_SECONDS}s"],
        )
        usual = cursor.fetchone()[0]
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
