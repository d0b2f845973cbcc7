"""The Users tab: who is at a company, and what is done to them there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from companies.access import get_company
from companies.alerts import alert_of
from companies.models import Company
from licensing.approvals import approve_next, approve_users
from licensing.errors import Refusal, UserGone
from licensing.locks import locked
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from licensing.usage import usage_of
from licensing.wording import seated_text
from portal.web.alerts import Alert, with_alert
from portal.web.chips import chips_of
from portal.web.htmx import redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.directory.models import Connector
from users.directory.queries import ready_to_hand_over
from users.enums import SEAT_HOLDERS, UserStatus
from users.filters import UserFilter
from users.forms import NextForm
from users.queries import next_in, rejected_to_list, users_to_list
from users.selection import Everyone, everyone_of, everyone_rejected, ids_of_everyone
from users.tables import ACTING, RejectedTable, UserTable, WaitingTable
from users.takeover import manage_all_in_portal

_ACTS = {"approve": approve_users, "disable": disable_users, "enable": enable_users}
_ASKING = {"remove": "users/remove.html", "reject": "users/reject.html"}
"""What is asked about first, and by which dialog."""
_SEATING: Mapping[str, Callable[..., tuple[int, int]]] = {
    "undo_rejection": undo_rejection,
    "manage": manage_all_in_portal,
}
"""What tells how many came in from the line, beside how many it was done to."""
_KNOWN = {*_ACTS, *_ASKING, *_SEATING}
_NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of people: those that were ticked, or everyone whom the list shows, the newest of whom was `newest`."""

    ids: Collection[int]
    newest: int | None = None

    @property
    def picked(self) -> dict[str, object]:
        """What is ticked when the list is shown again."""
        return {"picked": self.ids if self.newest is None else (), "is_everyone": self.newest is not None}


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.SEE_USERS)
def users_tab(request: PortalRequest, company_id: int) -> HttpResponse:
    """The list. A POST to it does something to chosen people and shows the same search, order and page again."""
    if request.method == "POST":
        return _act(request, company_id=company_id)
    return _show(request, get_company(request.account, company_id))


@requires(Permission.CHANGE_USERS)
def _act(request: PortalRequest, company_id: int) -> HttpResponse:
    company = get_company(request.account, company_id)
    act = request.POST.get("act", "")
    if act == "approve_next":
        return _approve_next(request, company)
    if act not in _KNOWN:
        raise BadRequest
    chosen = _chosen(request, company)
    if not chosen.ids:
        return _show(request, company, alert=Alert(_("Choose at least one user first.")))
    if act in _ASKING:
        return _ask_or_do(request, company, act, chosen)
    seated = 0
    try:
        if act in _SEATING:
            count, seated = _SEATING[act](company, users=chosen.ids, by=request.account)
        else:
            count = _ACTS[act](company, users=chosen.ids, by=request.account)
    except Refusal as refusal:
        picked = chosen.picked if "bulk" in request.POST else {}
        return _show(request, company, alert=alert_of(refusal, account=request.account), **picked)
    return _done(request, company, _done_text(act, count), seated=seated)


def _approve_next(request: PortalRequest, company: Company) -> HttpResponse:
    form = NextForm(request.POST)
    page = partial(_show, request, company, next_form=form)
    if not form.is_valid():
        return page(alert=Alert(" ".join(map(str, form.errors["count"]))))
    try:
        with locked(company) as now:
            if now.users_pending < form.cleaned_data["waiting"]:
                text = _("Fewer people wait than when this page was opened. Look at it, then do it again.")
                return page(alert=Alert(text))
            count = approve_next(company, count=form.cleaned_data["count"], by=request.account)
    except Refusal as refusal:
        return page(alert=alert_of(refusal, account=request.account))
    return _done(request, company, _done_text("approve", count))


def _ask_or_do(request: PortalRequest, company: Company, act: str, chosen: Chosen) -> HttpResponse:
    """Ask first, with the names; remove or reject when that was confirmed.

    Everyone whom a list shows is asked about again where they are not so many any more as was confirmed.
    """
    page = partial(_ask, request, company, act, chosen)
    if "confirmed" not in request.POST:
        return page()
    if chosen.newest is not None and _number(request.POST.get("count", "")) != len(chosen.ids):
        return page(alert=Alert(_("The list changed meanwhile. Nothing was done: look at the numbers again.")))
    seated = 0
    try:
        if act == "reject":
            count = reject_users(company, users=chosen.ids, by=request.account)
        else:
            count, seated = remove_users(company, users=chosen.ids, by=request.account)
    except Refusal as refusal:
        return page(alert=alert_of(refusal))
    return _done(request, company, _done_text(act, count), seated=seated)


