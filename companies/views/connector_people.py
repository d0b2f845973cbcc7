"""What a connector did with people, run by run, and what it holds back until an Admin decides (R22)."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from companies.access import get_company
from companies.alerts import alert_of
from companies.audit.export import exported
from companies.exports import outcomes_sheet
from companies.models import Company
from companies.views.connector import get_connector, get_connector_ever, page_of
from licensing.errors import Refusal
from portal.web.alerts import Alert, with_alert
from portal.web.htmx import redirect, render_page
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.directory.enums import OutcomeKind
from users.directory.held import confirm_held, reject_held
from users.directory.models import Connector, Outcome, Run
from users.directory.queries import differences_of, held_of, lines_of, outcomes_of, runs_of
from users.directory.tables import HeldTable, OutcomeTable

_ACTS = {"confirm": confirm_held, "reject": reject_held}
_MOST_DIGITS = 18


@require_safe
@partner_account
@requires(Permission.SEE_POLICIES)
def connector_run(request: PortalRequest, company_id: int, connector_id: int, run_id: int) -> HttpResponse:
    """What became of each person in one run; `?kind=` shows one outcome alone, nonsense in it all of them."""
    company = get_company(request.account, company_id)
    connector = get_connector_ever(company, connector_id)
    run = _run(connector, run_id)
    outcomes, kind = _outcomes(request, run)
    table = OutcomeTable(outcomes, request=request)
    address = reverse("companies:connector_run_export", args=[company.pk, connector.pk, run.pk])
    context = _base(request, company, connector) | {"export_url": "" if request.account.visit else address}
    context |= {"run": run, "line": lines_of([run])[0], "kind": kind, "table": table}
    return render_page(request, "connectors/run.html", context, part=table.dom_id)


@require_GET
@partner_account
@requires(Permission.SEE_POLICIES)
def connector_run_export(request: PortalRequest, company_id: int, connector_id: int, run_id: int) -> HttpResponse:
    """What the page of the run shows at the same query, on all its pages, as a file."""
    company = get_company(request.account, company_id)
    connector = get_connector_ever(company, connector_id)
    outcomes, kind = _outcomes(request, _run(connector, run_id))
    sheet = outcomes_sheet(connector, outcomes)
    return exported(request, sheet, what="outcomes", company=company, filters=["kind"] if kind else [])


def _run(connector: Connector, run_id: int) -> Run:
    return get_object_or_404(runs_of(connector), pk=run_id)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.SEE_POLICIES)
def connector_held(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    """What is held, and what was rejected and still differs from the directory. A POST decides (Admins only)."""
    if request.method == "POST":
        return _decide(request, company_id=company_id, connector_id=connector_id)
    company = get_company(request.account, company_id)
    return _show_held(request, company, get_connector_ever(company, connector_id))


@requires(Permission.DECIDE_HELD)
def _decide(request: PortalRequest, company_id: int, connector_id: int) -> HttpResponse:
    company = get_company(request.account, company_id)
    connector = get_connector(company, connector_id)
    act = request.POST.get("act", "")
    if act not in _ACTS:
        raise BadRequest
    chosen = _chosen(request, connector)
    if not chosen:
        return _show_held(request, company, connector, alert=Alert(_("Choose at least one person first.")))
    try:
        count = _ACTS[act](connector, held=chosen, by=request.account)
    except Refusal as refusal:
        alert = alert_of(refusal, company)
        return _show_held(request, company, connector, alert=alert, picked=chosen)
    messages.success(request, _done_text(act, count))
    is_empty = not held_of(connector).exists()
    return redirect(request, page_of(connector) if is_empty else request.get_full_path())


def _show_held(
    request: PortalRequest,
    company: Company,
    connector: Connector,
    *,
    alert: Alert | None = None,
    picked: frozenset[int] = frozenset(),
) -> HttpResponse:
    held = held_of(connector)
    may_decide = Permission.DECIDE_HELD in request.account.permissions and connector.removed_at is None
    table = HeldTable(held, request=request, exclude=() if may_decide else ("pick",))
    context = _base(request, company, connector) | {
        "table": table,
        "newest": held.order_by("-id").values_list("pk", flat=True).first(),
        "differences": differences_of(connector),
        "picked": picked,
        "may_decide": may_decide,
        "alert": alert,
    }
    return with_alert(request, render_page(request, "connectors/held.html", context, part=table.dom_id), alert)


def _outcomes(request: PortalRequest, run: Run) -> tuple[QuerySet[Outcome], OutcomeKind | None]:
    outcomes = outcomes_of(run)
    kind = next((kind for kind in OutcomeKind if kind == request.GET.get("kind")), None)
    return outcomes.filter(kind=kind) if kind else outcomes, kind


def _base(request: PortalRequest, company: Company, connector: Connector) -> dict[str, object]:
    shell = {"company": company, "section": "companies", "tab": "settings", "connector": connector}
    return shell | {"time_zone": request.partner.time_zone}


def _chosen(request: PortalRequest, connector: Connector) -> frozenset[int]:
    """The ids that were sent; or all that were held when the page was made: what came since was seen by nobody."""
    until = _number(request.POST.get("until", ""))
    if until is not None:
        return frozenset(held_of(connector).filter(pk__lte=until).values_list("pk", flat=True))
    numbers = (_number(value) for value in request.POST.getlist("held"))
    return frozenset(number for number in numbers if number is not None)


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS else None


def _done_text(act: str, count: int) -> str:
    if act == "confirm":
        text = ngettext("%(count)d change was carried out.", "%(count)d changes were carried out.", count)
    else:
        text = ngettext(
            "%(count)d change was rejected: the person stays as before.",
            "%(count)d changes were rejected: the people stay as before.",
            count,
        )
    return text % {"count": count}
