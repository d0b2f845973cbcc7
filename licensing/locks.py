"""The company's row lock: every rule takes it before it reads what is available.

READ COMMITTED is required: after the lock, each statement sees what others committed while we waited.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.db.models import Func, TextField, Value

from companies.models import Company
from licensing.errors import Busy, CompanyClosed

LOCK_WAIT_SECONDS = 3
"""A person waits this long for others to finish, then is told "busy, try again"."""

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"
_STATEMENT_TIMEOUT = "57014"


_LOCKS = "set_config('lock_timeout', %s, true)"
# A row lock is waited for in two steps, each with a lock_timeout of its own; the statement's timeout bounds both.
_BOTH = f"SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true), {_LOCKS}"
_WAIT = f"{LOCK_WAIT_SECONDS}s"


@contextmanager
def briefly() -> Iterator[None]:
    """One transaction in which nothing that others hold is waited for longer than LOCK_WAIT_SECONDS.

    Leaving by an exception undoes everything. Raises Busy where a lock was not to be had in time, or where PostgreSQL
    broke a deadlock.
    """
    with _all_or_busy():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_LOCKS}", [_WAIT])
        yield


@contextmanager
def locked(company: Company, *, closed: bool = False) -> Iterator[Company]:
    """One transaction in which the company's row is locked; yields the row as it stands now.

    Other sessions may meanwhile insert rows that refer to the company (`FOR NO KEY UPDATE`), but none can take a seat.
    Leaving by an exception undoes everything.

    Raises CompanyClosed where the company is closed, unless `closed` says that this is expected; Busy as `briefly`.
    """
    with _all_or_busy():
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
    with _all_or_busy():
        usual = _bound()
        rows = Company.objects.filter(partner_id=partner_id, pk__in=companies).order_by("pk")
        found = list(rows.select_for_update(of=("self",), no_key=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
        yield found


def _lock(company: Company) -> Company:
    # Thousands of people of a directory take this lock one after the other: the statement that waits sets its own bound
    # back for those that follow.
    back = Func(
        Value("statement_timeout"), Value(_bound()), Value(True), function="set_config", output_field=TextField()
    )
    own = Company.objects.filter(partner_id=company.partner_id, pk=company.pk)
    return own.annotate(usual_timeout=back).select_for_update(of=("self",), no_key=True).get()


def _bound() -> str:
    """From here, the statement's wait is bounded as well as that for each lock. Returns what bounded it before."""
    with connection.cursor() as cursor:
        cursor.execute(_BOTH, [_WAIT, _WAIT])
        return str(cursor.fetchone()[0])


@contextmanager
def _all_or_busy() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED, _STATEMENT_TIMEOUT}:
            raise Busy(retry_after=LOCK_WAIT_SECONDS) from error
        raise
