"""What people type about people. Each field is judged by `users.people`, so every door says the same (R9)."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from licensing.errors import EmailTaken
from users.addresses import Address, addresses_in
from users.imports.columns import COLUMNS
from users.imports.drafts import width_of
from users.imports.reading import MAX_BYTES, Sheet, read_file, too_big
from users.models import ImportRun
from users.people import Person, clean_email, clean_name

MAX_MANY = 500
MAX_TEXT = 100_000


class NamesForm(forms.Form):
    """First and last name, as typed: the control characters and spaces that rules speak of are not stripped first."""

    first_name = forms.CharField(label=_("First name"), required=False, strip=False)
    last_name = forms.CharField(label=_("Last name"), required=False, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "off", "aria-required": "true"}

    def clean_first_name(self) -> str:
        return clean_name(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return clean_name(self.cleaned_data["last_name"])


class PersonForm(NamesForm):
    """One person. The e-mail is a plain text field: browsers rewrite international addresses in e-mail fields."""

    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    @property
    def person(self) -> Person:
        return Person(**{name: self.cleaned_data[name] for name in ("first_name", "last_name", "email")})

    def refuse_email(self) -> None:
        """Say at the field that the address is in use."""
        self.add_error("email", gettext("This e-mail is in use at the company already."))


class AddressesForm(forms.Form):
    """The first step of adding many: e-mails, however they were pasted."""

    emails = forms.CharField(
        label=_("E-mails"),
        required=False,
        help_text=_(
            "One on each line, or separated by commas or semicolons. “Ann Lee &lt;ann@customer.example&gt;” brings the "
            "name along."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off", "aria-required": "true"}),
    )

    def clean_emails(self) -> list[Address]:
        text = self.cleaned_data["emails"]
        if len(text) > MAX_TEXT:
            raise ValidationError(_("This is too much text. Use a CSV file for so many people."), code="too_long")
        found = addresses_in(text)
        if not found:
            raise ValidationError(_("Paste at least one e-mail."), code="required")
        if len(found) > MAX_MANY:
            raise ValidationError(
                ngettext(
                    # Translators: people whose e-mails were pasted
                    "These are %(count)d; at most %(most)d can be added in this way. Use a CSV file for more.",
                    "These are %(count)d; at most %(most)d can be added in this way. Use a CSV file for more.",
                    len(found),
                ),
                code="too_many",
                params={"count": len(found), "most": MAX_MANY},
            )
        return found


if TYPE_CHECKING:
    _PersonForms = forms.BaseFormSet[PersonForm]
else:
    _PersonForms = forms.BaseFormSet


class PeopleFormSet(_PersonForms):
    """The second step: a row for each person, all of whom must be right. A row may be left out."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """No row may be empty, whatever the sender says about how many there were."""
        return super().get_form_kwargs(index) | {"empty_permitted": False}

    def add_fields(self, form: PersonForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Leave out")

    @property
    def kept_forms(self) -> list[PersonForm]:
        return [form for form in self.forms if not form.cleaned_data.get("DELETE")]

    @property
    def people(self) -> list[Person]:
        return [form.person for form in self.kept_forms]

    def clean(self) -> None:
        """Say at the row where an e-mail stands twice (R9)."""
        seen: set[str] = set()
        for form in self.kept_forms:
            email = form.cleaned_data.get("email", "").lower()
            if email and email in seen:
                form.add_error("email", gettext("This e-mail stands twice."))
            seen.add(email)

    def refuse_emails(self, refusal: EmailTaken) -> None:
        """Say at the rows which addresses are in use, and which stand twice."""
        for form in self.kept_forms:
            email = form.cleaned_data["email"]
            if email in refusal.taken:
                form.refuse_email()
            elif email in refusal.twice:
                form.add_error("email", gettext("This e-mail stands twice."))


PeopleForms = cast(
    "type[PeopleFormSet]",
    forms.formset_factory(
        PersonForm, formset=PeopleFormSet, extra=0, can_delete=True, max_num=MAX_MANY, absolute_max=MAX_MANY
    ),
)


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        allow_empty_file=True,
        help_text=_("At most 10 MB and 50,000 people. Which column holds what is asked in the next step."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain", "aria-required": "true"}),
    )

    def clean_file(self) -> tuple[Sheet, str]:
        """What stands in the file, and its name; whatever makes it unreadable is said at the field."""
        upload = self.cleaned_data["file"]
        if upload is None:
            raise ValidationError(_("Choose a file."), code="required")
        if upload.size > MAX_BYTES:
            raise too_big()
        return read_file(upload.read()), upload.name or ""


class ColumnsForm(forms.Form):
    """Which column of a file holds what; all three are required (R9). `columns` are the places that were chosen."""

    has_header = forms.BooleanField(label=_("The first row names the columns"), required=False)
    use_required_attribute = False

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data, initial={"has_header": run.has_header} | run.columns)
        self.people = len(run.records)
        self.labels = column_labels(run)
        choices = [("", _("Choose a column")), *((str(at), label) for at, label in self.labels)]
        for name, label in COLUMNS.items():
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                widget=forms.Select(attrs={"aria-required": "true"}),
                error_messages={"required": _("Choose a column.")},
            )
        self.order_fields([*COLUMNS, "has_header"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        found: dict[str, str] = {}
        for name in COLUMNS:
            column = cleaned.get(name)
            if column and column in found:
                text = gettext("This column is chosen for “%(field)s” already.")
                self.add_error(name, ValidationError(text, params={"field": COLUMNS[found[column]]}, code="twice"))
            elif column:
                found[column] = name
        if cleaned.get("has_header") and self.people == 1:
            self.add_error("has_header", gettext("The file has one row only: it cannot name the columns."))
        return cleaned

    @property
    def columns(self) -> dict[str, int]:
        return {name: int(self.cleaned_data[name]) for name in COLUMNS}


def column_labels(run: ImportRun) -> list[tuple[int, str]]:
    """Every column of the file as its first row names it, or by its number."""
    names = run.records[0][1] if run.has_header else []
    return [
        (at, (names[at][:80] if at < len(names) else "") or gettext("Column %(number)d") % {"number": at + 1})
        for at in range(width_of(run))
    ]


class NextForm(forms.Form):
    """How many of those who wait to approve; whether so many can be is for the rule to say (R7)."""

    count = forms.IntegerField(
        label=_("How many"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Enter a number."), "invalid": _("Enter a whole number.")},
    )
    waiting = forms.CharField(required=False, widget=forms.HiddenInput)
    """How many waited when the page was made. Fewer now: somebody, in another tab perhaps, was here before."""
    use_required_attribute = False

    def clean_waiting(self) -> int:
        """What is missing or no number says nothing."""
        typed = self.cleaned_data["waiting"]
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
