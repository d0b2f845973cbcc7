"""Add users, many at once: paste their e-mails, then see to their names (R5)."""

from dataclasses import asdict
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from licensing.errors import EmailTaken, Refusal
from portal.web.alerts import Alert, typed_before, wrong_fields
from portal.web.htmx import redirect
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back, refill, take
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.forms import AddressesForm, PeopleForms
from users.provisioning import add_users
from users.views.add import add_page


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
@brings_back
def add_many(request: PortalRequest, company_id: int) -> HttpResponse:
    """Two steps at one address: the second one's form says so by its rows, and saves nothing before it is sent."""
    company = get_company(request.account, company_id)
    if "people-TOTAL_FORMS" in request.POST:
        return _add(request, company)
    form = AddressesForm(request.POST if request.method == "POST" else None)
    page = partial(add_page, request, company, "users/add_many.html", "many", form=form)
    if request.method != "POST":
        return _typed_before(request, company, form)
    if not form.is_valid():
        return page(alert=wrong_fields())
    rows = PeopleForms(initial=[asdict(address) for address in form.cleaned_data["emails"]], prefix="people")
    return add_page(request, company, "users/add_names.html", "many", rows=rows)


def _typed_before(request: PortalRequest, company: Company, form: AddressesForm) -> HttpResponse:
    """The first step, or whichever was open, with what was typed there, when the sign-in ended."""
    page = partial(add_page, request, company)
    typed = take(request, request.account.pk)
    if typed is None:
        return page("users/add_many.html", "many", form=form)
    count = typed.get("people-TOTAL_FORMS", "")
    if not (count.isascii() and count.isdigit() and len(count) < 4):
        refill(form, typed)
        return page("users/add_many.html", "many", form=form, alert=typed_before())
    rows = PeopleForms(initial=[{}] * int(count), prefix="people")
    for row in rows.forms:
        refill(row, typed)
    return page("users/add_names.html", "many", rows=rows, alert=typed_before())


def _add(request: PortalRequest, company: Company) -> HttpResponse:
    rows = PeopleForms(request.POST, prefix="people")
    page = partial(add_page, request, company, "users/add_names.html", "many", rows=rows)
    if not rows.is_valid():
        about_all = " ".join(map(str, rows.non_form_errors()))
        return page(alert=Alert(about_all) if about_all else wrong_fields())
    if not rows.people:
        return page(alert=Alert(_("Every row is left out: there is nobody to add.")))
    try:
        count = len(add_users(company, people=rows.people, by=request.account))
    except Refusal as refusal:
        if isinstance(refusal, EmailTaken):
            rows.refuse_emails(refusal)
        return page(alert=alert_of(refusal, account=request.account))
    messages.success(request, added_text(count))
    return redirect(request, "users:list", company.pk)


def added_text(count: int) -> str:
    return ngettext("%(count)d user was added.", "%(count)d users were added.", count) % {"count": count}
