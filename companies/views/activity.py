"""The Activity tab: what was done, by whom, when; and the license ledger."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from companies.access import get_company
from companies.audit.enums import COMPANY_KINDS, AuditKind
from companies.audit.export import activity_sheet, exported
from companies.audit.models import AuditEvent
from companies.audit.queries import NEEDED, events_of, kinds_for
from companies.audit.tables import ActivityTable, LedgerTable
from companies.exports import ledger_sheet
from companies.models import Company
from licensing.ledger import entries_of
from licensing.models import LedgerEntry
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
    if _is_ledger(request):
        table = LedgerTable(_entries(company), request=request)
        return _page(request, {"company": company, "table": table, "is_ledger": True}, table)
    kind = _kind(request)
    events = ActivityTable(_events(request, company, kind), request=request)
    context = {"company": company, "table": events, "kinds": kinds_for(request.account), "kind": kind}
    return _page(request, context, events)


@require_GET
@partner_account
def activity_export(request: PortalRequest, company_id: int) -> HttpResponse:
    """What the tab shows at the same query, as a file."""
    company = get_company(request.account, company_id)
    if _is_ledger(request):
        return exported(request, ledger_sheet(company, _entries(company)), what="ledger", company=company)
    kind = _kind(request)
    sheet = activity_sheet(company, _events(request, company, kind))
    return exported(request, sheet, what="activity", company=company, filters=["kind"] if kind else [])


def _is_ledger(request: PortalRequest) -> bool:
    return request.GET.get("view") == "ledger"


def _entries(company: Company) -> QuerySet[LedgerEntry]:
    return entries_of(company).select_related("by_account", "by_connector")


def _events(request: PortalRequest, company: Company, kind: AuditKind | None) -> QuerySet[AuditEvent]:
    kinds = kinds_for(request.account)
    if kind and kind not in kinds:
        raise PermissionDenied(NEEDED[kind])
    events = events_of(company, kind=kind)
    return events if kinds == COMPANY_KINDS else events.filter(kind__in=kinds)


def _page(request: PortalRequest, context: dict[str, Any], table: ActivityTable | LedgerTable) -> HttpResponse:
    company = context["company"]
    address = reverse("companies:activity_export", args=[company.pk])
    shell = {
        "tab": "activity",
        "section": "companies",
        "time_zone": request.partner.time_zone,
        "export_url": "" if request.account.visit else address,
    }
    return render_page(request, "companies/activity.html", context | shell, part=table.dom_id)


def _kind(request: PortalRequest) -> AuditKind | None:
    return next((kind for kind in COMPANY_KINDS if kind == request.GET.get("kind")), None)
