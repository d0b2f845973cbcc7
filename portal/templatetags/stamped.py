"""`{% csrf_token %}` as this portal has it: Django's, and beside it the stamp of the form (portal/web/stamps.py).

A builtin of all templates, so that no form is forgotten.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portal.web.stamps import FIELD, stamp_of

register = template.Library()


class StampedNode(CsrfTokenNode):
    def render(self, context: Context) -> SafeString:
        field = mark_safe(super().render(context))  # noqa: S308 - Django's own
        request = context.get("request")
        stamp = stamp_of(request) if field and request is not None else ""
        return field + format_html('<input type="hidden" name="{}" value="{}">', FIELD, stamp) if stamp else field


@register.tag
def csrf_token(parser: Parser, token: Token) -> StampedNode:
    return StampedNode()
