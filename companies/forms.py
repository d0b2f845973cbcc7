"""What people type about a company. Fields check the shape of each answer; the rules decide."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from companies.lifecycle import MAX_COMPANY_NAME
from companies.models import MAX_SEATS
from licensing.bulk_plan import Wish
from licensing.enums import BulkHow, Tier
from users.accounts.models import Account
from users.people import MAX_NAME, Person, clean_email, clean_name, clean_reason


def text_input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


class SeatsField(forms.CharField):
    """A number of seats. A text field, so that nonsense comes back as it was typed, with an answer in plain words."""

    def __init__(self, **options: Any) -> None:
        widget = text_input(inputmode="numeric", **{"aria-required": "true"})
        super().__init__(label=_("Seats"), required=False, widget=widget, **options)

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        if not text:
            raise ValidationError(_("Fill this in."), code="required")
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= MAX_SEATS):
            raise ValidationError(
                _("Enter a whole number of seats from %(least)d to %(most)d."),
                code="out_of_range",
                params={"least": 1, "most": MAX_SEATS},
            )
        return int(text)


class NameField(forms.CharField):
    """A name in any script, up to `most` characters."""

    def __init__(self, *, most: int = MAX_NAME, **options: Any) -> None:
        self.most = most
        super().__init__(required=False, strip=False, widget=text_input(**{"aria-required": "true"}), **options)
        self.validators = []

    def clean(self, value: Any) -> str:
        return clean_name(self.to_python(value) or "", most=self.most)


class TierField(forms.TypedChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Tier"),
            choices=Tier,
            coerce=Tier,
            error_messages={"required": _("Choose a tier."), "invalid_choice": _("Choose a tier.")},
            **options,
        )


class ReasonField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Reason (optional)"),
            required=False,
            widget=text_input(),
            help_text=_("Kept in the license ledger."),
            **options,
        )
        self.validators = []

    def clean(self, value: Any) -> str:
        return clean_reason(self.to_python(value) or "")


class SeenField(forms.CharField):
    """The newest ledger number when the form was made, so that nobody's change is overwritten unseen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.HiddenInput, **options)

    def clean(self, value: Any) -> int:
        """A number that is missing or was tampered with counts as "saw nothing": somebody looks before saving."""
        seen = self.to_python(value) or ""
        return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


class LicenseForm(forms.Form):
    """The pencil: seats and tier in one save (R10)."""

    seats = SeatsField()
    tier = TierField()
    reason = ReasonField()
    seen = SeenField()
    approve = forms.BooleanField(label=_("Approve them now"), required=False)


class BulkLicenseForm(forms.Form):
    """What is to be done to the licenses of many companies alike. What `number` means depends on `how`."""

    how = forms.ChoiceField(
        label=_("What to change"),
        choices=BulkHow,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what to change."), "invalid_choice": _("Choose what to change.")},
    )
    number = forms.CharField(
        label=_("Seats"),
        required=False,
        widget=text_input(inputmode="numeric"),
        help_text=_(
            "How many to add, how many each company is to have, or how many unused ones each company keeps. An upgrade "
            "needs no number."
        ),
    )
    reason = ReasonField()

    def clean(self) -> None:
        how, typed = self.cleaned_data.get("how"), self.cleaned_data.get("number", "")
        if how in {BulkHow.ADD, BulkHow.SET, BulkHow.TRIM}:
            self._clean_number(typed, least=0 if how == BulkHow.TRIM else 1)

    def _clean_number(self, typed: str, *, least: int) -> None:
        if not typed:
            self.add_error("number", ValidationError(_("Fill this in."), code="required"))
        elif not (typed.isascii() and typed.isdigit() and len(typed) < 20 and least <= int(typed) <= MAX_SEATS):
            text = _("Enter a whole number of seats from %(least)d to %(most)d.")
            params = {"least": least, "most": MAX_SEATS}
            self.add_error("number", ValidationError(text, code="out_of_range", params=params))

    @property
    def wish(self) -> Wish:
        """What is wanted, of a valid form."""
        how = BulkHow(self.cleaned_data["how"])
        return Wish(how) if how == BulkHow.UPGRADE else Wish(how, int(self.cleaned_data["number"]))


class AddCompanyForm(forms.Form):
    """What a company is opened with (R1)."""

    name = NameField(label=_("Company name"), most=MAX_COMPANY_NAME)
    seats = SeatsField()
    tier = TierField(initial=Tier.STANDARD)
    first_name = NameField(label=_("First name"))
    last_name = NameField(label=_("Last name"))
    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        strip=False,
        widget=text_input(inputmode="email"),
    )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    @property
    def primary(self) -> Person:
        """The primary user, of a valid form."""
        data = self.cleaned_data
        return Person(data["first_name"], data["last_name"], data["email"])


class RenameForm(forms.Form):
    name = NameField(label=_("Company name"), most=MAX_COMPANY_NAME)


class CloseForm(forms.Form):
    """Closing asks for the company's name, so that it never happens by a slip (R19)."""

    typed_name = forms.CharField(
        label=_("Company name"),
        required=False,
        strip=False,
        widget=text_input(),
    )
    reason = ReasonField()


class TechniciansForm(forms.Form):
    """Who looks after a company, of those `offered`. `seen` is who did when the form was opened."""

    technicians = forms.TypedMultipleChoiceField(
        label=_("Technicians"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, offered: Iterable[Account], data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="technicians_%s", initial=initial)
        self.fields["technicians"].choices = [(account.pk, str(account)) for account in offered]  # type: ignore[attr-defined]
