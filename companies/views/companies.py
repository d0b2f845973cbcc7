"""The Companies tab, and "Add company"."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.access import companies_for
from companies.alerts import alert_of
from companies.filters import CompanyFilter
from companies.forms import AddCompanyForm
from companies.lifecycle import open_company
from companies.models import Company
from companies.queries import totals_of
from companies.tables import CompanyTable
from licensing.errors import Refusal
from portal.web.alerts import Alert, with_alert, wrong_fields
from portal.web.htmx import redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@require_safe
@partner_account
def company_list(request: PortalRequest) -> HttpResponse:
    """The partner's companies with their licenses; the totals are those of the whole list, not of the page."""
    narrowed = CompanyFilter(request.GET, companies_for(request.account), request=request)
    totals = totals_of(narrowed.qs)
    context = {
        "section": "companies",
        "filter": narrowed,
        "totals": totals,
        "table": CompanyTable(narrowed.qs, request=request, count=totals.companies),
        "is_part": wants_part(request),
    }
    return render_page(request, "companies/list.html", context, part="companies")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_COMPANIES)
def add_company(request: PortalRequest) -> HttpResponse:
    """Open a company with its pool, tier and primary user (R1). A refusal keeps what was typed."""
    form = AddCompanyForm(request.POST if request.method == "POST" else None)
    alert = None
    if form.is_bound:
        try:
            if form.is_valid():
                return _added(request, _open(request, form))
            alert = wrong_fields()
        except Refusal as refusal:
            alert = alert_of(refusal)
    return _show_form(request, form, alert)


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
