"""How long the audit keeps network addresses. Everything else in it stays for ever (R2, R16)."""

import datetime as dt

from django.conf import settings
from django.db import connection
from django.utils import timezone


def forget_addresses() -> int:
    """Blank the addresses of events older than KEEP_ADDRESSES_DAYS, in the audits of all partners. Returns how many.

    Allowed to the owner of the tables, and to the role that serves as long as it is in no scope: the database does it
    by a function of its own, and refuses every other change (companies/audit/migrations/0008).
    """
    before = timezone.now() - dt.timedelta(days=settings.KEEP_ADDRESSES_DAYS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_forget_addresses(%s)", [before])
        (forgotten,) = cursor.fetchone()
    return int(forgotten)
