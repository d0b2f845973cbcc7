"""Send the forms of a page as a browser does: with everything that stands in them, the hidden fields too."""

from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from tests.page import Page, Tag

CHECKED = {"checkbox", "radio"}


def fields_of(form: Tag) -> dict[str, Any]:
    """What a browser would send of the form as it stands, without a button."""
    fields: dict[str, list[str]] = {}
    for tag in form.all():
        name = tag.attributes.get("name")
        if name and (text := _sent(tag)) is not None:
            fields.setdefault(name, []).append(text)
    return fields


def form_at(client: Client, path: str, *, action: str = "") -> dict[str, Any]:
    """The fields of the one form of the page at `path` that is sent to `action` (to `path`, unless given)."""
    response = client.get(path)
    assert response.status_code == 200
    return fields_of(form_in(response, action or path))


def form_in(response: HttpResponseBase, action: str) -> Tag:
    return next(form for form in Page(response).all("form", method="post") if form["action"] == action)


def _sent(tag: Tag) -> str | None:
    if tag.name == "textarea":
        return tag.text
    if tag.name == "select":
        options = tag.all("option")
        return next((option["value"] for option in options if "selected" in option.attributes), options[0]["value"])
    if tag.name != "input" or tag.attributes.get("type") == "file":
        return None
    if tag.attributes.get("type") in CHECKED and "checked" not in tag.attributes:
        return None
    return tag.attributes.get("value", "")
