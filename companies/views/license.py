"""The pencil: seats and tier in one dialog and one save (R10 to R13)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from companies.access import get_company
from companies.alerts import alert_of
from companies.forms import LicenseForm
from companies.models import Company
from companies.views.connectors import ask_remove
from companies.views.pages import back_to_settings
from companies.views.planner import PART, back_to_planner, show_plan, show_planner
from companies.views.policies import ask_switch_off
from licensing.enums import Tier
from licensing.errors import Refusal, Stale
from licensing.ledger import newest_number
from licensing.pools import Saved, change_license
from licensing.wording import seated_text
from portal.web.alerts import brought_back, wrong_fields
from portal.web.htmx import wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_LICENSE)
@brings_back
def edit_license(request: PortalRequest, company_id: int) -> HttpResponse:
    """The dialog "Edit license". `?tier=advanced` opens it with that tier chosen already.

    While one types, htmx asks again what a save would do. A POST with `settle` asks about one thing that stands in the
    way of Standard; one with `plan` comes back from there.
    """
    company = get_company(request.account, company_id)
    if request.method == "POST":
        return _answer(request, company)
    if wants_part(request) and request.htmx.target == PART:
        return show_plan(request, company)
    # The number before the numbers: a change in between makes the form stale, and is not missed.
    seen = newest_number(company)
    company.refresh_from_db()
    tier = request.GET.get("tier")
    initial = {"seats": company.seats, "tier": tier if tier in Tier else company.tier, "seen": seen}
    form = LicenseForm(auto_id="license_%s", initial=initial)
    return show_planner(request, company, form, alert=brought_back(request, form))


def _answer(request: PortalRequest, company: Company) -> HttpResponse:
    if "settle" in request.POST:
        return _settle(request, company, request.POST["settle"])
    if "plan" in request.POST:
        return back_to_planner(request, company)
    return _save(request, company)


def _settle(request: PortalRequest, company: Company, obstacle: str) -> HttpResponse:
    """Ask about a policy or connector, as the Settings tab does: its own dialog warns, and asks for a confirmation."""
    kind, _colon, which = obstacle.partition(":")
    if kind == "policy":
        return ask_switch_off(request, company, which)
    if kind == "connector" and which.isascii() and which.isdigit() and len(which) < 19:
        return ask_remove(request, company, int(which))
    raise Http404


def _save(request: PortalRequest, company: Company) -> HttpResponse:
    form = LicenseForm(request.POST, auto_id="license_%s")
    if not form.is_valid():
        return show_planner(request, company, form, alert=wrong_fields())
    if "preview" in request.POST:
        # Without JavaScript, what a save would do is looked at by a button.
        return show_planner(request, company, form)
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
        return show_planner(request, company, _seen_now(request.POST, stale), alert=alert_of(stale, company))
    except Refusal as refusal:
        return show_planner(request, company, form, alert=alert_of(refusal, company))
    _tell(request, saved, data)
    return back_to_settings(request, company, "license")


def _seen_now(typed: QueryDict, stale: Stale) -> LicenseForm:
    """What was typed stays; saving it again is a knowing act, for the changes up to now were shown."""
    typed = typed.copy()
    typed["seen"] = str(stale.newest)
    return LicenseForm(typed, auto_id="license_%s")


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
