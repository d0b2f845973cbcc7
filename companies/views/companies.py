"""The Companies tab, and "Add company"."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from companies.access import companies_for
from companies.alerts import alert_of
from companies.audit.export import exported
from companies.exports import companies_sheet
from companies.filters import CompanyFilter
from companies.forms import AddCompanyForm
from companies.lifecycle import open_company
from companies.models import Company
from companies.queries import totals_of
from companies.tables import CompanyTable
from licensing.errors import Refusal
from portal.web.alerts import Alert, brought_back, with_alert, wrong_fields
from portal.web.chips import chips_of
from portal.web.htmx import part_asked, redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@require_safe
@partner_account
def company_list(request: PortalRequest) -> HttpResponse:
    """The partner's companies with their licenses; the totals are those of the whole list, not of the page."""
    narrowed = _narrowed(request)
    totals = totals_of(narrowed.qs)
    part = part_asked(request, "companies-tab", "companies")
    context = {
        "section": "companies",
        "filter": narrowed,
        "totals": totals,
        "chips": chips_of(narrowed.form, request),
        "table": CompanyTable(narrowed.qs, request=request, count=totals.companies),
        "export_url": "" if request.account.visit else reverse("companies:export"),
        "is_part": wants_part(request) and part == "companies",
    }
    return render_page(request, "companies/list.html", context, part=part)


@require_GET
@partner_account
def export(request: PortalRequest) -> HttpResponse:
    """The companies of all pages, in the same order, as a file. Never more than was asked for: 400 to nonsense."""
    narrowed = _narrowed(request)
    if not narrowed.form.is_valid():
        raise BadRequest("no such filter")
    table = CompanyTable(narrowed.qs, request=request, count=0)
    return exported(request, companies_sheet(table.everything), what="companies", filters=narrowed.chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
@brings_back
def add_company(request: PortalRequest) -> HttpResponse:
    """Open a company with its pool, tier and primary user (R1). A refusal keeps what was typed."""
    form = AddCompanyForm(request.POST if request.method == "POST" else None)
    alert = brought_back(request, form)
    if form.is_bound:
        try:
            if form.is_valid():
                return _added(request, _open(request, form))
            alert = wrong_fields()
        except Refusal as refusal:
            alert = alert_of(refusal)
    return _show_form(request, form, alert)


def _narrowed(request: PortalRequest) -> CompanyFilter:
    return CompanyFilter(request.GET, companies_for(request.account), request=request)


def _open(request: PortalRequest, form: AddCompanyForm) -> Company:
    data = form.cleaned_data
    return open_company(
        request.partner,
        name=data["name"],
        seats=data["seats"],
        tier=data["tier"],
        primary=form.primary,
        by=request.account,
    )


def _added(request: PortalRequest, company: Company) -> HttpResponse:
    messages.success(request, _("%(company)s was added.") % {"company": company.name})
    return redirect(request, "users:list", company.pk)


def _show_form(request: PortalRequest, form: AddCompanyForm, alert: Alert | None) -> HttpResponse:
    context = {"section": "companies", "form": form, "alert": alert}
    return with_alert(request, render_page(request, "companies/add.html", context, part="add"), alert)
