"""The Activity tab: what was done, by whom, when; and the license ledger."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from companies.access import get_company
from companies.audit.enums import COMPANY_KINDS, AuditKind
from companies.audit.queries import NEEDED, events_of, kinds_for
from companies.audit.tables import ActivityTable, LedgerTable
from companies.models import Company
from licensing.ledger import entries_of
from portal.web.htmx import render_page
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account


@require_safe
@partner_account
def activity(request: PortalRequest, company_id: int) -> HttpResponse:
    """`?kind=` shows one kind of acts, `?view=ledger` the ledger (R16); nonsense in either shows all acts.

    "All" are the kinds that the account may read; another one is a 403 (R24).
    """
    company = get_company(request.account, company_id)
    if request.GET.get("view") == "ledger":
        return _ledger(request, company)
    kinds, kind = kinds_for(request.account), _kind(request.GET.get("kind", ""))
    if kind and kind not in kinds:
        raise PermissionDenied(NEEDED[kind])
    events = events_of(company, kind=kind)
    table = ActivityTable(events if kinds == COMPANY_KINDS else events.filter(kind__in=kinds), request=request)
    context = {"company": company, "table": table, "kinds": kinds, "kind": kind}
    return _page(request, context, table)


def _ledger(request: PortalRequest, company: Company) -> HttpResponse:
    entries = entries_of(company).select_related("by_account", "by_connector")
    table = LedgerTable(entries, request=request)
    return _page(request, {"company": company, "table": table, "is_ledger": True}, table)


def _page(request: PortalRequest, context: dict[str, object], table: ActivityTable | LedgerTable) -> HttpResponse:
    shell = {"tab": "activity", "section": "companies", "time_zone": request.partner.time_zone}
    return render_page(request, "companies/activity.html", context | shell, part=table.dom_id)


def _kind(value: str) -> AuditKind | None:
    return next((kind for kind in COMPANY_KINDS if kind == value), None)
