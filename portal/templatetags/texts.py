"""Texts as the language that is read puts them: `{{ names|listed }}`, `{{ one_sentence|followed_by:another }}`,
`{% for field in form|name_fields %}`."""

from django import template
from django.forms import BaseForm, BoundField

from portal.web.names import is_last_first
from portal.web.texts import listed, together

register = template.Library()
register.filter(listed)


@register.filter
def followed_by(sentence: str, another: str) -> str:
    return together(sentence, another)


@register.filter
def name_fields(form: BaseForm) -> list[BoundField]:
    """The fields of first and last name, in their order."""
    fields = [form["first_name"], form["last_name"]]
    return fields[::-1] if is_last_first() else fields
