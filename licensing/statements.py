"""What a partner owes for a month, computed from the ledger (R15)."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from companies.partners.models import Partner, Terms
from licensing.enums import Tier
from licensing.models import LedgerEntry


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One company's seats as they stood; `price` is for one seat and month, `amount` is seats times price."""

    company_id: int
    company_name: str
    tier: Tier
    seats: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.seats * self.price


@dataclass(frozen=True, slots=True)
class Statement:
    """A month's lines by company name. Until the month has ended (`is_final`), it shows how things stand now.

    The currency, the prices and the time zone are those of the terms that count for the month.
    """

    year: int
    month: int
    currency: str
    time_zone: str
    lines: tuple[StatementLine, ...]
    is_final: bool

    @property
    def seats(self) -> int:
        return sum(line.seats for line in self.lines)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


def statement_for(partner: Partner, *, year: int, month: int) -> Statement:
    """The statement of a month: each company's pool as it stands at the end of the month's last day in the partner's
    time zone, times the partner's price for that tier. Seats assigned count, used or not; no proration (R15).

    Zone, prices and currency are those of the partner's terms at that moment; for a month that has not ended, the
    present ones. What is final stays final, however the terms change later. Companies that had no pool at that moment
    are not listed. Two queries.
    """
    terms, end = closing(_terms_of(partner), year=year, month=month)
    newest = (
        LedgerEntry.objects.filter(partner=partner, at__lt=end)
        .order_by("company_id", "-number")
        .distinct("company_id")
        .select_related("company")
    )
    lines = [_line(terms, entry) for entry in newest if entry.seats_to]
    return Statement(
        year=year,
        month=month,
        currency=terms.currency,
        time_zone=terms.time_zone,
        lines=tuple(sorted(lines, key=lambda line: (line.company_name.casefold(), line.company_id))),
        is_final=end <= timezone.now(),
    )


def first_month(partner: Partner) -> dt.date | None:
    """The first day of the month of the partner's first ledger entry, where the partner was then; None before one."""
    first = LedgerEntry.objects.filter(partner=partner).order_by("at").values_list("at", flat=True).first()
    if first is None:
        return None
    history = _terms_of(partner)
    terms = next((terms for terms in reversed(history) if terms.since <= first), history[0])
    return timezone.localdate(first, zoneinfo.ZoneInfo(terms.time_zone)).replace(day=1)


def month_end(time_zone: str, *, year: int, month: int) -> dt.datetime:
    """The first moment after the month in the time zone."""
    first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.datetime.combine(first_of_next, dt.time(), tzinfo=zoneinfo.ZoneInfo(time_zone))


def _terms_of(partner: Partner) -> list[Terms]:
    """All of the partner's terms, oldest first; the database keeps at least one."""
    return list(Terms.objects.filter(partner=partner).order_by("since"))


def closing(history: Sequence[Terms], *, year: int, month: int) -> tuple[Terms, dt.datetime]:
    """The terms that count for a month, and the moment at which it ends.

    It ends once: when the calendar of the terms then in force leaves it, which is at their very start if they brought
    a time zone where it was over already; then those before them count. A ledger may be older than the first terms,
    which stand for all the time before.
    """
    counting = history[0]
    end = month_end(counting.time_zone, year=year, month=month)
    for later in history[1:]:
        if later.since >= end:
            break
        end_there = month_end(later.time_zone, year=year, month=month)
        if end_there > later.since:
            counting, end = later, end_there
        else:
            end = later.since
    return counting, end


def _line(terms: Terms, entry: LedgerEntry) -> StatementLine:
    tier = Tier(entry.tier_to)
    return StatementLine(
        company_id=entry.company_id,
        company_name=entry.company.name,
        tier=tier,
        seats=entry.seats_to,
        price=terms.price_of(tier),
    )
