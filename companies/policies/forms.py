"""The fields of a policy's parameters, made from the catalogue."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from companies.policies.catalogue import Parameter, ParameterKind, PolicySpec
from companies.policies.parameters import MOST_ENTRIES, clean_parameter


class ParameterField(forms.CharField):
    """One parameter, as text; the catalogue says what it may hold."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        is_number = parameter.kind in {ParameterKind.DAYS, ParameterKind.COUNT}
        widget = (
            forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
            if is_number
            else forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})
        )
        super().__init__(label=parameter.label, required=False, widget=widget, help_text=_help_text(parameter))

    def clean(self, value: Any) -> Any:
        return clean_parameter(self.parameter, super().clean(value))


class PolicyForm(forms.Form):
    """The parameters of one policy; without parameters, an empty form."""

    def __init__(self, spec: PolicySpec, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for parameter in spec.parameters:
            self.fields[parameter.name] = ParameterField(parameter)


def typed(parameters: dict[str, Any]) -> dict[str, Any]:
    """Stored parameters as they would be typed: each entry of a list on its line."""
    return {name: "\n".join(value) if isinstance(value, list) else value for name, value in parameters.items()}


def _help_text(parameter: Parameter) -> str:
    if parameter.kind in {ParameterKind.DOMAINS, ParameterKind.EMAILS}:
        return _("One per line, or with commas between; at most %(most)d.") % {"most": MOST_ENTRIES}
    return _("From %(least)d to %(most)d.") % {"least": parameter.least, "most": parameter.most}
