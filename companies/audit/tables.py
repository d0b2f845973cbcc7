"""The two lists of the Activity tab, and the one of the Audit page."""

from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.audit.queries import Line, lines_of
from companies.audit.wording import who
from licensing.models import LedgerEntry
from portal.web.tables import BaseTable


class ActivityTable(BaseTable):
    """What was done: newest first, and in no other order."""

    dom_id = "activity"
    row_template = "companies/activity_row.html"
    caption = _("Activity")

    at = tables.Column(verbose_name=_("When"))
    act = tables.Column(verbose_name=_("What"))
    by = tables.Column(verbose_name=pgettext_lazy("who did it", "Who"), empty_values=())

    class Meta(BaseTable.Meta):
        orderable = False
        empty_text = _("Nothing of this kind was done yet.")

    @cached_property
    def records(self) -> list[Line]:
        return lines_of(list(self.page.object_list))


class AuditTable(ActivityTable):
    """What was done in all companies and by the partner's accounts: newest first, and in no other order."""

    dom_id = "audit"
    whole = "audit-tab"
    filter_form = "audit-filter"
    row_template = "audit/row.html"
    caption = _("Audit")

    company = tables.Column(verbose_name=_("Company"), empty_values=())
    address = tables.Column(verbose_name=pgettext_lazy("network address", "From"))
    outcome = tables.Column(verbose_name=_("Outcome"))
    reason = tables.Column(verbose_name=_("Reason"))

    class Meta(ActivityTable.Meta):
        template_name = "audit/table.html"
        sequence = ("at", "act", "company", "by", "address", "outcome", "reason")
        empty_text = _("Nothing was done yet.")


class LedgerTable(BaseTable):
    """Every change of seats and tier (R16), newest first."""

    dom_id = "ledger"
    row_template = "companies/ledger_row.html"
    caption = _("License ledger")

    number = tables.Column(verbose_name=_("Number"), attrs={"th": {"class": "number"}})
    at = tables.Column(verbose_name=_("When"))
    kind = tables.Column(verbose_name=_("Kind"))
    seats_to = tables.Column(verbose_name=_("Seats"))
    tier_to = tables.Column(verbose_name=_("Tier"))
    by = tables.Column(verbose_name=pgettext_lazy("who did it", "Who"), empty_values=())
    reason = tables.Column(verbose_name=_("Reason"))

    class Meta(BaseTable.Meta):
        orderable = False

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        entries: list[LedgerEntry] = list(self.page.object_list)
        return [{"entry": entry, "who": who(entry)} for entry in entries]
