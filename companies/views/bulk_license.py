"""Licenses of many companies at once: choose them, look at what it would mean, confirm, see what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from companies.access import all_of, companies_for
from companies.alerts import alert_of
from companies.bulk import names_of, refused_alert, result_of, summary_of, told
from companies.filters import CompanyFilter
from companies.forms import BulkLicenseForm
from licensing.bulk import NotAll, begin, change_each, change_together, leave_to_worker
from licensing.bulk_plan import MOST, Plan, plan_bulk, sealed, unsealed
from licensing.enums import BulkState
from licensing.errors import Busy, Stale
from licensing.models import BulkChange
from portal.web.alerts import Alert, typed_before, with_alert, wrong_fields
from portal.web.htmx import redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back, refill, take
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission

AT_ONCE = 50
"""More companies than these are left to a worker."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of companies: those that were ticked, or all that the Companies tab's filter finds at this moment."""

    ids: tuple[int, ...]
    filter: str | None = None


@require_safe
@partner_account
@requires(Permission.CHANGE_LICENSE)
def bulk_license(request: PortalRequest) -> HttpResponse:
    """What is to be changed: the companies are in the address, as the list sent them."""
    chosen = _chosen(request, request.GET)
    return _unfit(request, chosen) or _show(request, chosen, BulkLicenseForm())


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_LICENSE)
@brings_back
def bulk_license_preview(request: PortalRequest) -> HttpResponse:
    """What it would mean for each company; nothing is changed before a `plan` comes back with a choice."""
    if request.method != "POST":
        return _typed_before(request)
    if "plan" in request.POST:
        return _confirm(request)
    chosen = _chosen(request, request.POST)
    form = BulkLicenseForm(request.POST)
    if unfit := _unfit(request, chosen):
        return unfit
    if not form.is_valid():
        return _show(request, chosen, form, wrong_fields())
    return _preview(request, chosen, form)


@require_safe
@partner_account
@requires(Permission.CHANGE_LICENSE)
def bulk_license_result(request: PortalRequest, token: str) -> HttpResponse:
    """What became of each company, for the account that confirmed it; until it is done, how far it is."""
    bulk = get_object_or_404(BulkChange, partner=request.partner, account=request.account, token=token)
    if wants_part(request) and bulk.state != BulkState.WAITING:
        return HttpResponseClientRefresh()
    context = {"section": "companies", "bulk": bulk, "result": result_of(bulk, request.partner)}
    return render_page(request, "companies/bulk_result.html", context, part="bulk-progress")


def _typed_before(request: PortalRequest) -> HttpResponse:
    """What was chosen before the sign-in ended; whoever follows the address alone has chosen nothing."""
    form = BulkLicenseForm()
    typed = take(request, request.account.pk)
    if typed is None or "plan" in typed:
        return redirect(request, "companies:list")
    refill(form, typed)
    chosen = _chosen(request, typed)
    return _unfit(request, chosen) or _show(request, chosen, form, typed_before())


def _chosen(request: PortalRequest, data: QueryDict) -> Chosen:
    """Ids that the account may not see are a 404 (R23)."""
    if "all" in data:
        query = data.get("filter", "").removeprefix("?")
        found = CompanyFilter(QueryDict(query), companies_for(request.account), request=request).qs
        return Chosen(tuple(found.order_by("name_sort", "pk").values_list("pk", flat=True)), query)
    typed = data.getlist("companies")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in typed):
        raise Http404
    ids = tuple(dict.fromkeys(map(int, typed)))
    all_of(request.account, ids)
    return Chosen(ids)


def _unfit(request: PortalRequest, chosen: Chosen) -> HttpResponse | None:
    """Nobody, or too many: back to the list, which says so."""
    if not chosen.ids:
        messages.warning(request, _("Choose at least one company first."))
    elif len(chosen.ids) > MOST:
        text = ngettext(
            "At most %(most)d companies can be changed at once; %(count)d is chosen. Narrow the list down first.",
            "At most %(most)d companies can be changed at once; %(count)d are chosen. Narrow the list down first.",
            len(chosen.ids),
        )
        messages.warning(request, text % {"most": MOST, "count": len(chosen.ids)})
    else:
        return None
    return redirect(request, "companies:list")


def _confirm(request: PortalRequest) -> HttpResponse:
    plan = unsealed(request.POST["plan"], account=request.account)
    choice = request.POST.get("choice")
    if choice not in {"all", "possible"}:
        raise BadRequest
    if plan is None:
        messages.warning(request, _("This preview is too old. Nothing was changed: choose the companies again."))
        return redirect(request, "companies:list")
    chosen = Chosen(tuple(all_of(request.account, [step.company_id for step in plan.steps])))
    try:
        with transaction.atomic():
            _run(request, plan, all_or_nothing=choice == "all")
    except NotAll as nothing:
        alert = refused_alert(nothing.refusals, of=len(plan.steps))
        meanwhile = {pk for pk, refusal in nothing.refusals.items() if isinstance(refusal, Stale)}
        return _preview(request, chosen, _form_of(plan), alert, meanwhile)
    except Busy as busy:
        return _preview(request, chosen, _form_of(plan), alert_of(busy))
    return redirect(request, "companies:bulk_license_result", plan.token)


def _run(request: PortalRequest, plan: Plan, *, all_or_nothing: bool) -> None:
    bulk, is_new = begin(plan, partner=request.partner, account=request.account, all_or_nothing=all_or_nothing)
    if not is_new:
        return
    if len(plan.steps) > AT_ONCE:
        leave_to_worker(bulk)
    elif all_or_nothing:
        change_together(bulk)
    else:
        change_each(bulk)


def _form_of(plan: Plan) -> BulkLicenseForm:
    form = BulkLicenseForm({"how": plan.wish.how, "number": str(plan.wish.number), "reason": plan.reason})
    form.is_valid()
    return form


def _preview(
    request: PortalRequest,
    chosen: Chosen,
    form: BulkLicenseForm,
    alert: Alert | None = None,
    meanwhile: Collection[int] = (),
) -> HttpResponse:
    """`meanwhile` names the companies whose licenses somebody changed after the last preview."""
    plan, previews = plan_bulk(request.partner, chosen.ids, wish=form.wish, reason=form.cleaned_data["reason"])
    context: dict[str, Any] = {
        "plan": plan,
        "sealed": sealed(plan, account=request.account),
        "previews": told(previews),
        "summary": summary_of(plan, previews),
        "meanwhile": meanwhile,
        # Translators: a button: change the licenses of all these companies, or, if one cannot be changed, of none
        "all_text": ngettext("Change it, or nothing", "Change all %(count)d, or nothing", plan.changing + plan.refused)
        % {"count": plan.changing + plan.refused},
        # Translators: a button: change the licenses of those companies that can be changed, and leave out the others
        "possible_text": ngettext("Change the %(count)d that can", "Change the %(count)d that can", plan.changing)
        % {"count": plan.changing},
    }
    return _show(request, chosen, form, alert, **context)


def _show(
    request: PortalRequest, chosen: Chosen, form: BulkLicenseForm, alert: Alert | None = None, **context: Any
) -> HttpResponse:
    context |= {
        "section": "companies",
        "chosen": chosen,
        "names": names_of(chosen.ids, request.partner),
        "form": form,
        "alert": alert,
    }
    return with_alert(request, render_page(request, "companies/bulk_license.html", context, part="bulk"), alert)
