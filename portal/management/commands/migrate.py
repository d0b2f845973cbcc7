"""`manage.py migrate`: Django's own, which says in one line what to do where the roles that serve are missing."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError

_RAISED = "P0001"


class Command(migrate.Command):
    """Django's own. companies/partners/roles.sql tells by its hint what is to be done."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except DatabaseError as error:
            if line := advice(error):
                raise CommandError(line) from error
            raise


def advice(error: DatabaseError) -> str | None:
    """What a migration of ours raised, with its hint, in one line; None for all other errors."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None or diagnosis.sqlstate != _RAISED or not diagnosis.message_hint:
        return None
    return f"{diagnosis.message_primary} {diagnosis.message_hint}"
