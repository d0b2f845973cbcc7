"""What a policy's parameters may hold."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from companies.policies.catalogue import Parameter, ParameterKind, PolicySpec
from users.people import clean_email

MOST_ENTRIES = 50
_SEPARATORS = re.compile(r"[\s,;]+")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)", re.UNICODE)


def clean_parameters(spec: PolicySpec, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The policy's parameters as they are stored: whole numbers, and lists without doubles.

    `raw` may hold text as typed. Raises ValidationError with a dictionary of all parameters that are wrong.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, ValidationError] = {}
    for parameter in spec.parameters:
        try:
            cleaned[parameter.name] = clean_parameter(parameter, raw.get(parameter.name, ""))
        except ValidationError as error:
            errors[parameter.name] = error
    if errors:
        raise ValidationError({name: [error] for name, error in errors.items()})
    return cleaned


def clean_parameter(parameter: Parameter, value: Any) -> int | list[str]:
    """One parameter's value. Raises ValidationError with the code `required`, `out_of_range`, `invalid_…` or
    `too_many`."""
    if parameter.kind in {ParameterKind.DAYS, ParameterKind.COUNT}:
        return _whole_number(parameter, str(value).strip())
    entries = _SEPARATORS.split(value) if isinstance(value, str) else list(value)
    return _entries(parameter, [entry for entry in entries if entry])


def _whole_number(parameter: Parameter, text: str) -> int:
    if not text:
        raise ValidationError(_("Fill this in."), code="required")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and parameter.least <= int(text) <= parameter.most):
        raise ValidationError(
            _("Enter a whole number from %(least)d to %(most)d."),
            code="out_of_range",
            params={"least": parameter.least, "most": parameter.most},
        )
    return int(text)


def _entries(parameter: Parameter, entries: Iterable[str]) -> list[str]:
    clean = clean_email if parameter.kind == ParameterKind.EMAILS else clean_domain
    cleaned = list(dict.fromkeys(clean(entry) for entry in entries))
    if not cleaned:
        raise ValidationError(_("Fill this in."), code="required")
    if len(cleaned) > MOST_ENTRIES:
        raise ValidationError(_("Enter at most %(most)d."), code="too_many", params={"most": MOST_ENTRIES})
    return cleaned


def clean_domain(value: str) -> str:
    """A domain name in lower case, with at least two labels. Raises ValidationError `invalid_domain`."""
    domain = value.strip().rstrip(".").lower()
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValidationError(_("“%(value)s” is not a domain."), code="invalid_domain", params={"value": value})
    return domain
