"""Add users from a CSV file: choose it, see what is in it, confirm. Nothing is saved before every row is right (R5)."""

import csv
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from licensing.errors import EmailTaken, NoSeatsAvailable, Refusal
from licensing.locks import briefly
from portal.web.alerts import Alert, wrong_fields
from portal.web.htmx import redirect
from portal.web.requests import PortalRequest
from users import imports, uploads
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.enums import Door
from users.forms import FileForm
from users.people import Person
from users.provisioning import add_users
from users.uniqueness import clashes
from users.views.add import add_page
from users.views.add_many import added_text

_FAULTS_SHOWN = 100
_PEOPLE_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
def choose_file(request: PortalRequest, company_id: int) -> HttpResponse:
    """Read the file that was chosen: show every fault, or keep the people and go on to the preview."""
    company = get_company(request.account, company_id)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    page = partial(add_page, request, company, "users/add_file.html", "file", form=form)
    if request.method != "POST":
        return page()
    if not form.is_valid():
        return page(alert=wrong_fields())
    sheet = form.cleaned_data["file"]
    refusal = clashes(company, [person.email for person in sheet.people])
    if refusal:
        sheet = sheet.refusing(set(refusal.taken))
    if sheet.faults:
        return page(sheet=sheet, faults=sheet.faults[:_FAULTS_SHOWN], alert=_faults(sheet))
    token = uploads.keep(sheet.people, company=company, account=request.account)
    if sheet.ignored:
        messages.info(request, _("These columns were not read: %(names)s") % {"names": ", ".join(sheet.ignored)[:300]})
    return redirect(request, "users:add_file_check", company.pk, token)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
def check_file(request: PortalRequest, company_id: int, token: str) -> HttpResponse:
    """The preview of a file that is right; confirmed, its people are added, all or none."""
    company = get_company(request.account, company_id)
    people = uploads.kept(token, company=company, account=request.account)
    if people is None:
        return _used(request, company)
    page = partial(_preview, request, company, people)
    if request.method != "POST":
        return page(alert=_shortfall(request, company, people))
    try:
        with briefly():
            if not uploads.drop(token, company=company, account=request.account):
                return _used(request, company)
            add_users(company, people=people, by=request.account, door=Door.FILE)
    except Refusal as refusal:
        return page(
            alert=alert_of(refusal, account=request.account), clash=refusal if isinstance(refusal, EmailTaken) else None
        )
    messages.success(request, added_text(len(people)))
    return redirect(request, "users:list", company.pk)


@require_safe
@partner_account
@requires(Permission.CHANGE_USERS)
def template_file(request: PortalRequest, company_id: int) -> HttpResponse:
    """An empty file to fill in, with the mark by which Excel knows UTF-8."""
    get_company(request.account, company_id)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="users.csv"'
    csv.writer(response).writerow(imports.TEMPLATE_HEADER)
    return response


def _preview(
    request: PortalRequest, company: Company, people: list[Person], *, clash: EmailTaken | None = None, **more: Any
) -> HttpResponse:
    """The first people of the file; where addresses clash by now, those who have them."""
    taken, twice = (set(clash.taken), set(clash.twice)) if clash else (set(), set())
    shown = [person for person in people if person.email in taken | twice] or people
    context: dict[str, Any] = {"people": shown[:_PEOPLE_SHOWN], "count": len(people), "taken": taken, "twice": twice}
    context["more"] = len(shown) - len(shown[:_PEOPLE_SHOWN])
    return add_page(request, company, "users/check_file.html", "file", **context, **more)


def _used(request: PortalRequest, company: Company) -> HttpResponse:
    messages.warning(request, _("This preview was used already, or is too old. Look at the list before you go on."))
    return redirect(request, "users:list", company.pk)


def _faults(sheet: imports.Sheet) -> Alert:
    text = ngettext(
        "Nobody was added: %(count)d thing is wrong with the file. Correct it there, then choose the file again.",
        "Nobody was added: %(count)d things are wrong with the file. Correct them there, then choose the file again.",
        len(sheet.faults),
    )
    return Alert(text % {"count": len(sheet.faults)})


def _shortfall(request: PortalRequest, company: Company, people: list[Person]) -> Alert | None:
    """Told before anybody confirms, in the words of the refusal itself."""
    if len(people) <= company.seats_available:
        return None
    refusal = NoSeatsAvailable(needed=len(people), available=company.seats_available)
    return replace(alert_of(refusal, account=request.account), status=200)
