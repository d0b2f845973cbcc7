"""Refuse to serve with a database role that row-level security does not bind (R23)."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from companies.partners.tables import TENANT

_ROLE = """
    SELECT rolname,
        rolsuper AS "is a superuser",
        rolbypassrls AS "has BYPASSRLS",
        EXISTS (
            SELECT FROM pg_class
            WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace
                AND pg_has_role(pg_roles.oid, relowner, 'USAGE')
        ) AS "owns tables"
    FROM pg_roles
    WHERE rolname = ANY (CASE WHEN %s THEN ARRAY[session_user, current_user] ELSE ARRAY[current_user] END)
"""

_checked = False


def refuse_unsafe_role() -> None:
    """Raise ImproperlyConfigured where the role of this process could read past row-level security.

    In production the role that signs in counts too; `manage.py demo` signs in as the owner of its own database and
    gives that up for the role that serves.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROLE, [sorted(TENANT), settings.PRODUCTION])
        columns = [column.name for column in cursor.description or ()]
        for role, *powers in cursor.fetchall():
            for power, has_it in zip(columns[1:], powers, strict=True):
                if has_it:
                    raise ImproperlyConfigured(
                        f"The database role {role} {power}, so it could read every partner's rows. Serve as portal_app "
                        "(docs/deploy.md); the owner of the tables is for manage.py migrate."
                    )


def check_once() -> None:
    """The same, once a process: when it starts, or when the database first answers."""
    global _checked
    if settings.SERVES and not _checked:
        refuse_unsafe_role()
        _checked = True


def check_at_start() -> None:
    """Refuse to start; a database that does not answer yet is asked again by the first request."""
    try:
        check_once()
    except OperationalError:
        connection.close()
