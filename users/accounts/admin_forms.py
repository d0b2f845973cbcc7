"""What support staff may do with accounts: each form runs one rule (R25)."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from companies.models import Company
from portal.admin_actions import RuleForm
from users.accounts.colleagues import change_role, withdraw
from users.accounts.emails import active_account
from users.accounts.enums import Role
from users.accounts.factors import MAX_ACCOUNT_NAME, change_sign_in, may_help, reset_factors
from users.accounts.groups import change_support_account, open_support_account
from users.accounts.models import Account, Assignment
from users.people import clean_email, clean_name

FOR_SUPPORT_ONLY = gettext_lazy("Seen by support staff only.")


def _clean_address(value: str) -> None:
    """It is to sign in with, and the page for that knows fewer addresses than people have."""
    clean_email(value)
    validate_email(value.strip())


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=AdminTextInputWidget, **options)


class SignInFields(forms.Form):
    name = _text(gettext_lazy("Name"), max_length=MAX_ACCOUNT_NAME, validators=[clean_name])
    email = _text(gettext_lazy("E-mail"), max_length=254, validators=[_clean_address])

    subjects: Sequence[models.Model]

    def clean_email(self) -> str:
        email = clean_email(self.cleaned_data["email"]).lower()
        if (other := active_account(email)) and other not in self.subjects:
            raise ValidationError(_("An account with this e-mail exists already."), code="unique")
        return email


class SupportFields(forms.Form):
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label=gettext_lazy("Groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Reader sees everything and changes nothing; Support runs the rules."),
    )
    is_superuser = forms.BooleanField(
        label=gettext_lazy("All permissions"),
        required=False,
        help_text=gettext_lazy(
            "Everything that Support may do, and to make support staff and look after their accounts."
        ),
    )


class AccountForm(RuleForm):
    """A rule that is run on one account."""

    reader = gettext_lazy(
        "Shown to the partner on its Audit page, or for support staff's own accounts to support only."
    )

    @property
    def account(self) -> Account:
        return cast("Account", self.subjects[0])

    @property
    def facts(self) -> str:
        if not self.account.is_active:
            return _("This account was withdrawn.")
        if self.account.is_staff:
            return " · ".join([self.account.email, _("Support staff")])
        return f"{self.account.email} · {self.account.partner} · {self.account.get_role_display()}"


class HelpForm(AccountForm):
    """With somebody else's way to sign in: see `may_help`."""

    @classmethod
    def may_run(cls, by: Account, subjects: Sequence[models.Model]) -> bool:
        return all(may_help(cast("Account", account), by=by) for account in subjects)


class PartnerStaffForm(AccountForm):
    """For partner staff only."""

    @classmethod
    def may_run(cls, by: Account, subjects: Sequence[models.Model]) -> bool:
        return not any(cast("Account", account).is_staff for account in subjects)


class ResetFactors(HelpForm):
    """R25: whoever lost all second factors sets up new ones."""

    title = gettext_lazy("Take away second factors")

    def run(self, *, by: Account, reason: str) -> str:
        count = reset_factors(self.account, by=by, reason=reason)
        text = ngettext("%(count)d second factor was taken away.", "%(count)d second factors were taken away.", count)
        told = _("%(email)s is signed out everywhere, and told by mail.") % {"email": self.account.email}
        return f"{text % {'count': count}} {told}"


class ChangeSignIn(SignInFields, HelpForm):
    """R25: another e-mail to sign in with, or another name."""

    title = gettext_lazy("Change name or e-mail")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": self.account.name, "email": self.account.email, **self.initial}

    def run(self, *, by: Account, reason: str) -> str:
        data = self.cleaned_data
        changed = change_sign_in(self.account, name=data["name"], email=data["email"], by=by, reason=reason)
        if not changed:
            return _("Nothing to change: all of this is so already.")
        if "email" in changed:
            return _("The account was changed. It has to prove its new e-mail at the next sign-in.")
        return _("The account was changed.")


class ChangeRole(PartnerStaffForm):
    """R24: what the account may do for its partner."""

    title = gettext_lazy("Change the role")

    role = forms.TypedChoiceField(label=gettext_lazy("Role"), choices=Role, coerce=Role)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].help_text = _(
            "Companies are given to a Technician by the partner's Admins; whoever is one already keeps them."
        )
        self.initial = {"role": self.account.role, **self.initial}

    def run(self, *, by: Account, reason: str) -> str:
        role, partner = self.cleaned_data["role"], self.account.partner
        given = Assignment.objects.filter(account=self.account).values("company")
        open_ones = Company.objects.of_partner(partner).open() if partner else Company.objects.none()
        companies = list(open_ones.filter(pk__in=given).values_list("pk", flat=True))
        change_role(self.account, role=role, companies=companies, by=by, reason=reason)
        # Translators: %(role)s is the name of a role as it stands in lists: Admin, Technician, …
        return _("%(account)s is %(role)s now.") % {"account": self.account, "role": role.label}


class WithdrawAccount(PartnerStaffForm):
    """R2: marked, never deleted. Whoever comes back is invited again."""

    title = gettext_lazy("Withdraw the account")

    def run(self, *, by: Account, reason: str) -> str:
        withdraw(self.account, by=by, reason=reason)
        return _("The account of %(account)s was withdrawn.") % {"account": self.account}


class ChangeSupport(SupportFields, AccountForm):
    """R25: superusers look after the accounts of all other support staff."""

    title = gettext_lazy("Change what it may do")
    reader = FOR_SUPPORT_ONLY

    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        help_text=gettext_lazy("Whoever is not active was withdrawn, and cannot sign in."),
    )

    @classmethod
    def may_run(cls, by: Account, subjects: Sequence[models.Model]) -> bool:
        accounts = cast("Sequence[Account]", subjects)
        return by.is_superuser and all(account.is_staff and account.pk != by.pk for account in accounts)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.account
        now = {"groups": account.groups.all(), "is_superuser": account.is_superuser, "is_active": account.is_active}
        self.initial = {**now, **self.initial}

    def run(self, *, by: Account, reason: str) -> str:
        data = {name: self.cleaned_data[name] for name in ("groups", "is_superuser", "is_active")}
        if not change_support_account(self.account, by=by, reason=reason, **data):
            return _("Nothing to change: all of this is so already.")
        return _("The account was changed.")


class OpenSupportAccount(SupportFields, SignInFields, RuleForm):
    """R25: partner staff are invited; support staff are made here, by superusers."""

    title = gettext_lazy("Make an account of support staff")
    reader = FOR_SUPPORT_ONLY

    field_order = ("name", "email", "groups", "is_superuser")

    @classmethod
    def may_run(cls, by: Account, subjects: Sequence[models.Model]) -> bool:
        return by.is_superuser

    @property
    def facts(self) -> str:
        return _(
            "The person is told by mail how to set a password. Partner staff are not made here: open the partner, then "
            "“Invite an Admin”."
        )

    def run(self, *, by: Account, reason: str) -> str:
        data = {name: self.cleaned_data[name] for name in ("name", "groups", "is_superuser")}
        account = open_support_account(self.cleaned_data["email"], by=by, reason=reason, **data)
        return _("The account of %(account)s was made, and %(email)s told how to set a password.") % {
            "account": account,
            "email": account.email,
        }
