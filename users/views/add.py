"""Add users, one person at a time (R5)."""

from functools import partial

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from licensing.errors import EmailTaken, Refusal
from portal.web.alerts import Alert, brought_back, with_alert, wrong_fields
from portal.web.htmx import redirect
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.forms import PersonForm
from users.provisioning import add_users


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
@brings_back
def add_user(request: PortalRequest, company_id: int) -> HttpResponse:
    company = get_company(request.account, company_id)
    form = PersonForm(request.POST if request.method == "POST" else None)
    page = partial(add_page, request, company, "users/add.html", "one", form=form)
    if request.method != "POST":
        return page(alert=brought_back(request, form))
    if not form.is_valid():
        return page(alert=wrong_fields())
    try:
        (user,) = add_users(company, people=[form.person], by=request.account)
    except Refusal as refusal:
        if isinstance(refusal, EmailTaken):
            form.refuse_email()
        return page(alert=alert_of(refusal, account=request.account))
    messages.success(request, _("%(name)s was added and is Active.") % {"name": user.full_name})
    return redirect(request, "users:list", company.pk)


def add_page(
    request: PortalRequest,
    company: Company,
    template: str,
    way: str,
    *,
    form: BaseForm | None = None,
    alert: Alert | None = None,
    **more: object,
) -> HttpResponse:
    """One of the three ways of adding people, with the seats that are available now."""
    context = {"company": company, "tab": "users", "section": "companies", "way": way, "form": form}
    context["alert"] = alert
    return with_alert(request, render(request, template, context | more), alert)
