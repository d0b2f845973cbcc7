"""`manage.py procrastinate worker`: what sends the mail and tidies up (portal/tasks.py)."""

from typing import Any

from procrastinate.contrib.django.management.commands import procrastinate

from companies.partners.serving import check_at_start


class Command(procrastinate.Command):
    """procrastinate's own command, refused to a role that row-level security does not bind (R23)."""

    def handle(self, *args: Any, **options: Any) -> None:
        check_at_start()
        super().handle(*args, **options)
