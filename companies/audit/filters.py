"""What narrows down the Audit page and its export."""

import datetime as dt
import unicodedata
from typing import Any

import django_filters as filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.audit.enums import AuditKind, Outcome
from companies.audit.models import AuditEvent
from companies.partners.models import Partner
from portal.web.folding import Folded
from users.accounts.models import Account

SUPPORT = "support"
"""The choice of account that stands for all support staff (R25)."""

# Beyond these there is nothing, and dates near the ends of the calendar cannot be counted with.
_DAYS = [MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2200, 1, 1))]


def _day(label: Any, method: str) -> filters.DateFilter:
    return filters.DateFilter(
        label=label, method=method, validators=_DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )


class AuditFilter(filters.FilterSet):  # type: ignore[misc]
    """Kind, outcome, part of the company's name, account, and days in the partner's time zone, both ends included.

    What makes no sense is passed over. An account's events are those that it did and those that are about it.
    """

    kind = filters.ChoiceFilter(label=_("Kind"), choices=AuditKind, empty_label=_("Every kind"))
    outcome = filters.ChoiceFilter(label=_("Outcome"), choices=Outcome, empty_label=_("Every outcome"))
    company = filters.CharFilter(
        label=_("Company"),
        method="by_company",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "maxlength": 150}),
    )
    account = filters.ChoiceFilter(label=_("Account"), method="by_account", empty_label=_("Everybody"))
    date_from = _day(pgettext_lazy("first day to show", "Since"), "since_day")
    date_to = _day(pgettext_lazy("last day to show", "Until"), "until_day")

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[AuditEvent], *, partner: Partner) -> None:
        super().__init__(data, queryset)
        accounts = Account.objects.filter(partner=partner).only("name", "email").order_by("name", "email")
        self.filters["account"].extra["choices"] = [
            (SUPPORT, _("Support staff")),
            *((account.pk, f"{account} ({account.email})") for account in accounts),
        ]

    def by_company(self, events: QuerySet[AuditEvent], _name: str, text: str) -> QuerySet[AuditEvent]:
        wanted = " ".join(unicodedata.normalize("NFC", text[:150]).split())
        return events.filter(company__name_sort__contains=Folded(Value(wanted)))

    def by_account(self, events: QuerySet[AuditEvent], _name: str, value: str) -> QuerySet[AuditEvent]:
        if value == SUPPORT:
            return events.filter(by_account__is_staff=True)
        return events.filter(Q(by_account=int(value)) | Q(kind=AuditKind.ACCOUNTS, data__account=int(value)))

    def since_day(self, events: QuerySet[AuditEvent], _name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return events.filter(at__gte=_start_of(day))

    def until_day(self, events: QuerySet[AuditEvent], _name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return events.filter(at__lt=_start_of(day + dt.timedelta(days=1)))

    @property
    def chosen(self) -> list[str]:
        """The names of the filters that narrow the list."""
        self.form.is_valid()
        return [name for name, value in self.form.cleaned_data.items() if value]


def _start_of(day: dt.date) -> dt.datetime:
    """The day's first moment in the time zone that is active, the partner's."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
