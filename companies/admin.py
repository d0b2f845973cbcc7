"""Companies in the support staff's admin (R25): read-only rows, changed through the rules alone."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.admin_forms import (
    ChangeLicense,
    CloseCompany,
    OpenCompany,
    RenameCompany,
    ReopenCompany,
    TransferPrimary,
)
from companies.audit.admin import EventInline
from companies.models import Company
from companies.policies.admin import PolicyInline
from licensing.admin import LedgerInline
from portal.admin_actions import RuleForm, RulesAdmin, action, run_rule
from users.admin_forms import AddUsers
from users.admin_inlines import StatusChangeOfCompanyInline
from users.directory.admin import ConnectorInline


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", pgettext_lazy("a company", "Open")), ("closed", pgettext_lazy("a company", "Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Company]) -> QuerySet[Company]:
        if self.value() in {"open", "closed"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(Company)
class CompanyAdmin(RulesAdmin):
    rule_forms = (ChangeLicense, AddUsers, RenameCompany, TransferPrimary, CloseCompany, ReopenCompany)
    actions = [action(form) for form in rule_forms]
    list_display = ("name", "partner", "tier", "license", "users_pending", "is_open")
    list_select_related = ("partner",)
    list_filter = (StateFilter, "tier")
    search_fields = ("name_norm__contains", "partner__name__icontains")
    search_help_text = _("Name of the company or of its partner")
    ordering = ("-id",)
    fields = (
        ("name", "partner"),
        ("seats", "tier"),
        ("seats_used", "seats_available", "users_pending"),
        "people",
        ("primary_user", "primary_withdrawal"),
        "fills_automatically",
        ("opened_at", "closed_at"),
    )
    inlines = (LedgerInline, EventInline, StatusChangeOfCompanyInline, PolicyInline, ConnectorInline)

    @admin.display(description=_("License"), ordering="seats")
    def license(self, company: Company) -> str:
        return _("%(used)d of %(seats)d") % {"used": company.seats_used, "seats": company.seats}

    @admin.display(description=_("users"))
    def people(self, company: Company) -> str:
        # Names the partner too: every index leads with it.
        query = urlencode({"partner__id__exact": company.partner_id, "company__id__exact": company.pk})
        return format_html('<a href="{}?{}">{}</a>', reverse("admin:users_user_changelist"), query, _("All its users"))

    @admin.display(description=_("open"), boolean=True)
    def is_open(self, company: Company) -> bool:
        return company.is_open

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_support_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new company is opened by the rule (R1)."""
        return run_rule(self, request, OpenCompany, back=_page_of_opened)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done is in the audit events, not in Django's own log."""
        return HttpResponseRedirect(f"{reverse('admin:audit_auditevent_changelist')}?company__id__exact={object_id}")


def _page_of_opened(form: RuleForm | None) -> str:
    if isinstance(form, OpenCompany):
        return reverse("admin:companies_company_change", args=[form.company.pk])
    return reverse("admin:companies_company_changelist")
