"""People in the support staff's admin (R25): read-only rows, changed through the rules alone."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.audit.models import AuditEvent
from companies.audit.queries import events_of
from portal.admin_actions import ReadOnlyAdmin, RulesAdmin, action
from users import admin_forms as forms
from users.admin_inlines import StatusChangeInline, who_changed
from users.models import StatusChange, User


@admin.register(User)
class UserAdmin(RulesAdmin):
    """No column sorts, and the search looks for lower-case text in stored columns: there may be millions of rows.

    People are added on their company's page.
    """

    rule_forms = (
        forms.ApproveUsers,
        forms.RejectUsers,
        forms.UndoRejection,
        forms.DisableUsers,
        forms.EnableUsers,
        forms.RemoveUsers,
        forms.ManageInPortal,
        forms.MakePrimary,
        forms.EraseUser,
    )
    actions = [action(form) for form in rule_forms]
    list_display = ("name", "email", "status", "company", "connector", "since")
    list_filter = ("status",)
    sortable_by = ()
    ordering = ("-id",)
    search_fields = ("name_sort__contains", "email_norm__contains")
    search_help_text = _("Name or e-mail")
    fields = (
        ("first_name", "last_name"),
        "email",
        ("company", "partner"),
        ("status", "since"),
        "connector",
        ("arrival", "is_inactive_in_directory"),
        ("created_at", "erased_at"),
    )
    inlines = (StatusChangeInline,)

    @admin.display(description=_("name"))
    def name(self, user: User) -> str:
        return str(user)

    def events_about(self, row: User | None) -> QuerySet[AuditEvent] | None:
        """What of the company's activity names the person; of acts on many people, ten are named."""
        if row is None:
            return None
        named = Q(data__users__contains=[row.pk]) | Q(data__former=row.pk)
        return events_of(row.company).filter(named)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).select_related("company", "partner", "connector")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history of status is kept by the rules (R17), not in Django's own log."""
        return HttpResponseRedirect(f"{reverse('admin:users_statuschange_changelist')}?user__id__exact={object_id}")


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnlyAdmin):
    """R17: for reading only."""

    list_display = ("at", "user", "company", "from_status", "to_status", "who", "door", "reason")
    list_display_links = ("at",)
    list_select_related = ("user", "company", "by_account", "by_connector")
    list_filter = ("door", "to_status")
    sortable_by = ()
    ordering = ("-id",)
    fields = (("company", "partner"), "user", ("from_status", "to_status"), "who", "door", "reason", "at")

    @admin.display(description=_("by"))
    def who(self, change: StatusChange) -> str:
        return who_changed(change)
