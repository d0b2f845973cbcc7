"""The Policies card: switch on, with what the policy asks for, and off, with the warning that it needs (R13, R14)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from companies.policies.catalogue import SPECS, PolicyKey, PolicySpec
from companies.policies.forms import PolicyForm, typed
from companies.policies.models import Policy
from companies.policies.rules import switch_off, switch_on
from companies.views.pages import back_to_settings, show_dialog, show_settings
from companies.views.planner import back_to_planner, carried
from licensing.errors import ConfirmationNeeded, Refusal
from portal.web.alerts import Alert, brought_back, wrong_fields
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_POLICIES)
@brings_back
def policy_on(request: PortalRequest, company_id: int, key: str) -> HttpResponse:
    """Switch a policy on, or change its parameters. GET asks for them in a dialog."""
    company, spec = get_company(request.account, company_id), _spec(key)
    if request.method != "POST":
        form = _form(company, spec)
        return _ask_parameters(request, company, spec, form, brought_back(request, form))
    form = PolicyForm(spec, request.POST, auto_id="policy_%s")
    if not form.is_valid():
        return _ask_parameters(request, company, spec, form, wrong_fields())
    try:
        switch_on(company, key=spec.key, parameters=form.cleaned_data, by=request.account)
    except Refusal as refusal:
        alert = alert_of(refusal, company, account=request.account)
        if spec.parameters:
            return _ask_parameters(request, company, spec, form, alert)
        return show_settings(request, company, card="policies", alert=alert)
    return _done(request, company, _("%(policy)s is on.") % {"policy": spec.key.label})


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_POLICIES)
def policy_off(request: PortalRequest, company_id: int, key: str) -> HttpResponse:
    """Switch a policy off. GET shows the warning of one that needs a confirmation, and asks for it.

    Asked for in the planner of the license, it leads back there.
    """
    company, spec = get_company(request.account, company_id), _spec(key)
    if request.method != "POST":
        return ask_switch_off(request, company, key)
    is_planned = bool(carried(request))
    try:
        switch_off(company, key=spec.key, confirmed="confirmed" in request.POST, by=request.account)
    except Refusal as refusal:
        if is_planned or isinstance(refusal, ConfirmationNeeded):
            return ask_switch_off(request, company, key, alert_of(refusal, company))
        return show_settings(request, company, card="policies", alert=alert_of(refusal, company))
    text = _("%(policy)s is off.") % {"policy": spec.key.label}
    return back_to_planner(request, company, text) if is_planned else _done(request, company, text)


def ask_switch_off(request: PortalRequest, company: Company, key: str, alert: Alert | None = None) -> HttpResponse:
    """The dialog that warns and asks for the confirmation."""
    context = {"spec": _spec(key)} | carried(request)
    return show_dialog(request, company, "companies/policy_off.html", alert=alert, **context)


def _spec(key: str) -> PolicySpec:
    if key not in PolicyKey:
        raise Http404
    return SPECS[PolicyKey(key)]


def _form(company: Company, spec: PolicySpec) -> PolicyForm:
    policy = Policy.objects.of_company(company).filter(key=spec.key).first()
    return PolicyForm(spec, auto_id="policy_%s", initial=typed(policy.parameters) if policy else None)


def _ask_parameters(
    request: PortalRequest, company: Company, spec: PolicySpec, form: PolicyForm, alert: Alert | None = None
) -> HttpResponse:
    is_on = Policy.objects.of_company(company).filter(key=spec.key, is_on=True).exists()
    return show_dialog(request, company, "companies/policy_on.html", alert=alert, spec=spec, form=form, is_on=is_on)


def _done(request: PortalRequest, company: Company, text: str) -> HttpResponse:
    """The card alone where it was asked from the card, else the whole tab again."""
    messages.success(request, text)
    if request.htmx.target == "policies":
        return show_settings(request, company, card="policies")
    return back_to_settings(request, company, "policies")
