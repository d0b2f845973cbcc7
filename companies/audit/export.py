"""What is taken away as a file is written down; and the audit itself as such a file."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from companies.audit.enums import Act, AuditKind, Outcome
from companies.audit.models import AuditEvent
from companies.audit.queries import Line, lines_of
from companies.audit.record import record, record_of_partner
from companies.models import Company
from portal.web.exports import AT_ONCE, Cell, Row, Sheet, file_of, kind_asked
from portal.web.requests import PortalRequest

MOST_LINES = 100_000
"""So many events are in one file at most: it is made within one request."""


def exported(
    request: PortalRequest,
    sheet: Sheet,
    *,
    what: str,
    company: Company | None = None,
    filters: Collection[str] = (),
) -> HttpResponse:
    """The sheet as a file; that so many rows of `what` were taken away, and narrowed by what, is written down.

    Support staff who view the portal as the partner does read its pages; they take nothing away (R25): a 403.
    """
    if request.account.visit:
        raise PermissionDenied
    file, count = file_of(sheet, kind_asked(request))
    data: dict[str, Any] = {"count": count, "filters": list(filters)}
    if what == "audit":
        record_of_partner(request.partner.pk, Act.AUDIT_EXPORTED, by=request.account, **data)
    elif company is None:
        record_of_partner(request.partner.pk, Act.LIST_EXPORTED, by=request.account, list=what, **data)
    else:
        record(company, Act.LIST_EXPORTED, by=request.account, list=what, **data)
    return file


def audit_sheet(events: QuerySet[AuditEvent], *, most: int = MOST_LINES) -> Sheet:
    """The newest `most` events, newest first."""
    header = [
        *(_("When"), _("Kind"), _("What"), _("Company"), pgettext("who did it", "Who"), _("On behalf of")),
        *(pgettext("network address", "From"), _("Outcome"), _("Reason")),
    ]
    # Asked of each event, the texts of all kinds are compared each time: a third of the whole.
    words = {choice.value: str(choice.label) for choice in (*AuditKind, *Outcome)}
    return Sheet("audit", header, (_cells(line, words) for line in lines(events, most=most)))


def activity_sheet(company: Company, events: QuerySet[AuditEvent], *, most: int = MOST_LINES) -> Sheet:
    """What the Activity tab of the company shows, newest first."""
    header = [_("When"), _("What"), pgettext("who did it", "Who"), _("Reason")]
    rows: Iterator[Row] = ((line.event.at, line.text, line.who, line.event.reason) for line in lines(events, most=most))
    return Sheet(f"activity-{company.name}", header, rows)


def lines(events: QuerySet[AuditEvent], *, most: int) -> Iterator[Line]:
    """A few at a time, so that memory holds these only; the names of all people in them by one query each."""
    wanted = min(AT_ONCE, most)
    part = list(events[:wanted])
    while part:
        yield from lines_of(part)
        most -= len(part)
        is_last = len(part) < wanted
        wanted = min(AT_ONCE, most)
        part = [] if is_last else list(events.filter(pk__lt=part[-1].pk)[:wanted])


def _cells(line: Line, words: Mapping[str, str]) -> list[Cell]:
    event = line.event
    return [
        event.at,
        words.get(event.kind, event.kind),
        line.text,
        event.company.name if event.company else "",
        line.who,
        line.on_behalf_of,
        event.address or "",
        words.get(event.outcome, event.outcome),
        event.reason,
    ]
