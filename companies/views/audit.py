"""The Audit page: what was done in all companies of the partner, and by its accounts. For Admins (R24)."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from companies.audit.export import MOST_LINES, audit_sheet, exported
from companies.audit.filters import AuditFilter
from companies.audit.queries import events_of_partner
from companies.audit.tables import AuditTable
from portal.web.chips import chips_of
from portal.web.htmx import part_asked, render_page
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
    """The same events as the page shows, as a file.

    A filter that makes no sense is answered by the page, never by more events than were asked for.
    """
    if request.account.visit:
        raise PermissionDenied
    narrowed = _narrowed(request)
    if not narrowed.form.is_valid():
        return _show(request, narrowed, status=422)
    return exported(request, audit_sheet(narrowed.qs), what="audit", filters=narrowed.chosen)


def _show(request: PortalRequest, narrowed: AuditFilter, *, status: int = 200) -> HttpResponse:
    context = {
        "section": "audit",
        "filter": narrowed,
        "chips": chips_of(narrowed.form, request),
        "table": AuditTable(narrowed.qs, request=request),
        "most_lines": MOST_LINES,
        "export_url": "" if request.account.visit else reverse("audit:export"),
        "time_zone": request.partner.time_zone,
    }
    return render_page(
        request, "audit/list.html", context, part=part_asked(request, "audit-tab", "audit"), status=status
    )


def _narrowed(request: PortalRequest) -> AuditFilter:
    return AuditFilter(request.GET, events_of_partner(request.partner), partner=request.partner)
