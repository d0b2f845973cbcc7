"""`manage.py forget_addresses`: what the worker does every night, for installations that run no worker."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from companies.audit.retention import forget_addresses


class Command(BaseCommand):
    """Blank old network addresses in the audits of all partners; nothing else is changed, and once is enough."""

    help = "Blanks network addresses in the audit that are older than PORTAL_KEEP_ADDRESSES_DAYS."

    def handle(self, **_options: Any) -> None:
        count = forget_addresses()
        text = ngettext(
            "%(count)d network address was forgotten.", "%(count)d network addresses were forgotten.", count
        )
        self.stdout.write(text % {"count": count})
