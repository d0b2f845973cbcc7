"""What narrows down the Companies tab."""

import unicodedata
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.querysets import CompanyQuerySet
from licensing.enums import Tier
from portal.web.folding import Folded
from users.accounts.permissions import Permission
from users.directory.queries import in_trouble


class CompanyFilter(filters.FilterSet):  # type: ignore[misc]
    """Search by name, and filters for tier, for how full the pool is, for waiting people and connectors in trouble.

    What makes no sense is passed over. Whoever asks through a `request` and may not see connectors has no filter for
    them (R24).
    """

    q = filters.CharFilter(
        label=_("Search by name"),
        method="by_name",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("Search by name")}),
    )
    tier = filters.ChoiceFilter(label=_("Tier"), choices=Tier, empty_label=_("Every tier"))
    full = filters.BooleanFilter(label=_("Full"), method="only_full", widget=forms.CheckboxInput)
    nearly_full = filters.BooleanFilter(label=_("Nearly full"), method="only_nearly_full", widget=forms.CheckboxInput)
    over_provided = filters.BooleanFilter(
        label=_("Over-provided"), method="only_over_provided", widget=forms.CheckboxInput
    )
    waiting = filters.BooleanFilter(label=_("People waiting"), method="only_waiting", widget=forms.CheckboxInput)
    trouble = filters.BooleanFilter(
        label=_("Connector in trouble"), method="only_in_trouble", widget=forms.CheckboxInput
    )

    class Meta:
        model = Company
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None and Permission.SEE_POLICIES not in self.request.account.permissions:
            del self.filters["trouble"]

    def by_name(self, companies: CompanyQuerySet, name: str, value: str) -> CompanyQuerySet:
        """The text anywhere in the name, whatever its case and accents."""
        wanted = Value(" ".join(unicodedata.normalize("NFC", value).split()))
        return companies.filter(name_sort__contains=Folded(wanted))

    def only_full(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.filter(seats_available__lte=0) if value else companies

    def only_nearly_full(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.nearly_full() if value else companies

    def only_over_provided(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.over_provided() if value else companies

    def only_waiting(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.filter(users_pending__gt=0) if value else companies

    def only_in_trouble(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        if not value:
            return companies
        return companies.filter(pk__in=[health.connector.company_id for health in in_trouble(companies)])

    @property
    def chosen(self) -> list[str]:
        """The names of the filters that narrow the list."""
        self.form.is_valid()
        return [name for name, value in self.form.cleaned_data.items() if value]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen, so that an empty list means "nothing found"."""
        return self.form.is_valid() and any(self.form.cleaned_data.values())
