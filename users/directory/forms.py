"""What people type about a connector."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import MOST_PEOPLE, MOST_PERCENT
from users.directory.tokens import OVERLAP
from users.enums import Withdrawal
from users.people import clean_name

_HANDLING = [
    (Withdrawal.DISABLE, _("Disable them here; they keep their seat")),
    (Withdrawal.REMOVE, _("Remove them here, which frees their seat")),
]
_OVERLAPS = [
    (dt.timedelta(), _("stops working at once")),
    (dt.timedelta(hours=1), _("works for another hour")),
    (OVERLAP, _("works for another 24 hours")),
    (dt.timedelta(days=7), _("works for another 7 days")),
]


class NameForm(forms.Form):
    """What every connector has: a name to tell it apart, and whether people wait for approval (R6)."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("To tell it apart, such as “Head office”."),
    )
    asks_approval = forms.BooleanField(
        label=_("People who arrive ask for approval, even while seats are available"), required=False
    )

    def clean_name(self) -> Any:
        return clean_name(self.cleaned_data["name"])


class ConnectorForm(NameForm):
    """A new connector, and its directory; its other rules are the usual ones until somebody changes them."""

    kind = forms.TypedChoiceField(label=_("Directory"), choices=ConnectorKind, coerce=ConnectorKind)

    field_order = ("kind",)


class HandlingField(forms.TypedChoiceField):
    """What is done here with people whom the directory takes away (R20)."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, choices=_HANDLING, coerce=Withdrawal, **kwargs)


class CountField(forms.IntegerField):
    """A whole number from 0 to `most`, as text: browsers answer nonsense in number fields with nothing at all."""

    def __init__(self, label: Any, *, most: int, **kwargs: Any) -> None:
        messages = {
            "required": _("Enter a number."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter %(limit_value)s or more."),
            "max_value": _("Enter %(limit_value)s or less."),
        }
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(
            label=label, min_value=0, max_value=most, widget=widget, localize=False, error_messages=messages, **kwargs
        )


class RulesForm(NameForm):
    """The name and all rules of a connector. Only our agent says who left its scope (R20): others are not asked."""

    on_disabled = HandlingField(_("When somebody is disabled in the directory"))
    on_deleted = HandlingField(_("When somebody is deleted in the directory"))
    on_left = HandlingField(_("When somebody leaves the group that is synchronized"))
    threshold_people = CountField(_("More than so many people"), most=MOST_PEOPLE)
    threshold_percent = CountField(_("And more than so many percent"), most=MOST_PERCENT)

    use_required_attribute = False

    def __init__(self, data: Any, *, connector: Connector) -> None:
        super().__init__(data, auto_id="connector_%s", initial={name: getattr(connector, name) for name in _FIELDS})
        if connector.kind != ConnectorKind.ACTIVE_DIRECTORY:
            del self.fields["on_left"]


_FIELDS = tuple(RulesForm.base_fields)


class RotateForm(forms.Form):
    """How long the present token works beside the new one; `seen` tells a second click from a second wish."""

    overlap = forms.TypedChoiceField(
        label=_("The present token"),
        choices=[(str(int(overlap.total_seconds())), label) for overlap, label in _OVERLAPS],
        initial=str(int(OVERLAP.total_seconds())),
        coerce=lambda seconds: dt.timedelta(seconds=int(seconds)),
        help_text=_("So that you have time to enter the new one in the directory."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput())
