"""Small tags that every page may use."""

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "icons.svg"
_SVG = "{http://www.w3.org/2000/svg}"


@register.simple_tag
@cache  # a list shows the same few icons in every row
def icon(name: str, label: str = "") -> SafeString:
    """One icon of portal/icons.svg, drawn in the page itself: nothing is fetched, nothing pops in late. Without a label
    it is an ornament that screen readers skip. Raises KeyError if there is no such icon."""
    view, drawing = _drawings()[name]
    if label:
        return format_html(
            '<svg class="icon icon-{}" viewBox="{}" role="img" aria-label="{}">{}</svg>', name, view, label, drawing
        )
    return format_html('<svg class="icon icon-{}" viewBox="{}" aria-hidden="true">{}</svg>', name, view, drawing)


@cache
def _drawings() -> dict[str, tuple[str, SafeString]]:
    """Of each icon its field of view and what is drawn in it."""
    symbols = ET.parse(ICONS).getroot().iter(f"{_SVG}symbol")  # noqa: S314 - a file of ours
    return {symbol.attrib["id"]: (symbol.attrib["viewBox"], _inside(symbol)) for symbol in symbols}


def _inside(symbol: ET.Element) -> SafeString:
    for shape in symbol.iter():
        shape.tag = shape.tag.removeprefix(_SVG)
    return mark_safe("".join(ET.tostring(shape, encoding="unicode").strip() for shape in symbol))  # noqa: S308 - as above
