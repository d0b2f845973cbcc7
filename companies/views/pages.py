"""The two shapes in which the Settings tab answers: the tab with its cards, and a dialog over it."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import HttpResponseClientRefresh

from companies.checklist import checklist_of
from companies.models import Company
from companies.queries import setup_of
from licensing.usage import usage_of
from portal.web.alerts import Alert, with_alert
from portal.web.htmx import page_open, redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.permissions import Permission
from users.accounts.queries import technicians_given


def show_settings(
    request: PortalRequest, company: Company, *, card: str = "license", alert: Alert | None = None, **context: Any
) -> HttpResponse:
    """The Settings tab; under htmx one `card` of it. An `alert` stands in that card and sets the status.

    Whoever may not see how the company is set up finds the License card alone (R24).
    """
    context = _base(company) | {"usage": usage_of(company), "alert": alert, "alert_card": card} | context
    may = request.account.permissions
    if Permission.SEE_POLICIES in may:
        setup = setup_of(company)
        context |= {"setup": setup, "checklist": checklist_of(company, setup, may)}
    if Permission.MANAGE_COLLEAGUES in may and (card == "company" or not wants_part(request)):
        context["technicians"] = list(technicians_given(company))
    response = render_page(request, "companies/settings.html", context, part=card)
    if wants_part(request) and "setup" in context:
        # What was done in the card may be a step of the checklist.
        response.write(render_to_string("companies/checklist.html", context | {"out_of_band": True}, request))
    return with_alert(request, response, alert)


def show_dialog(
    request: PortalRequest, company: Company, template: str, *, alert: Alert | None = None, **context: Any
) -> HttpResponse:
    """A dialog: under htmx over the page that is open, else on a page of its own, which closing leaves.

    Left for the Settings tab, unless the `context` names another `settings_url`.
    """
    settings = reverse("companies:settings", args=[company.pk])
    context = _base(company) | {"alert": alert, "settings_url": settings} | context
    context["leave_to"] = "" if wants_part(request) else context["settings_url"]
    return with_alert(request, render_page(request, template, context, part="dialog"), alert)


def back_to_settings(request: PortalRequest, company: Company, card: str) -> HttpResponse:
    """After a change: the Settings tab again, where `card` is. htmx reloads the tab where the browser stands."""
    settings = reverse("companies:settings", args=[company.pk])
    if not wants_part(request):
        return redirect(request, f"{settings}#{card}")
    here = page_open(request).split("?")[0].split("#")[0]
    return HttpResponseClientRefresh() if here == settings else redirect(request, settings)


def _base(company: Company) -> dict[str, Any]:
    return {"company": company, "section": "companies", "tab": "settings"}
