"""What people type about a connector."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from users.directory.enums import ConnectorKind
from users.people import clean_name


class ConnectorForm(forms.Form):
    """A new connector: its directory, a name to tell it apart, and whether people wait for approval (R6)."""

    kind = forms.TypedChoiceField(label=_("Directory"), choices=ConnectorKind, coerce=ConnectorKind)
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
