"""The Settings tab as a whole, and its Company card: name, automatic filling, closing (R7, R19)."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.access import get_company
from companies.alerts import alert_of, blocker_items
from companies.forms import CloseForm, RenameForm
from companies.lifecycle import close_company, closing_blockers, rename_company
from companies.models import Company
from companies.views.pages import back_to_settings, show_dialog, show_settings
from licensing.approvals import choose_auto_fill
from licensing.errors import ClosingBlocked, Refusal
from licensing.wording import seated_text
from portal.web.alerts import Alert, brought_back, wrong_fields
from portal.web.htmx import redirect
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.accounts.reauthentication import recently_authenticated


@require_safe
@partner_account
def settings(request: PortalRequest, company_id: int) -> HttpResponse:
    """License, policies, connectors and the company itself, a card each."""
    return show_settings(request, get_company(request.account, company_id))


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
@brings_back
def rename(request: PortalRequest, company_id: int) -> HttpResponse:
    company = get_company(request.account, company_id)
    if request.method != "POST":
        form = RenameForm(auto_id="rename_%s", initial={"name": company.name})
        return _ask_name(request, company, form, brought_back(request, form))
    form = RenameForm(request.POST, auto_id="rename_%s")
    if not form.is_valid():
        return _ask_name(request, company, form, wrong_fields())
    try:
        rename_company(company, name=form.cleaned_data["name"], by=request.account)
    except Refusal as refusal:
        return _ask_name(request, company, form, alert_of(refusal, company))
    messages.success(request, _("The company is now called %(name)s.") % {"name": form.cleaned_data["name"]})
    return back_to_settings(request, company, "company")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
def auto_fill(request: PortalRequest, company_id: int) -> HttpResponse:
    """Choose whether available seats are filled from the waiting line; `on` says what it shall be, so twice is once.

    Whoever comes here without a form (after signing in again, or from a refusal) is led to the card that has it.
    """
    company = get_company(request.account, company_id)
    if request.method != "POST":
        return back_to_settings(request, company, "company")
    is_on = request.POST.get("on") == "1"
    try:
        seated = choose_auto_fill(company, on=is_on, by=request.account)
    except Refusal as refusal:
        return show_settings(request, company, card="company", alert=alert_of(refusal, company))
    messages.success(request, _("Automatic filling is on.") if is_on else _("Automatic filling is off."))
    if seated:
        messages.info(request, seated_text(seated))
    return back_to_settings(request, company, "company")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
@recently_authenticated
@brings_back
def close(request: PortalRequest, company_id: int) -> HttpResponse:
    """Close the company, after its name is typed. What stands in the way is listed before and after (R19)."""
    company = get_company(request.account, company_id)
    if request.method != "POST":
        form = CloseForm(auto_id="close_%s")
        return _ask_to_close(request, company, form, brought_back(request, form))
    form = CloseForm(request.POST, auto_id="close_%s")
    if not form.is_valid():
        return _ask_to_close(request, company, form, wrong_fields())
    data = form.cleaned_data
    try:
        close_company(company, typed_name=data["typed_name"], by=request.account, reason=data["reason"])
    except Refusal as refusal:
        return _ask_to_close(request, company, form, alert_of(refusal, company), refusal)
    messages.success(request, _("%(company)s was closed.") % {"company": company.name})
    return redirect(request, "companies:list")


def _ask_name(request: PortalRequest, company: Company, form: RenameForm, alert: Alert | None = None) -> HttpResponse:
    return show_dialog(request, company, "companies/rename.html", alert=alert, form=form)


def _ask_to_close(
    request: PortalRequest,
    company: Company,
    form: CloseForm,
    alert: Alert | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    company.refresh_from_db()
    blockers = () if isinstance(refusal, ClosingBlocked) else blocker_items(company, closing_blockers(company))
    return show_dialog(request, company, "companies/close.html", alert=alert, form=form, blockers=blockers)