def _ask(
    request: PortalRequest, company: Company, act: str, chosen: Chosen, *, alert: Alert | None = None
) -> HttpResponse:
    listed = users_to_list(company).filter(pk__in=chosen.ids)
    waits, holds = Q(status=UserStatus.PENDING), Q(status__in=SEAT_HOLDERS)
    found = listed.aggregate(everyone=Count("pk"), freed=Count("pk", filter=holds), waiting=Count("pk", filter=waits))
    if not found["everyone"]:
        return _show(request, company, alert=alert_of(UserGone(user_ids=tuple(chosen.ids))))
    people = list(listed.order_by("name_sort", "pk")[:_NAMED_AT_MOST])
    context = {
        "company": company,
        "tab": "users",
        "section": "companies",
        "people": people,
        "more": found["everyone"] - len(people),
        "count": found["everyone"],
        "freed": found["freed"],
        "waiting": found["waiting"],
        "next_in": next_in(company, freed=found["freed"], without=chosen.ids),
        "newest": chosen.newest,
        "chosen": sorted(listed.values_list("pk", flat=True)) if chosen.newest is None else (),
        "back": request.get_full_path(),
        "alert": alert,
    }
    response = render_page(request, _ASKING[act], context, part="dialog")
    if wants_part(request):
        response = reswap(retarget(response, "#dialog"), "innerHTML")
    return with_alert(request, response, alert)


def _done(request: PortalRequest, company: Company, text: str, *, seated: int = 0) -> HttpResponse:
    """Show the list as it is now: at once where htmx can swap it, else by sending the browser to it."""
    messages.success(request, text)
    if seated:
        messages.info(request, seated_text(seated))
    if wants_part(request) and request.htmx.target == "users-tab":
        company.refresh_from_db()
        return _show(request, company, is_answer=True)
    return redirect(request, request.get_full_path())


def _show(request: PortalRequest, company: Company, *, alert: Alert | None = None, **more: Any) -> HttpResponse:
    """The whole tab, or under htmx what it asked for: the tab's contents, or the table alone."""
    filtered = UserFilter(request.GET, queryset=users_to_list(company))
    table, everyone = _table(request, company, filtered)
    usage = usage_of(company)
    context = {
        "company": company,
        "tab": "users",
        "section": "companies",
        "filter": filtered,
        "chips": chips_of(filtered.form, request),
        "table": table,
        "everyone": everyone,
        "export_url": "" if request.account.visit else reverse("users:export", args=[company.pk]),
        "usage": usage,
        "alert": alert,
        "here": f"?{request.GET.urlencode()}" if request.GET else "",
        "next_form": NextForm(initial={"count": min(usage.pending, usage.available) or usage.pending}),
    }
    part = "users-table" if wants_part(request) and request.htmx.target == table.dom_id else "users-tab"
    return with_alert(request, render_page(request, "users/list.html", context | more, part=part), alert)


def _table(
    request: PortalRequest, company: Company, filtered: UserFilter
) -> tuple[UserTable | RejectedTable, Everyone]:
    may_change = Permission.CHANGE_USERS in request.account.permissions
    if filtered.only_rejected:
        left_out = RejectedTable.Meta.exclude + (() if may_change else ACTING)
        rejections = filtered.rejected(rejected_to_list(company))
        everyone = everyone_rejected(rejections)
        return RejectedTable(rejections, request=request, count=everyone.count, exclude=left_out), everyone
    kind = WaitingTable if filtered.only_waiting else UserTable
    everyone = everyone_of(filtered.qs, company)
    table = kind(filtered.qs, request=request, count=everyone.count, exclude=() if may_change else ACTING)
    return table, everyone


def _chosen(request: PortalRequest, company: Company) -> Chosen:
    """The ids that were sent; what is no id belongs to nobody and is passed over.

    Or everyone whom the list shows, on whichever page; or of one removed connector all whom the portal can manage as
    they are: there may be thousands (R21).
    """
    if "all" in request.POST:
        newest = _number(request.POST.get("newest", "")) or 0
        filtered = UserFilter(request.GET, queryset=users_to_list(company))
        return Chosen(ids_of_everyone(company, filtered, newest=newest), newest)
    numbers = {value for value in map(_number, request.POST.getlist("users")) if value is not None}
    asked = _number(request.POST.get("connector", ""))
    if asked is None:
        return Chosen(numbers)
    connector = Connector.objects.of_company(company).filter(pk=asked).first()
    handed = ready_to_hand_over(connector).values_list("pk", flat=True) if connector else ()
    return Chosen(numbers.union(handed))


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _done_text(act: str, count: int) -> str:
    texts = {
        "approve": ngettext("%(count)d user was approved.", "%(count)d users were approved.", count),
        "disable": ngettext("%(count)d user was disabled.", "%(count)d users were disabled.", count),
        "enable": ngettext("%(count)d user was enabled.", "%(count)d users were enabled.", count),
        "remove": ngettext("%(count)d user was removed.", "%(count)d users were removed.", count),
        "reject": ngettext("%(count)d user was rejected.", "%(count)d users were rejected.", count),
        "undo_rejection": ngettext(
            "%(count)d user is pending approval again.", "%(count)d users are pending approval again.", count
        ),
        "manage": ngettext(
            "%(count)d user is managed in the portal now.", "%(count)d users are managed in the portal now.", count
        ),
    }
    return texts[act] % {"count": count}
