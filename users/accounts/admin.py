"""Sign-ins in the support staff's admin (R25)."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.audit.enums import Act
from companies.audit.record import record_of_partner
from users.accounts.models import Account

if TYPE_CHECKING:
    CreationForm = AdminUserCreationForm[Account]
    ChangeForm = UserChangeForm[Account]
    BaseForm = forms.ModelForm[Account]
    BaseAdmin = UserAdmin[Account]
else:
    CreationForm, ChangeForm, BaseForm = AdminUserCreationForm, UserChangeForm, forms.ModelForm
    BaseAdmin = UserAdmin


class OneHomeForm(BaseForm):
    """An account is a partner's, with a role, or support staff's, with neither."""

    def clean_email(self) -> str:
        """Stored in lower case: it is a sign-in name, and no two active accounts share one (R2)."""
        email = str(self.cleaned_data["email"]).lower()
        if Account.objects.filter(email=email, is_active=True).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("An account with this e-mail exists already."), code="unique")
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        is_staff = data.get("is_staff", self.instance.is_staff)
        if is_staff:
            for name in ("partner", "role"):
                if data.get(name):
                    self.add_error(name, _("Support staff have no partner and no role."))
        else:
            for name in ("partner", "role"):
                if name in self.fields and name not in self.errors and not data.get(name):
                    self.add_error(name, _("Needed, unless this is support staff."))
            if data.get("is_superuser"):
                self.add_error("is_superuser", _("Only support staff can have all permissions."))
        return data


class AccountCreationForm(OneHomeForm, CreationForm):
    class Meta:
        model = Account
        fields = ("email", "name", "partner", "role", "is_staff")


class AccountChangeForm(OneHomeForm, ChangeForm):
    class Meta:
        model = Account
        fields = "__all__"


def _remember_change(account: Account, fields: list[str], *, role_from: str, by: Account) -> None:
    """The names of the fields that changed, and of role and state what they are now; no other value."""
    if account.partner_id is None or not fields:
        return
    record_of_partner(
        account.partner_id,
        Act.ACCOUNT_CHANGED,
        by=by,
        account=account.pk,
        fields=fields,
        role_from=role_from,
        role_to=account.role,
        active=account.is_active,
    )


@admin.register(Account)
class AccountAdmin(BaseAdmin):
    """Accounts are withdrawn (not active), never deleted: ledger and history name them (R2). For the same reason an
    account stays with its partner, or with support: whoever moves gets another account.

    Only superusers may make support staff or touch their accounts.

    What is done to a partner's account stands in its audit. Accounts of support staff have no partner: what is done to
    those is in Django's own log only.
    """

    form = AccountChangeForm
    add_form = AccountCreationForm
    list_display = ("email", "name", "partner", "role", "is_staff", "is_active", "last_login")
    list_select_related = ("partner",)
    list_filter = ("role", "is_staff", "is_active")
    search_fields = ("email__icontains", "name__icontains", "partner__name__icontains")
    search_help_text = gettext_lazy("E-mail, name, or name of the partner")
    ordering = ("email",)
    readonly_fields = ("last_login", "created_at")
    autocomplete_fields = ("partner",)
    filter_horizontal = ("groups",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (gettext_lazy("Partner staff"), {"fields": ("partner", "role")}),
        (gettext_lazy("Support staff"), {"fields": ("is_staff", "is_superuser", "groups")}),
        (gettext_lazy("State"), {"fields": ("is_active", "last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
        (gettext_lazy("Partner staff"), {"fields": ("partner", "role")}),
        (gettext_lazy("Support staff"), {"fields": ("is_staff",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = tuple(super().get_readonly_fields(request, obj))
        # Ledger and history name the account: moved elsewhere, it would stand in another partner's books (R23).
        fixed = ("partner", "is_staff") if obj else ()
        closed = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return tuple(dict.fromkeys((*own, *fixed, *closed)))

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        former = form.initial.get("role", "")
        super().save_model(request, obj, form, change)
        if change:
            _remember_change(obj, form.changed_data, role_from=former, by=cast("Account", request.user))
        elif obj.partner_id:
            by = cast("Account", request.user)
            record_of_partner(obj.partner_id, Act.ACCOUNT_CREATED, by=by, account=obj.pk, role=obj.role)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set or take away the password; that it was done is written down, and nothing of the password."""
        account = self.get_object(request, id)
        before = account.password if account else ""
        response = super().user_change_password(request, id, form_url)
        account = self.get_object(request, id)
        if account and account.password != before:
            _remember_change(account, ["password"], role_from=account.role, by=cast("Account", request.user))
        return response

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_staff or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
