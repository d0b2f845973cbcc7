"""The Audit page: what was done in all companies of the partner, and by its accounts. For Admins (R24)."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from companies.audit.enums import Act
from companies.audit.export import MOST_LINES, write_csv
from companies.audit.filters import AuditFilter
from companies.audit.queries import events_of_partner
from companies.audit.record import record_of_partner
from companies.audit.tables import AuditTable
from portal.web.htmx import render_page
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


@require_safe
@partner_account
@requires(Permission.SEE_AUDIT)
def audit(request: PortalRequest) -> HttpResponse:
    """Newest first, in pages; narrowed by what AuditFilter knows."""
    return _show(request, _narrowed(request))


@require_GET
@partner_account
@requires(Permission.SEE_AUDIT)
def export(request: PortalRequest) -> HttpResponse:
    """The same events as the page shows, as CSV. That they were taken away is written down too.

    Support staff who view the portal as the partner does read the page; they take nothing away (R25).

    Made within the request: its transaction is the partner's scope, which a streamed answer would outlive (R23).
    A filter that makes no sense is answered by the page, never by more events than were asked for.
    """
    if request.account.visit:
        raise PermissionDenied
    narrowed = _narrowed(request)
    if not narrowed.form.is_valid():
        return _show(request, narrowed, status=422)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate():%Y-%m-%d}.csv"'
    count = write_csv(narrowed.qs, response)
    record_of_partner(request.partner.pk, Act.AUDIT_EXPORTED, by=request.account, count=count, filters=narrowed.chosen)
    return response


def _show(request: PortalRequest, narrowed: AuditFilter, *, status: int = 200) -> HttpResponse:
    context = {
        "section": "audit",
        "filter": narrowed,
        "table": AuditTable(narrowed.qs, request=request),
        "most_lines": MOST_LINES,
        "may_export": not request.account.visit,
        "time_zone": request.partner.time_zone,
    }
    return render_page(request, "audit/list.html", context, part="audit", status=status)


def _narrowed(request: PortalRequest) -> AuditFilter:
    return AuditFilter(request.GET, events_of_partner(request.partner), partner=request.partner)
