"""What narrows down the Companies tab."""

import unicodedata
from typing import Any

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.querysets import CompanyQuerySet
from licensing.enums import Tier


class CompanyFilter(filters.FilterSet):  # type: ignore[misc]
    """Search by name, and filters for tier, full pools and waiting people. What makes no sense is passed over."""

    q = filters.CharFilter(
        label=_("Search by name"),
        method="by_name",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("Search by name")}),
    )
    tier = filters.ChoiceFilter(label=_("Tier"), choices=Tier, empty_label=_("Every tier"))
    full = filters.BooleanFilter(label=_("Full"), method="only_full", widget=forms.CheckboxInput)
    waiting = filters.BooleanFilter(label=_("People waiting"), method="only_waiting", widget=forms.CheckboxInput)

    class Meta:
        model = Company
        fields: list[str] = []

    def by_name(self, companies: CompanyQuerySet, name: str, value: str) -> CompanyQuerySet:
        """The text anywhere in the name, whatever its case."""
        return companies.filter(name__icontains=" ".join(unicodedata.normalize("NFC", value).split()))

    def only_full(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.filter(seats_available__lte=0) if value else companies

    def only_waiting(self, companies: CompanyQuerySet, name: str, value: Any) -> CompanyQuerySet:
        return companies.filter(users_pending__gt=0) if value else companies

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen, so that an empty list means "nothing found"."""
        return self.form.is_valid() and any(self.form.cleaned_data.values())
