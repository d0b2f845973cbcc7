"""What Admins type about colleagues, and what whoever was invited types. Fields check shapes; the rules decide."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.accounts.enums import Role
from users.accounts.invitations import MAX_NAME, clean_sign_in_email
from users.people import clean_name


class ColleagueNameField(forms.CharField):
    def __init__(self, *, autocomplete: str = "off", **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": autocomplete, "aria-required": "true"})
        super().__init__(label=_("Name"), required=False, strip=False, widget=widget, **options)

    def clean(self, value: Any) -> str:
        return clean_name(self.to_python(value) or "", most=MAX_NAME)


class RoleField(forms.TypedChoiceField):
    def __init__(self, **options: Any) -> None:
        wrong = _("Choose a role.")
        super().__init__(
            label=_("Role"),
            choices=[("", _("Choose a role")), *Role.choices],
            coerce=Role,
            error_messages={"required": wrong, "invalid_choice": wrong},
            **options,
        )


class CompaniesField(forms.Field):
    """Ids of companies, as ticked; which of them there are, the rule knows. Nonsense is passed over."""

    widget = forms.MultipleHiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> frozenset[int]:
        texts = map(str, value or ())
        return frozenset(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)


class RoleForm(forms.Form):
    """The role of a colleague, and the companies of a Technician (R24)."""

    role = RoleField()
    companies = CompaniesField()


class EditForm(RoleForm):
    """The same of somebody who has a role already; `seen` is how things stood when the form was opened."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class InviteForm(RoleForm):
    """Whom to invite. The address is where the link goes, and what they sign in with."""

    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "aria-required": "true"}),
    )
    name = ColleagueNameField()
    field_order = ["email", "name", "role", "companies"]

    def clean_email(self) -> str:
        return clean_sign_in_email(self.cleaned_data["email"])


class AcceptForm(forms.Form):
    """What makes an account of an invitation."""

    name = ColleagueNameField(autocomplete="name", help_text=_("As your colleagues see it."))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "aria-required": "true"}),
        help_text=_("At least 12 characters. A sentence of a few words is good."),
    )

    def clean_password(self) -> str:
        """Whether it is good enough, the rule decides: that depends on whose it is."""
        password = str(self.cleaned_data["password"])
        if not password:
            raise ValidationError(_("Fill this in."), code="required")
        return password
