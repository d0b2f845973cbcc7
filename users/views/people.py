"""One person: the names, and the role of the primary user."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from licensing.errors import Refusal
from licensing.primary import transfer_primary
from licensing.wording import seated_text
from portal.web.alerts import Alert, brought_back, with_alert, wrong_fields
from portal.web.htmx import redirect, render_page
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.access import get_user
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.forms import NamesForm
from users.models import User
from users.provisioning import rename_user
from users.takeover import manage_in_portal


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
@brings_back
def edit_user(request: PortalRequest, company_id: int, user_id: int) -> HttpResponse:
    """Change the names of a person whom the portal manages; a directory's people are edited there (R21).

    Those whose connector was removed are edited nowhere: saved here, the portal manages them.
    """
    company = get_company(request.account, company_id)
    user = get_user(company, user_id)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    form = NamesForm(request.POST if request.method == "POST" else None, initial=names)
    form.fields["first_name"].widget.attrs["autofocus"] = True
    page = partial(_page, request, "users/edit.html", company, user, form=form)
    if request.method != "POST":
        return page(alert=brought_back(request, form))
    if not form.is_valid():
        return page(alert=wrong_fields())
    is_orphan = user.connector is not None and user.connector.removed_at is not None
    rule = manage_in_portal if is_orphan else rename_user
    try:
        user = rule(user, by=request.account, **form.cleaned_data)
    except Refusal as refusal:
        return page(alert=alert_of(refusal))
    done = _("%(name)s is managed in the portal now.") if is_orphan else _("The names of %(name)s were saved.")
    messages.success(request, done % {"name": user.full_name})
    return redirect(request, _list_of(request, company))


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
def make_primary(request: PortalRequest, company_id: int, user_id: int) -> HttpResponse:
    """Hand the role of the primary user on (R18), after a confirmation that names both."""
    company = get_company(request.account, company_id)
    user = get_user(company, user_id)
    page = partial(_page, request, "users/make_primary.html", company, user, former=company.primary_user)
    if request.method != "POST":
        return page()
    try:
        seated = transfer_primary(company, to=user.pk, by=request.account)
    except Refusal as refusal:
        return page(alert=alert_of(refusal))
    messages.success(request, _("%(name)s is the primary user now.") % {"name": user})
    if seated:
        messages.info(request, seated_text(seated))
    return redirect(request, _list_of(request, company))


def _page(
    request: PortalRequest, template: str, company: Company, user: User, *, alert: Alert | None = None, **more: object
) -> HttpResponse:
    """A dialog: htmx opens it over the list, a plain page shows it in the list's place."""
    context = {"company": company, "tab": "users", "section": "companies", "person": user}
    context |= {"back": _list_of(request, company), "alert": alert}
    return with_alert(request, render_page(request, template, context | more, part="dialog"), alert)


def _list_of(request: PortalRequest, company: Company) -> str:
    """The Users tab with the search, order and page that the person came from: this page's query is the list's."""
    query = request.GET.urlencode()
    return reverse("users:list", args=[company.pk]) + (f"?{query}" if query else "")
