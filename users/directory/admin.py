"""Connectors and what they brought in the support staff's admin: for reading only; all is changed in the portal."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from portal.admin_actions import ReadOnlyAdmin
from portal.admin_inlines import LatestInline
from users.directory.models import Connector, Entry, HeldChange, Outcome, Run
from users.directory.wording import person_text, reason_text


class RunInline(LatestInline):
    model = Run
    verbose_name_plural = _("runs (latest)")
    fields: ClassVar[tuple[str, ...]] = ("started", "last_at")

    @admin.display(description=_("started"))
    def started(self, run: Run) -> SafeString:
        at = date_format(localtime(run.started_at), "DATETIME_FORMAT")
        return format_html('<a href="{}">{}</a>', reverse("admin:directory_run_change", args=[run.pk]), at)


class HeldInline(LatestInline):
    model = HeldChange
    verbose_name_plural = _("held changes (latest)")
    fields = ("entry", "how", "asked_at", "decided_at", "is_confirmed", "decided_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldChange]:
        return super().get_queryset(request).select_related("entry", "decided_by")


class EntryInline(LatestInline):
    model = Entry
    verbose_name_plural = _("directory entries (latest)")
    fields = ("user_name", "user", "active", "has_left", "modified_at", "deleted_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).select_related("user")


@admin.register(Connector)
class ConnectorAdmin(ReadOnlyAdmin):
    """The hashes of its tokens are not shown."""

    list_display = ("name", "kind", "company", "partner", "last_contact_at", "paused_at", "created_at", "removed_at")
    list_select_related = ("company", "partner")
    list_filter = (
        "kind",
        ("removed_at", admin.EmptyFieldListFilter),
        ("paused_at", admin.EmptyFieldListFilter),
        ("last_contact_at", admin.EmptyFieldListFilter),
    )
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        ("company", "partner"),
        ("name", "kind"),
        "asks_approval",
        ("on_disabled", "on_deleted", "on_left"),
        ("threshold_people", "threshold_percent"),
        ("last_contact_at", "last_change_at", "former_token_ends_at"),
        ("created_at", "paused_at", "removed_at"),
    )
    inlines = (RunInline, HeldInline, EntryInline)
    search_fields = ("name__icontains", "company__name__icontains")
    search_help_text = _("Name of the connector or of its company")


class OutcomeInline(LatestInline):
    """The latest outcomes of a run; the partner reads all of them on the connector's own page."""

    model = Outcome
    verbose_name_plural = _("what became of the people (latest)")
    fields: ClassVar[tuple[str, ...]] = ("who", "kind", "why", "at")

    @admin.display(description=_("who"))
    def who(self, outcome: Outcome) -> str:
        return person_text(outcome)

    @admin.display(description=_("why"))
    def why(self, outcome: Outcome) -> str:
        return reason_text(outcome.code)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outcome]:
        return super().get_queryset(request).select_related("entry__user")


class OfConnectorAdmin(ReadOnlyAdmin):
    """What hangs on a connector, newest first."""

    list_select_related: ClassVar[tuple[str, ...]] = ("connector", "company", "partner")
    sortable_by = ()
    ordering = ("-id",)


@admin.register(Run)
class RunAdmin(OfConnectorAdmin):
    list_display = ("started_at", "last_at", "connector", "company", "partner")
    fields = (("company", "partner"), "connector", ("started_at", "last_at"))
    inlines = (OutcomeInline,)


@admin.register(HeldChange)
class HeldChangeAdmin(OfConnectorAdmin):
    list_display = ("asked_at", "entry", "how", "connector", "company", "partner", "decided_at", "is_confirmed")
    list_select_related = ("entry", "connector", "company", "partner")
    list_filter = (("decided_at", admin.EmptyFieldListFilter), "how")
    fields = (
        ("company", "partner"),
        ("connector", "entry"),
        ("how", "asked_at"),
        ("decided_at", "is_confirmed", "decided_by"),
    )


@admin.register(Entry)
class EntryAdmin(OfConnectorAdmin):
    """A person as the directory knows them."""

    list_display = ("user_name", "user", "connector", "company", "partner", "active", "modified_at", "deleted_at")
    list_select_related = ("user", "connector", "company", "partner")
    list_filter = ("active", ("deleted_at", admin.EmptyFieldListFilter))
    fields = (
        ("company", "partner"),
        ("connector", "user"),
        ("user_name", "external_id", "scim_id"),
        ("active", "has_left", "deleted_at"),
        ("version", "created_at", "modified_at"),
        "attributes",
    )
    search_fields = ("user_name_norm__contains",)
    search_help_text = _("User name")


class ConnectorInline(LatestInline):
    model = Connector
    verbose_name_plural = _("connectors")
    fields = ("name", "kind", "asks_approval", "created_at", "removed_at")
