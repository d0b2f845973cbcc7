"""The one alert of an answer: what was refused and why, above the form or list that stays as it was."""

from dataclasses import dataclass

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.web.errors import BUSY
from portal.web.htmx import wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import refill, take


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One line below the sentence; with a `url` its text is a link, followed by `names`."""

    text: str
    url: str = ""
    names: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """What `alert.html` shows, and the status of the answer that shows it."""

    text: str
    items: tuple[AlertItem, ...] = ()
    status: int = 422
    retry_after: int | None = None
    is_note: bool = False
    """Nothing went wrong; it is said as loudly, and looks calmer."""


def wrong_fields() -> Alert:
    """For a form whose fields say themselves what is wrong."""
    return Alert(_("Nothing was saved. Correct the marked fields."))


def brought_back(request: PortalRequest, *forms: BaseForm) -> Alert | None:
    """Fill the forms, which were not sent, with what was typed before the sign-in ended; the alert that says so.

    Nothing happens, and there is no alert, where nothing waits (portal/web/typed.py).
    """
    typed = take(request, request.account.pk)
    if typed is None:
        return None
    for form in forms:
        refill(form, typed)
    return typed_before()


def typed_before() -> Alert:
    """For a form that shows what was typed before the sign-in ended."""
    text = _("This is what you typed before. Nothing is saved yet: look at it, then send it.")
    return Alert(text, status=200, is_note=True)


def with_alert(request: HttpRequest, response: HttpResponse, alert: Alert | None) -> HttpResponse:
    """The response with the alert's status. htmx swaps no 503: what is typed stays, and portal.js shows the text."""
    if alert is None:
        return response
    if alert.status == BUSY.status and wants_part(request):
        response = HttpResponse(alert.text, "text/plain; charset=utf-8")
    response.status_code = alert.status
    if alert.retry_after:
        response["Retry-After"] = str(alert.retry_after)
    return response
