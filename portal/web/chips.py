"""What narrows a list down, in words, and the way to each list without one of them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that was chosen; `without` is the query of the same list without it."""

    name: str
    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Chips:
    """The filters that were chosen, in the order of their form; `cleared` is the query without any of them."""

    chips: list[Chip]
    cleared: str

    def __bool__(self) -> bool:
        return bool(self.chips)


def chips_of(form: forms.Form, request: HttpRequest) -> Chips:
    """What of the address narrows the list. Fields left empty, and what makes no sense in them, have no chip.

    Order and number of rows stay; the page does not, since another list has other pages.
    """
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    chips = [Chip(name, _words(form.fields[name], value), _without(request, name)) for name, value in chosen.items()]
    return Chips(chips, _without(request, *form.fields))


def _words(field: forms.Field, value: Any) -> str:
    label = str(field.label)
    if value is True:
        return label
    if isinstance(field, forms.ChoiceField):
        choices = cast("Iterable[tuple[Any, Any]]", field.choices)
        words = next((text for choice, text in choices if str(choice) == str(value)), value)
    else:
        words = date_format(value, "DATE_FORMAT") if isinstance(value, dt.date) else value
    return _("%(filter)s: %(value)s") % {"filter": label, "value": words}


def _without(request: HttpRequest, *names: str) -> str:
    query: QueryDict = request.GET.copy()
    for name in (*names, "page"):
        query.pop(name, None)
    for name in [name for name, values in query.lists() if not any(values)]:
        del query[name]
    return f"?{query.urlencode()}" if query else ""
