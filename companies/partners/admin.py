"""Partners in the support staff's admin (R25): read-only rows, changed through the rules alone."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from companies.audit.models import AuditEvent
from companies.audit.queries import events_of_partner
from companies.partners.admin_forms import ChangeAccess, ChangePartner, InviteAdmin, OpenPartner, WithdrawInvitation
from companies.partners.models import Partner, Terms
from portal.admin_actions import RuleForm, RulesAdmin, action, run_rule
from portal.admin_inlines import LATEST, BaseFormSet, LatestInline
from users.accounts.models import Invitation, Visit
from users.accounts.views.visits import VisitsAdmin, view_as_partner


class OfPartnerFormSet(BaseFormSet):
    """The latest rows that name the partner."""

    order = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset().order_by(self.order)[:LATEST]
        return self._queryset


class TermsFormSet(OfPartnerFormSet):
    order = "-since"


class TermsInline(LatestInline):
    """What the partner's statements were and are computed with (R15)."""

    model = Terms
    formset = TermsFormSet
    verbose_name_plural = _("terms (latest first)")
    fields = ("since", "price_standard", "price_advanced", "currency", "time_zone")


class InvitationInline(LatestInline):
    """Whom the partner's Admins and support invited; of the link nothing is shown."""

    model = Invitation
    formset = OfPartnerFormSet
    verbose_name_plural = _("invitations (latest)")
    fields = ("email", "name", "role", "expires_at", "accepted_at", "withdrawn_at")
    show_change_link = True


class VisitInline(LatestInline):
    """Who of support viewed the portal as the partner does (R25)."""

    model = Visit
    formset = OfPartnerFormSet
    verbose_name_plural = _("visits of support (latest)")
    fields = ("account", "reason", "started_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Visit]:
        return super().get_queryset(request).select_related("account")


class AccessFilter(admin.SimpleListFilter):
    title = _("access")
    parameter_name = "access"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Has access")), ("ended", _("Access ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Partner]) -> QuerySet[Partner]:
        ended = queryset.filter(access_ends_at__lte=timezone.now())
        if self.value() == "ended":
            return ended
        return queryset.exclude(pk__in=ended.values("pk")) if self.value() == "open" else queryset


@admin.register(Partner)
class PartnerAdmin(VisitsAdmin, RulesAdmin):
    """Partners are never deleted: their statements stay."""

    rule_forms = (ChangePartner, ChangeAccess, InviteAdmin)
    actions = [*(action(form) for form in rule_forms), view_as_partner]
    list_display = ("name", "currency", "price_standard", "price_advanced", "time_zone", "lets_in", "created_at")
    list_filter = (AccessFilter, "currency")
    search_fields = ("name__icontains",)
    search_help_text = _("Name")
    ordering = ("name",)
    fields = (
        ("name", "created_at"),
        ("lets_in", "access_ends_at"),
        ("companies", "accounts"),
        ("time_zone", "currency"),
        ("price_standard", "price_advanced"),
    )
    inlines = (TermsInline, InvitationInline, VisitInline)

    @admin.display(description=_("has access"), boolean=True)
    def lets_in(self, partner: Partner) -> bool:
        return partner.has_access

    @admin.display(description=_("companies"))
    def companies(self, partner: Partner) -> str:
        return _rows_of(partner, "companies_company", _("All its companies"))

    @admin.display(description=_("accounts"))
    def accounts(self, partner: Partner) -> str:
        return _rows_of(partner, "accounts_account", _("All its accounts"))

    def events_about(self, row: Partner | None) -> QuerySet[AuditEvent] | None:
        """Of its accounts, its access and itself; those of a company are on the company's page."""
        return None if row is None else events_of_partner(row).filter(company__isnull=True)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_support_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new partner is opened by the rule, and its first Admin invited."""
        return run_rule(self, request, OpenPartner, back=_page_of_opened)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done is in the audit events, not in Django's own log."""
        return HttpResponseRedirect(f"{reverse('admin:audit_auditevent_changelist')}?partner__id__exact={object_id}")


@admin.register(Invitation)
class InvitationAdmin(RulesAdmin):
    """Whoever is to be invited again is invited at the partner: the link is made anew. Of the link nothing is shown."""

    rule_forms = (WithdrawInvitation,)
    actions = [action(form) for form in rule_forms]
    list_display = ("email", "partner", "role", "is_open", "created_at", "expires_at", "accepted_at", "withdrawn_at")
    list_select_related = ("partner", "by_account")
    list_filter = (("accepted_at", admin.EmptyFieldListFilter), ("withdrawn_at", admin.EmptyFieldListFilter))
    sortable_by = ()
    ordering = ("-id",)
    search_fields = ("email__icontains", "partner__name__icontains")
    search_help_text = _("E-mail, or name of the partner")
    fields = (
        ("email", "name"),
        ("partner", "role"),
        ("created_at", "by_account"),
        ("is_open", "expires_at"),
        ("accepted_at", "withdrawn_at"),
    )

    @admin.display(description=_("link works"), boolean=True)
    def is_open(self, invitation: Invitation) -> bool:
        return invitation.is_open


def _rows_of(partner: Partner, model: str, text: Any) -> str:
    query = urlencode({"partner__id__exact": partner.pk})
    return format_html('<a href="{}?{}">{}</a>', reverse(f"admin:{model}_changelist"), query, text)


def _page_of_opened(form: RuleForm | None) -> str:
    if isinstance(form, OpenPartner):
        return reverse("admin:partners_partner_change", args=[form.partner.pk])
    return reverse("admin:partners_partner_changelist")
