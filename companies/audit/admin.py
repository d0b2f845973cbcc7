"""What was done, in the support staff's admin: for reading only."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from companies.audit.admin_filters import PartnerFilter
from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from companies.audit.wording import who
from portal.admin_actions import ReadOnlyAdmin
from portal.admin_inlines import LatestFormSet, LatestInline


def _with_texts(events: Iterable[AuditEvent]) -> list[Any]:
    """The events, each with its text: the names of all are looked up at once."""
    lines = lines_of(list(events))
    for line in lines:
        line.event.text = line.text  # type: ignore[attr-defined]
    return [line.event for line in lines]


def _text(event: AuditEvent) -> str:
    return getattr(event, "text", None) or lines_of([event])[0].text


class EventList(ChangeList):
    """A page of events with their texts."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = _with_texts(self.result_list)


@admin.register(AuditEvent)
class EventAdmin(ReadOnlyAdmin):
    """All events, of all partners and of none. Where a partner's staff came from is shown to it and to support."""

    list_display = ("at", "text", "who", "partner", "company", "address", "outcome", "reason")
    list_display_links = ("at",)
    list_select_related = ("partner", "company", "by_account", "by_connector")
    list_filter = (PartnerFilter, "kind", "outcome")
    sortable_by = ()
    ordering = ("-id",)
    fields = (("company", "partner"), ("kind", "act"), "text", "who", ("address", "outcome"), "reason", "at", "data")
    search_fields = ("company__name_norm__contains", "partner__name__icontains")
    search_help_text = _("Name of the company or of the partner")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EventList

    @admin.display(description=_("what"))
    def text(self, event: AuditEvent) -> str:
        return _text(event)

    @admin.display(description=_("by"))
    def who(self, event: AuditEvent) -> str:
        return who(event)


class EventFormSet(LatestFormSet):
    def get_queryset(self) -> Any:
        if not hasattr(self, "_events"):
            self._events = _with_texts(super().get_queryset())
        return self._events


class EventInline(LatestInline):
    model = AuditEvent
    formset = EventFormSet
    verbose_name_plural = _("activity (latest events)")
    fields = ("text", "who", "reason", "at")

    @admin.display(description=_("what"))
    def text(self, event: AuditEvent) -> str:
        return _text(event)

    @admin.display(description=_("by"))
    def who(self, event: AuditEvent) -> str:
        return who(event)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return super().get_queryset(request).select_related("by_account", "by_connector")
