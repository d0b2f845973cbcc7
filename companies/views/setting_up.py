"""The set-up checklist of a new company, and who looks after it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.forms import TechniciansForm
from companies.models import Company
from companies.setting_up import fetch_checklist, put_checklist_away, review_policies
from companies.views.pages import back_to_settings, show_dialog, show_settings
from licensing.errors import Refusal
from portal.web.alerts import Alert, brought_back
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.colleagues import assign_technicians
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.accounts.queries import technicians_given, technicians_of
from users.accounts.reauthentication import recently_authenticated


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
def checklist(request: PortalRequest, company_id: int) -> HttpResponse:
    """Put it away for everybody, or show it again; `on` says what it shall be, so twice is once."""
    company = get_company(request.account, company_id)
    if request.method != "POST":
        return back_to_settings(request, company, "checklist")
    is_on = request.POST.get("on") == "1"
    try:
        (fetch_checklist if is_on else put_checklist_away)(company, by=request.account)
    except Refusal as refusal:
        return show_settings(request, company, card="company", alert=alert_of(refusal, company))
    put_away = _("The checklist was put away. The Company card below shows it again.")
    messages.success(
        request, _("The checklist is shown again, as long as something is left on it.") if is_on else put_away
    )
    return back_to_settings(request, company, "checklist")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_POLICIES)
def policies_reviewed(request: PortalRequest, company_id: int) -> HttpResponse:
    """Tick that the policies were looked at: nobody can tell that from the company."""
    company = get_company(request.account, company_id)
    if request.method != "POST":
        return back_to_settings(request, company, "policies")
    try:
        review_policies(company, by=request.account)
    except Refusal as refusal:
        return show_settings(request, company, card="policies", alert=alert_of(refusal, company))
    messages.success(request, _("The policies of %(company)s were reviewed.") % {"company": company.name})
    return back_to_settings(request, company, "checklist")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
@brings_back
def technicians(request: PortalRequest, company_id: int) -> HttpResponse:
    """Choose the Technicians who look after the company (R24).

    A form that was open while another Admin chose others saves nothing: it would give back what was taken away.
    """
    company = get_company(request.account, company_id)
    offered = technicians_of(request.partner.pk)
    given = [technician.pk for technician in technicians_given(company)]
    now = {"technicians": given, "seen": _mark(given)}
    if request.method != "POST":
        form = TechniciansForm(offered, initial=now)
        return _ask(request, company, form, brought_back(request, form))
    form = TechniciansForm(offered, request.POST)
    if not form.is_valid() or form.cleaned_data["seen"] not in {"", now["seen"]}:
        return _ask(request, company, TechniciansForm(offered, initial=now), _stale())
    try:
        assign_technicians(company, technicians=form.cleaned_data["technicians"], by=request.account)
    except Refusal as refusal:
        return _ask(request, company, form, alert_of(refusal, company))
    messages.success(request, _("The technicians of %(company)s were saved.") % {"company": company.name})
    return back_to_settings(request, company, "company")


def _ask(request: PortalRequest, company: Company, form: forms.Form, alert: Alert | None = None) -> HttpResponse:
    return show_dialog(request, company, "companies/technicians.html", alert=alert, form=form)


def _mark(given: list[int]) -> str:
    return "-".join(map(str, sorted(given))) or "none"


def _stale() -> Alert:
    return Alert(_("Nothing was saved: the technicians were changed meanwhile. This is how it is now: choose again."))
