"""Sign-ins, and the groups of support staff, in the support staff's admin (R25)."""

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from companies.audit.models import AuditEvent
from portal.admin_actions import ReadOnlyAdmin, RulesAdmin, action, run_rule
from users.accounts.admin_forms import (
    ChangeRole,
    ChangeSignIn,
    ChangeSupport,
    OpenSupportAccount,
    ResetFactors,
    WithdrawAccount,
)
from users.accounts.models import Account, Assignment

COMPANIES_SHOWN = 20
_FACTORS = {
    Authenticator.Type.TOTP: gettext_lazy("Authenticator app"),
    Authenticator.Type.WEBAUTHN: gettext_lazy("Passkey"),
    Authenticator.Type.RECOVERY_CODES: gettext_lazy("Recovery codes"),
}
"""As the accounts' own pages call them; allauth's names are those of the standards."""


@admin.register(Account)
class AccountAdmin(RulesAdmin):
    """Accounts are withdrawn (not active), never deleted: ledger and history name them (R2). For the same reason an
    account stays with its partner, or with support: whoever moves gets another account.

    Partner staff come in by invitation, and choose their password; so do support staff, whose accounts only superusers
    make and touch. Nobody sets a password for somebody else.
    """

    rule_forms = (ResetFactors, ChangeSignIn, ChangeRole, WithdrawAccount, ChangeSupport)
    actions = [action(form) for form in rule_forms]
    list_display = ("email", "name", "partner", "role", "is_staff", "is_active", "last_login")
    list_select_related = ("partner",)
    list_filter = ("role", "is_staff", "is_active")
    search_fields = ("email__icontains", "name__icontains", "partner__name__icontains")
    search_help_text = gettext_lazy("E-mail, name, or name of the partner")
    ordering = ("email",)

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """What there is to say of support staff, or of a partner's."""
        own = ("email", "name"), ("is_active", "last_login", "created_at"), "second_factors", "acts"
        if obj is not None and obj.is_staff:
            return [(None, {"fields": own}), (_("Support staff"), {"fields": ("may_all", "member_of")})]
        return [(None, {"fields": own}), (_("Partner staff"), {"fields": (("partner", "role"), "companies")})]

    @admin.display(description=gettext_lazy("second factors"))
    def second_factors(self, account: Account) -> str:
        """What there is and since when; nothing of the factors themselves."""
        factors = Authenticator.objects.filter(user=account).order_by("id").only("type", "created_at")
        return ", ".join(f"{_FACTORS[each.type]} ({date_format(each.created_at)})" for each in factors) or pgettext(
            "second factors", "None."
        )

    @admin.display(description=pgettext_lazy("what was done", "acts"))
    def acts(self, account: Account) -> str:
        query = urlencode({"by_account__id__exact": account.pk})
        page = reverse("admin:audit_auditevent_changelist")
        return format_html('<a href="{}?{}">{}</a>', page, query, _("All that it did"))

    @admin.display(description=gettext_lazy("companies given to a Technician"))
    def companies(self, account: Account) -> str:
        given = Assignment.objects.filter(account=account).select_related("company")
        names = [each.company.name for each in given.order_by("company__name_sort", "id")[: COMPANIES_SHOWN + 1]]
        return ", ".join(names[:COMPANIES_SHOWN]) + (", …" if len(names) > COMPANIES_SHOWN else "") or pgettext(
            "companies", "None."
        )

    @admin.display(description=gettext_lazy("all permissions"), boolean=True)
    def may_all(self, account: Account) -> bool:
        return account.is_superuser

    @admin.display(description=gettext_lazy("groups"))
    def member_of(self, account: Account) -> str:
        return ", ".join(account.groups.order_by("name").values_list("name", flat=True)) or pgettext("groups", "None.")

    def events_about(self, row: Account | None) -> QuerySet[AuditEvent] | None:
        """What was done to the account, and by it: in its partner's audit, or for support staff in support's own."""
        if row is None:
            return None
        events = AuditEvent.objects.filter(partner=row.partner, company__isnull=True)
        events = events.filter(Q(by_account=row) | Q(data__account=row.pk))
        return events.select_related("by_account", "by_connector").order_by("-id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Support staff are made by the rule; partner staff are invited."""
        back = reverse("admin:accounts_account_changelist")
        return run_rule(self, request, OpenSupportAccount, back=lambda _form: back)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done is in the audit events, not in Django's own log."""
        return HttpResponseRedirect(f"{reverse('admin:audit_auditevent_changelist')}?by_account__id__exact={object_id}")


class GroupAdmin(ReadOnlyAdmin):
    """What the groups may do is set by the portal (users/accounts/groups.py), and who is in them by superusers."""

    ordering = ("name",)
    fields = ("name", "may")

    @admin.display(description=gettext_lazy("permissions"))
    def may(self, group: Group) -> str:
        return ", ".join(group.permissions.order_by("codename").values_list("name", flat=True))
