"""The audit as a file for spreadsheets."""

import csv
from collections.abc import Iterator, Mapping
from typing import Protocol

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from companies.audit.enums import AuditKind, Outcome
from companies.audit.models import AuditEvent
from companies.audit.queries import Line, lines_of

MOST_LINES = 100_000
"""So many events are in one file at most: it is made within one request."""

_AT_ONCE = 2_000


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def write_csv(events: QuerySet[AuditEvent], to: Writable, *, most: int = MOST_LINES) -> int:
    """Write the newest `most` events, newest first, below a line of column names. Returns how many.

    Times are in the time zone that is active. No cell is a formula to a spreadsheet, whatever people typed.
    """
    writer = csv.writer(to)
    writer.writerow(
        [
            *(_("When"), _("Kind"), _("What"), _("Company"), _("Who"), _("On behalf of")),
            *(_("From"), _("Outcome"), _("Reason")),
        ]
    )
    # Asked of each event, the texts of all kinds are compared each time: a third of the whole.
    words = {choice.value: str(choice.label) for choice in (*AuditKind, *Outcome)}
    count = 0
    for line in _lines(events, most):
        writer.writerow([safe_cell(text) for text in _cells(line, words)])
        count += 1
    return count


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    is_formula = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{text}" if is_formula else text


def _lines(events: QuerySet[AuditEvent], most: int) -> Iterator[Line]:
    """A few at a time, so that memory holds the file only; the names of all people in them by one query each."""
    wanted = min(_AT_ONCE, most)
    part = list(events[:wanted])
    while part:
        yield from lines_of(part)
        most -= len(part)
        is_last = len(part) < wanted
        wanted = min(_AT_ONCE, most)
        part = [] if is_last else list(events.filter(pk__lt=part[-1].pk)[:wanted])


def _cells(line: Line, words: Mapping[str, str]) -> list[str]:
    event = line.event
    return [
        localtime(event.at).isoformat(sep=" ", timespec="seconds"),
        words.get(event.kind, event.kind),
        line.text,
        event.company.name if event.company else "",
        line.who,
        line.on_behalf_of,
        event.address or "",
        words.get(event.outcome, event.outcome),
        event.reason,
    ]
