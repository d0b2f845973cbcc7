"""`manage.py reconcile`: proves that counters, users and ledger agree; exit 1 and a list if not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from licensing.reconciliation import Reconciliation, RowsHidden, reconcile


class Command(BaseCommand):
    """Recount everything and replay the ledger. It changes nothing and can run beside the portal."""

    help = "Proves that counters, users, history and ledger agree; exit 1 and a list if not."

    def handle(self, **_options: Any) -> None:
        refuse_other_schema()
        try:
            result = reconcile()
        except RowsHidden as error:
            raise CommandError(f"Rows are hidden from this database role, so nothing was proved: {error}") from error
        self.stdout.write(compared(result))
        for finding in result.findings:
            self.stdout.write(f"{finding.code}: {finding.text}")
        if result.findings:
            raise CommandError(f"The data disagree; lines above: {len(result.findings)}.")
        self.stdout.write(self.style.SUCCESS("Everything agrees."))


def refuse_other_schema() -> None:
    """Tables that are not there, or older than this program, cannot be compared."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date: run uv run manage.py migrate first.")


def compared(result: Reconciliation) -> str:
    """How much the answer rests on."""
    return (
        f"Compared {result.partners} partners, {result.companies} companies and {result.users} users "
        f"with {result.entries} ledger entries and {result.changes} status changes."
    )
