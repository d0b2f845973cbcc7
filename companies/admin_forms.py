"""What support staff may do with companies: each form runs one rule (R25)."""

from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from companies.audit.wording import ledger_line
from companies.forms import SeenField
from companies.lifecycle import MAX_COMPANY_NAME, close_company, open_company, rename_company, reopen_company
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from licensing.errors import Refusal, Stale
from licensing.ledger import newest_number
from licensing.pools import change_license
from licensing.preview import changes_since
from licensing.primary import transfer_primary
from licensing.wording import seated_text
from portal.admin_actions import RuleForm
from users.accounts.models import Account
from users.enums import Door
from users.models import User
from users.people import Person, clean_email, clean_name


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=AdminTextInputWidget, **options)


class PoolFields(forms.Form):
    seats = forms.IntegerField(label=gettext_lazy("Seats"), widget=AdminTextInputWidget(attrs={"inputmode": "numeric"}))
    tier = forms.TypedChoiceField(label=gettext_lazy("Tier"), choices=Tier, coerce=Tier)


class PrimaryFields(forms.Form):
    first_name = _text(gettext_lazy("First name of the primary user"), validators=[clean_name])
    last_name = _text(gettext_lazy("Last name of the primary user"), validators=[clean_name])
    email = _text(gettext_lazy("E-mail of the primary user"), validators=[clean_email])

    @property
    def person(self) -> Person:
        return Person(*(self.cleaned_data[name] for name in ("first_name", "last_name", "email")))


class CompanyForm(RuleForm):
    """A rule that is run on one company."""

    @property
    def company(self) -> Company:
        return cast("Company", self.subjects[0])

    @property
    def facts(self) -> str:
        if not self.company.is_open:
            return _("This company is closed.")
        seats, pending = self.company.seats, self.company.users_pending
        used = ngettext("%(used)d of %(seats)d seat used", "%(used)d of %(seats)d seats used", seats) % {
            "used": self.company.seats_used,
            "seats": seats,
        }
        waiting = ngettext("%(count)d user pending approval", "%(count)d users pending approval", pending) % {
            "count": pending
        }
        return f"{used} · {self.company.get_tier_display()} · {waiting}"


class OpenCompany(PrimaryFields, PoolFields, RuleForm):
    """R1"""

    title = gettext_lazy("Open a company")

    name = _text(gettext_lazy("Name"), max_length=MAX_COMPANY_NAME)
    partner = forms.ModelChoiceField(Partner.objects.order_by("name"), label=gettext_lazy("Partner"))

    field_order = ("partner", "name", "seats", "tier", "first_name", "last_name", "email")
    company: Company

    def run(self, *, by: Account, reason: str) -> str:
        data = self.cleaned_data
        self.company = open_company(
            data["partner"],
            name=data["name"],
            seats=data["seats"],
            tier=data["tier"],
            primary=self.person,
            by=by,
            door=Door.SUPPORT,
            reason=reason,
        )
        return _("%(company)s was opened.") % {"company": self.company}


class ChangeLicense(PoolFields, CompanyForm):
    """R10 to R13"""

    title = gettext_lazy("Change seats and tier")

    seen = SeenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The number before the numbers: a change in between makes the form stale, and is not missed.
        seen = newest_number(self.company)
        self.company.refresh_from_db(fields=["seats", "tier"])
        self.initial = {"seats": self.company.seats, "tier": self.company.tier, "seen": seen, **self.initial}

    def run(self, *, by: Account, reason: str) -> str:
        seats, tier = self.cleaned_data["seats"], self.cleaned_data["tier"]
        seen = self.cleaned_data["seen"]
        saved = change_license(self.company, seats=seats, tier=tier, seen=seen, by=by, reason=reason)
        if saved.entry is None:
            return _("Nothing to change: these are its seats and tier already.")
        text = ngettext(
            "%(company)s has %(seats)d seat on %(tier)s now.", "%(company)s has %(seats)d seats on %(tier)s now.", seats
        ) % {"company": self.company, "seats": seats, "tier": tier.label}
        return f"{text} {seated_text(saved.seated)}" if saved.seated else text

    def refuse(self, refusal: Refusal) -> None:
        """Somebody saved meanwhile: show what, and let another save be a knowing act."""
        super().refuse(refusal)
        if isinstance(refusal, Stale):
            for entry in changes_since(self.company, refusal.seen):
                self.add_error(None, ledger_line(entry))
            typed = QueryDict(mutable=True)
            typed.update(self.data)
            typed["seen"] = str(refusal.newest)
            self.data = typed


class RenameCompany(CompanyForm):
    title = gettext_lazy("Rename")

    name = _text(gettext_lazy("New name"), max_length=MAX_COMPANY_NAME)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": self.company.name, **self.initial}

    def run(self, *, by: Account, reason: str) -> str:
        rename_company(self.company, name=self.cleaned_data["name"], by=by, reason=reason)
        return _("The company was renamed.")


class TransferPrimary(CompanyForm):
    """R18"""

    title = gettext_lazy("Transfer the primary user's role")

    email = _text(
        gettext_lazy("E-mail of the new primary user"), help_text=gettext_lazy("An Active user of this company.")
    )

    def clean_email(self) -> int:
        """The id of the user with this address."""
        email = self.cleaned_data["email"].lower()
        user = User.objects.of_company(self.company).listed().filter(email_norm=email).first()
        if user is None:
            raise forms.ValidationError(_("No user of this company has this e-mail."), code="unknown")
        return user.pk

    def run(self, *, by: Account, reason: str) -> str:
        to = self.cleaned_data["email"]
        seated = transfer_primary(self.company, to=to, by=by, door=Door.SUPPORT, reason=reason)
        text = _("The role was transferred.")
        return f"{text} {seated_text(seated)}" if seated else text


class CloseCompany(CompanyForm):
    """R19"""

    title = pgettext_lazy("a company", "Close")

    typed_name = _text(gettext_lazy("The company's name, to confirm"), strip=False)

    def run(self, *, by: Account, reason: str) -> str:
        close_company(self.company, typed_name=self.cleaned_data["typed_name"], by=by, door=Door.SUPPORT, reason=reason)
        return _("%(company)s was closed.") % {"company": self.company}


class ReopenCompany(PrimaryFields, PoolFields, CompanyForm):
    """R19"""

    title = pgettext_lazy("a company", "Open again")

    def run(self, *, by: Account, reason: str) -> str:
        data = self.cleaned_data
        reopen_company(
            self.company,
            seats=data["seats"],
            tier=data["tier"],
            primary=self.person,
            by=by,
            door=Door.SUPPORT,
            reason=reason,
        )
        return _("%(company)s was opened again.") % {"company": self.company}
