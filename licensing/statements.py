"""What a partner owes for a month, computed from the ledger (R15)."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from companies.partners.models import Partner
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
    """A month's lines by company name. Until the month has ended (`is_final`), it shows how things stand now."""

    year: int
    month: int
    currency: str
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
    time zone, times the partner's present price for that tier. Seats assigned count, used or not; no proration (R15).

    Companies that had no pool at that moment are not listed. One query.
    """
    end = month_end(partner, year=year, month=month)
    newest = (
        LedgerEntry.objects.filter(partner=partner, at__lt=end)
        .order_by("company_id", "-number")
        .distinct("company_id")
        .select_related("company")
    )
    lines = [_line(partner, entry) for entry in newest if entry.seats_to]
    return Statement(
        year=year,
        month=month,
        currency=partner.currency,
        lines=tuple(sorted(lines, key=lambda line: (line.company_name.casefold(), line.company_id))),
        is_final=end <= timezone.now(),
    )


def month_end(partner: Partner, *, year: int, month: int) -> dt.datetime:
    """The first moment after the month in the partner's time zone."""
    first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.datetime.combine(first_of_next, dt.time(), tzinfo=zoneinfo.ZoneInfo(partner.time_zone))


def _line(partner: Partner, entry: LedgerEntry) -> StatementLine:
    tier = Tier(entry.tier_to)
    return StatementLine(
        company_id=entry.company_id,
        company_name=entry.company.name,
        tier=tier,
        seats=entry.seats_to,
        price=partner.price_of(tier),
    )
