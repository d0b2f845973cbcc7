"""One connector: how it fares, how it is set up, its rules, its token; paused, and going on (R20-R22)."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from companies.views.pages import show_dialog
from licensing.errors import Refusal
from licensing.wording import seated_text
from portal.web.alerts import Alert, brought_back, with_alert, wrong_fields
from portal.web.htmx import page_open, redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.accounts.reauthentication import recently_authenticated
from users.directory.forms import RotateForm, RulesForm
from users.directory.models import Connector
from users.directory.queries import (
    connectors_ever_of,
    connectors_of,
    differences_of,
    errors_of,
    health,
    people_of,
    ready_to_hand_over,
    runs_of,
)
from users.directory.rules import change_connector, hash_token, pause_connector, resume_connector
from users.directory.tables import RunTable
from users.directory.tokens import rotate_token


@require_safe
@partner_account
@requires(Permission.SEE_POLICIES)
def connector(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """The connector's own page; `?page=` turns the list of its runs. A removed one's is for reading."""
    company = get_company(request.account, company_id)
    return _show(request, company, get_connector_ever(company, connector_id))


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_CONNECTORS)
@brings_back
def connector_rules(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """Change its name and rules. They hold for what the directory sends from then on."""
    company = get_company(request.account, company_id)
    connector = get_connector(company, connector_id)
    form = RulesForm(request.POST if request.method == "POST" else None, connector=connector)
    if request.method != "POST":
        return _ask(request, connector, "connectors/rules.html", brought_back(request, form), form=form)
    if not form.is_valid():
        return _ask(request, connector, "connectors/rules.html", wrong_fields(), form=form)
    try:
        seated = change_connector(connector, by=request.account, **form.cleaned_data)
    except Refusal as refusal:
        return _ask(request, connector, "connectors/rules.html", alert_of(refusal, company), form=form)
    messages.success(request, _("The rules of %(name)s were saved.") % {"name": form.cleaned_data["name"]})
    if seated:
        messages.info(request, seated_text(seated))
    return back_to_connector(request, connector)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_CONNECTORS)
@recently_authenticated
def connector_rotate(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """A new token in place of the present one. The answer to the POST shows it, this once."""
    company = get_company(request.account, company_id)
    connector = get_connector(company, connector_id)
    if request.method != "POST":
        return _ask_overlap(request, connector)
    form = RotateForm(request.POST, auto_id="rotate_%s")
    if not form.is_valid():
        return _ask_overlap(request, connector, wrong_fields(), form)
    if form.cleaned_data["seen"] != _mark(connector):
        text = _("A new token was made meanwhile, and it was shown that once. If you did not see it, make another one.")
        return _ask_overlap(request, connector, Alert(text))
    try:
        token = rotate_token(connector, by=request.account, overlap=form.cleaned_data["overlap"])
    except Refusal as refusal:
        return _ask_overlap(request, connector, alert_of(refusal, company), form)
    connector.refresh_from_db()
    return _ask(request, connector, "companies/connector_token.html", token=token, is_rotated=True)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_CONNECTORS)
def connector_pause(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """Pause it, or let it go on; `on` says what it shall be, so twice is once. Without a form: its page has one."""
    company = get_company(request.account, company_id)
    connector = get_connector(company, connector_id)
    if request.method != "POST":
        return back_to_connector(request, connector)
    is_paused = request.POST.get("on") == "1"
    try:
        (pause_connector if is_paused else resume_connector)(connector, by=request.account)
    except Refusal as refusal:
        return _show(request, company, connector, alert=alert_of(refusal, company))
    text = _("%(name)s is paused.") if is_paused else _("%(name)s goes on.")
    messages.success(request, text % {"name": connector.name})
    return back_to_connector(request, connector)


def get_connector(company: Company, connector_id: int) -> Connector:
    """A connector of the company that exists, with `people`; a removed one is a 404 like one that never was (R2)."""
    return _found(company, connectors_of(company), connector_id)


def get_connector_ever(company: Company, connector_id: int) -> Connector:
    """The same, or one that was removed: what it did is read, and nothing is done to it any more."""
    return _found(company, connectors_ever_of(company), connector_id)


def _found(company: Company, connectors: QuerySet[Connector], connector_id: int) -> Connector:
    connector = connectors.filter(pk=connector_id).first()
    if connector is None:
        raise Http404
    connector.company = company
    return connector


def page_of(connector: Connector) -> str:
    return reverse("companies:connector", args=[connector.company_id, connector.pk])


def back_to_connector(request: PortalRequest, connector: Connector) -> HttpResponse:
    """After a change: its page again. htmx reloads it where the browser stands."""
    page = page_of(connector)
    here = page_open(request).split("?")[0].split("#")[0] if wants_part(request) else ""
    return HttpResponseClientRefresh() if here == page else redirect(request, page)


def _show(
    request: PortalRequest, company: Company, connector: Connector, *, alert: Alert | None = None
) -> HttpResponse:
    table = RunTable(runs_of(connector), request=request)
    context = {
        "company": company,
        "section": "companies",
        "tab": "settings",
        "connector": connector,
        "health": health(connector),
        "people": people_of(connector),
        "ready": ready_to_hand_over(connector).count() if connector.removed_at else 0,
        "differences": len(differences_of(connector)),
        "errors": errors_of(connector),
        "table": table,
        "setup_template": f"connectors/setup_{connector.kind}.html",
        "time_zone": request.partner.time_zone,
        "alert": alert,
    }
    return with_alert(request, render_page(request, "connectors/connector.html", context, part=table.dom_id), alert)


def _ask(
    request: PortalRequest, connector: Connector, template: str, alert: Alert | None = None, **context: Any
) -> HttpResponse:
    context |= {"connector": connector, "settings_url": page_of(connector)}
    return show_dialog(request, connector.company, template, alert=alert, **context)


def _ask_overlap(
    request: PortalRequest, connector: Connector, alert: Alert | None = None, form: RotateForm | None = None
) -> HttpResponse:
    form = form or RotateForm(auto_id="rotate_%s", initial={"seen": _mark(connector)})
    return _ask(request, connector, "connectors/rotate.html", alert, form=form)


def _mark(connector: Connector) -> str:
    """Tells one token of the connector from the next, and nothing of either."""
    return hash_token(connector.token_hash)[:16]
