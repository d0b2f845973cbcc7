"""The pencil: seats and tier in one dialog and one save (R10 to R13)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of, blocker_items
from companies.forms import LicenseForm, SeatsField
from companies.models import Company
from companies.views.pages import back_to_settings, show_dialog
from licensing.enums import Tier
from licensing.errors import DowngradeBlocked, Refusal, Stale
from licensing.ledger import newest_number
from licensing.pools import Saved, change_license
from licensing.preview import LinePreview, license_preview, line_preview
from licensing.wording import seated_text
from portal.web.alerts import Alert, wrong_fields
from portal.web.htmx import render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission

_LINE = "license-line"
"""The part of the dialog that says who would come in."""


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_LICENSE)
def edit_license(request: PortalRequest, company_id: int) -> HttpResponse:
    """The dialog "Edit license". `?tier=advanced` opens it with that tier chosen already.

    While a number of seats is typed, htmx asks again who would come in with so many (`?seats=`).
    """
    company = get_company(request.account, company_id)
    if request.method == "POST":
        return _save(request, company)
    if wants_part(request) and request.htmx.target == _LINE:
        return _show_line(request, company)
    # The number before the numbers: a change in between makes the form stale, and is not missed.
    seen = newest_number(company)
    company.refresh_from_db()
    tier = request.GET.get("tier")
    initial = {"seats": company.seats, "tier": tier if tier in Tier else company.tier, "seen": seen}
    return _show(request, company, LicenseForm(auto_id="license_%s", initial=initial))


def _save(request: PortalRequest, company: Company) -> HttpResponse:
    form = LicenseForm(request.POST, auto_id="license_%s")
    if not form.is_valid():
        return _show(request, company, form, wrong_fields())
    if "preview" in request.POST:
        # Without JavaScript, who would come in is looked at by a button.
        return _show(request, company, form)
    data = form.cleaned_data
    try:
        saved = change_license(
            company,
            seats=data["seats"],
            tier=data["tier"],
            seen=data["seen"],
            by=request.account,
            reason=data["reason"],
            approves=data["approve"],
        )
    except Stale as stale:
        return _show(request, company, _seen_now(request.POST, stale), alert_of(stale, company))
    except Refusal as refusal:
        is_blocked = isinstance(refusal, DowngradeBlocked)
        return _show(request, company, form, alert_of(refusal, company), is_blocked=is_blocked)
    _tell(request, saved, data)
    return back_to_settings(request, company, "license")


def _seen_now(typed: QueryDict, stale: Stale) -> LicenseForm:
    """What was typed stays; saving it again is a knowing act, for the changes up to now were shown."""
    typed = typed.copy()
    typed["seen"] = str(stale.newest)
    return LicenseForm(typed, auto_id="license_%s")


def _show(
    request: PortalRequest,
    company: Company,
    form: LicenseForm,
    alert: Alert | None = None,
    *,
    is_blocked: bool = False,
) -> HttpResponse:
    company.refresh_from_db()
    preview = license_preview(company)
    # The field itself, for a form that was not looked at yet, and what a validated one keeps of it.
    form.fields["seats"].help_text = form["seats"].help_text = _floor_text(preview.floor)
    # A refused downgrade lists the blockers in its alert: once is enough.
    blockers = () if is_blocked else blocker_items(company, preview.blockers)
    line = _line(company, form["seats"].value())
    return show_dialog(
        request, company, "companies/license.html", alert=alert, form=form, blockers=blockers, line=line, line_id=_LINE
    )


def _show_line(request: PortalRequest, company: Company) -> HttpResponse:
    """Who would come in with the seats that are typed at the moment; a tick stays."""
    form = LicenseForm(auto_id="license_%s", initial={"approve": "approve" in request.GET})
    context = {"company": company, "form": form, "line": _line(company, request.GET.get("seats", ""))}
    return render_page(request, "companies/license.html", context, part=_LINE)


def _line(company: Company, typed: object) -> LinePreview | None:
    """Nonsense is answered when it is saved; until then it is no seat more."""
    try:
        seats = SeatsField().clean(typed)
    except ValidationError:
        seats = company.seats
    return line_preview(company, seats=seats)


def _floor_text(floor: int) -> str:
    text = ngettext(
        "At least %(floor)d: that many seats are used.", "At least %(floor)d: that many seats are used.", floor
    )
    return text % {"floor": floor}


def _tell(request: PortalRequest, saved: Saved, data: dict[str, Any]) -> None:
    """What this save did: what others did meanwhile is no part of it. Who came in may be others than were named."""
    seats, tier = data["seats"], data["tier"]
    text = ngettext("License saved: %(seats)d seat on %(tier)s.", "License saved: %(seats)d seats on %(tier)s.", seats)
    messages.success(request, text % {"seats": seats, "tier": tier.label})
    if saved.seated:
        messages.info(request, seated_text(saved.seated))
    if saved.approved:
        text = ngettext("%(count)d user was approved.", "%(count)d users were approved.", saved.approved)
        messages.success(request, text % {"count": saved.approved})
    elif data["approve"]:
        messages.info(request, _("Nobody was approved: nobody was waiting any more, or no seat was available."))
