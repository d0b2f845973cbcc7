"""The Connectors card (R13, R14, R21)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from companies.queries import connector_added_lately, setup_of
from companies.views.pages import back_to_settings, show_dialog
from companies.views.planner import back_to_planner, carried
from licensing.errors import ConnectorNameTaken, Refusal
from licensing.wording import seated_text
from portal.web.alerts import Alert, AlertItem, brought_back, wrong_fields
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.accounts.reauthentication import recently_authenticated
from users.directory.forms import ConnectorForm
from users.directory.models import Connector
from users.directory.queries import connectors_of
from users.directory.rules import add_connector, remove_connector


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_CONNECTORS)
@recently_authenticated
@brings_back
def connector_add(request: PortalRequest, company_id: int) -> HttpResponse:
    """Add a connector. The answer to the POST shows its token, this once: a redirect would have to keep it."""
    company = get_company(request.account, company_id)
    if request.method != "POST":
        form = ConnectorForm(auto_id="connector_%s")
        return _ask(request, company, form, brought_back(request, form))
    form = ConnectorForm(request.POST, auto_id="connector_%s")
    if not form.is_valid():
        return _ask(request, company, form, wrong_fields())
    try:
        connector, token = add_connector(company, **form.cleaned_data, by=request.account)
    except Refusal as refusal:
        return _ask(request, company, form, _why_not(request, company, form, refusal))
    # The card below the dialog is renewed along with it.
    setup = setup_of(company)
    return show_dialog(
        request, company, "companies/connector_token.html", connector=connector, token=token, setup=setup
    )


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_CONNECTORS)
def connector_remove(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """Remove a connector, after a dialog that says what becomes of its people.

    Asked for in the planner of the license, it leads back there.
    """
    company = get_company(request.account, company_id)
    connector = connectors_of(company).filter(pk=connector_id).first()
    if connector is None:
        # A second click finds it gone: what was asked for is so.
        return _gone(request, company, connector_id)
    if request.method != "POST":
        return _confirm(request, company, connector)
    try:
        seated = remove_connector(connector, by=request.account)
    except Refusal as refusal:
        return _confirm(request, company, connector, alert_of(refusal, company))
    text = _("The connector %(name)s was removed.") % {"name": connector.name}
    came_in = [seated_text(seated)] if seated else []
    if carried(request):
        return back_to_planner(request, company, text, *came_in)
    messages.success(request, text)
    for told in came_in:
        messages.info(request, told)
    return back_to_settings(request, company, "connectors")


def ask_remove(request: PortalRequest, company: Company, connector_id: int) -> HttpResponse:
    """The dialog that says what becomes of its people, and asks for the confirmation."""
    connector = connectors_of(company).filter(pk=connector_id).first()
    return _confirm(request, company, connector) if connector else _gone(request, company, connector_id)


def _confirm(
    request: PortalRequest, company: Company, connector: Connector, alert: Alert | None = None
) -> HttpResponse:
    context = {"connector": connector} | carried(request)
    return show_dialog(request, company, "companies/connector_remove.html", alert=alert, **context)


def _ask(request: PortalRequest, company: Company, form: ConnectorForm, alert: Alert | None = None) -> HttpResponse:
    return show_dialog(request, company, "companies/connector_add.html", alert=alert, form=form)


def _why_not(request: PortalRequest, company: Company, form: ConnectorForm, refusal: Refusal) -> Alert:
    """Whoever clicked twice sees the answer to the second click only, without the token: say so."""
    if isinstance(refusal, ConnectorNameTaken):
        kind, name = form.cleaned_data["kind"], form.cleaned_data["name"]
        twin = connector_added_lately(company, kind=kind, name=name, by=request.account)
        if twin:
            text = _(
                "You added this connector a moment ago, and its token was shown that once. If you did not see it, "
                "make a new token."
            )
            rotate = reverse("companies:connector_rotate", args=[company.pk, twin.pk])
            return Alert(text, (AlertItem(_("New token for %(name)s") % {"name": name}, rotate),))
    return alert_of(refusal, company, account=request.account)


def _gone(request: PortalRequest, company: Company, connector_id: int) -> HttpResponse:
    if not company.connectors.filter(pk=connector_id).exists():
        raise Http404
    text = _("This connector was removed already.")
    if carried(request):
        return back_to_planner(request, company, text)
    messages.info(request, text)
    return back_to_settings(request, company, "connectors")
