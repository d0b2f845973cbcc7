"""What support staff may do with partners: each form runs one rule (R25)."""

import datetime as dt
import zoneinfo
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from companies.partners.lifecycle import MAX_PARTNER_NAME, Agreement, change_access, change_partner, open_partner
from companies.partners.models import Currency, Partner
from portal.admin_actions import RuleForm
from users.accounts.enums import Role
from users.accounts.invitations import MAX_NAME, invite, withdraw_invitation
from users.accounts.models import Account, Invitation
from users.people import clean_email, clean_name

ON_AUDIT_PAGE = gettext_lazy("Shown to the partner on its Audit page.")


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=AdminTextInputWidget, **options)


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones())]


def _price(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_digits=9,
        decimal_places=2,
        initial=0,
        widget=AdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("For one seat and month."),
    )


class AgreementFields(forms.Form):
    name = _text(gettext_lazy("Name"), max_length=MAX_PARTNER_NAME, validators=[clean_name])
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=_zones,
        initial="UTC",
        help_text=gettext_lazy("Decides when a month ends (statements)."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=Currency, initial=Currency.EUR)
    price_standard = _price(gettext_lazy("Price of Standard"))
    price_advanced = _price(gettext_lazy("Price of Advanced"))

    @property
    def agreed(self) -> Agreement:
        names = ("time_zone", "currency", "price_standard", "price_advanced")
        return Agreement(**{name: self.cleaned_data[name] for name in names})


class AdminFields(forms.Form):
    admin_name = _text(gettext_lazy("Name of the first Admin"), max_length=MAX_NAME, validators=[clean_name])
    admin_email = _text(
        gettext_lazy("E-mail of the first Admin"),
        validators=[clean_email],
        help_text=gettext_lazy("A link to choose a password is sent there."),
    )

    def invite_to(self, partner: Partner, *, by: Account, reason: str) -> Invitation:
        return invite(
            partner,
            email=self.cleaned_data["admin_email"],
            name=self.cleaned_data["admin_name"],
            role=Role.ADMIN,
            companies=(),
            by=by,
            reason=reason,
        )


class PartnerForm(RuleForm):
    """A rule that is run on one partner."""

    reader = ON_AUDIT_PAGE

    @property
    def partner(self) -> Partner:
        return cast("Partner", self.subjects[0])


class OpenPartner(AdminFields, AgreementFields, RuleForm):
    """R25: a partner, and whoever looks after it from then on."""

    title = gettext_lazy("Open a partner")
    reader = ON_AUDIT_PAGE

    field_order = (
        "name",
        "time_zone",
        "currency",
        "price_standard",
        "price_advanced",
        "admin_name",
        "admin_email",
    )
    partner: Partner

    def run(self, *, by: Account, reason: str) -> str:
        self.partner = open_partner(self.cleaned_data["name"], agreed=self.agreed, by=by, reason=reason)
        invitation = self.invite_to(self.partner, by=by, reason=reason)
        return _("%(partner)s was opened, and %(email)s invited.") % {
            "partner": self.partner,
            "email": invitation.email,
        }


class ChangePartner(AgreementFields, PartnerForm):
    """R15: for the present month and those to come."""

    title = gettext_lazy("Change name and terms")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = {name: getattr(self.partner, name) for name in AgreementFields.base_fields}
        self.initial = {**now, **self.initial}

    @property
    def facts(self) -> str:
        return _(
            "A change counts from now on: for the present month and those to come. Statements of months that have "
            "ended stay as they are."
        )

    def run(self, *, by: Account, reason: str) -> str:
        name = self.cleaned_data["name"]
        if not change_partner(self.partner, name=name, agreed=self.agreed, by=by, reason=reason):
            return _("Nothing to change: all of this is so already.")
        return _("The partner was changed.")


class InviteAdmin(AdminFields, PartnerForm):
    """R24, R25: the partner's Admins invite all others."""

    title = gettext_lazy("Invite an Admin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["admin_name"].label = _("Name")
        self.fields["admin_email"].label = _("E-mail")

    def run(self, *, by: Account, reason: str) -> str:
        invitation = self.invite_to(self.partner, by=by, reason=reason)
        return _("%(email)s was invited.") % {"email": invitation.email}


class ChangeAccess(PartnerForm):
    """R25: until when the partner's accounts are let in."""

    title = gettext_lazy("Extend or end access")

    ends = forms.ChoiceField(
        label=gettext_lazy("Access ends"),
        choices=[
            ("never", gettext_lazy("Never")),
            ("on", gettext_lazy("On the day below")),
            ("now", pgettext_lazy("from this moment on", "Now")),
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "From the beginning of this day, in the partner's time zone, none of its accounts gets in."
        ),
    )

    @property
    def facts(self) -> str:
        ends = self.partner.access_ends_at
        if ends is None:
            return _("Access has no end.")
        when = {"when": date_format(timezone.localtime(ends, self._zone), "DATETIME_FORMAT"), "zone": self._zone.key}
        return (
            _("Access ends on %(when)s (%(zone)s).")
            if self.partner.has_access
            else _("Access ended on %(when)s (%(zone)s).")
        ) % when

    @property
    def _zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.partner.time_zone)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("ends") == "on" and "day" not in self.errors:
            day = data.get("day")
            if day is None:
                self.add_error("day", _("Fill this in."))
            elif not timezone.localdate(timezone=self._zone) < day < dt.date(2200, 1, 1):
                self.add_error("day", _("Choose a day to come."))
        return data

    def run(self, *, by: Account, reason: str) -> str:
        ends, day = self.cleaned_data["ends"], self.cleaned_data["day"]
        until = {
            "never": None,
            "now": timezone.now(),
            "on": day and dt.datetime.combine(day, dt.time(), tzinfo=self._zone),
        }[ends]
        if not change_access(self.partner, until=until, by=by, reason=reason):
            return _("Nothing to change: all of this is so already.")
        if ends == "now":
            return _("The access of %(partner)s has ended.") % {"partner": self.partner}
        return _("The access of %(partner)s was changed.") % {"partner": self.partner}


class WithdrawInvitation(RuleForm):
    """R24, R25: its link works no more."""

    title = gettext_lazy("Withdraw the invitation")
    reader = ON_AUDIT_PAGE

    def run(self, *, by: Account, reason: str) -> str:
        invitation = cast("Invitation", self.subjects[0])
        withdraw_invitation(invitation, by=by, reason=reason)
        return _("The invitation of %(email)s was withdrawn.") % {"email": invitation.email}
