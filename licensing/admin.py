"""The ledger in the support staff's admin: for reading only (R16)."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.audit.wording import who
from licensing.models import LedgerEntry
from portal.admin_actions import ReadOnlyAdmin
from portal.admin_inlines import LatestInline


def change(entry: LedgerEntry) -> str:
    """From what to what."""
    before = f"{entry.seats_from} {entry.get_tier_from_display()} → " if entry.tier_from else ""
    return f"{before}{entry.seats_to} {entry.get_tier_to_display()}"


@admin.register(LedgerEntry)
class LedgerAdmin(ReadOnlyAdmin):
    list_display = ("company", "partner", "number", "kind", "change", "who", "reason", "at")
    list_select_related = ("company", "partner", "by_account", "by_connector")
    list_filter = ("kind",)
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        ("company", "partner"),
        ("number", "kind"),
        ("seats_from", "seats_to"),
        ("tier_from", "tier_to"),
        "who",
        "reason",
        "at",
    )
    search_fields = ("company__name_norm__contains",)
    search_help_text = _("Name of the company")

    @admin.display(description=_("change"))
    def change(self, entry: LedgerEntry) -> str:
        return change(entry)

    @admin.display(description=_("by"))
    def who(self, entry: LedgerEntry) -> str:
        return who(entry)


class LedgerInline(LatestInline):
    model = LedgerEntry
    verbose_name_plural = _("ledger (latest entries)")
    fields = ("number", "change", "who", "reason", "at")

    @admin.display(description=_("change"))
    def change(self, entry: LedgerEntry) -> str:
        return change(entry)

    @admin.display(description=_("by"))
    def who(self, entry: LedgerEntry) -> str:
        return who(entry)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        return super().get_queryset(request).select_related("by_account", "by_connector")
