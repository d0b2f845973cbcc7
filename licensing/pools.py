"""The pencil: seats and tier, changed in one save (R10 to R13)."""

from typing import NamedTuple

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import MAX_SEATS, Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.enums import LedgerKind, Tier
from licensing.errors import PoolBelowUsed, SeatsOutOfRange, Stale
from licensing.ledger import newest_number, write_entry
from licensing.locks import locked
from licensing.models import LedgerEntry
from licensing.tier_changes import refuse_blocked_downgrade


class Saved(NamedTuple):
    """What a save did: its ledger entry, None where these numbers stood already; how many came in from the line."""

    entry: LedgerEntry | None
    seated: int


def change_license(company: Company, *, seats: int, tier: Tier, seen: int | None, by: By, reason: str = "") -> Saved:
    """Give the company `seats` and `tier`: both or neither (R10).

    `seen` is the number of the newest ledger entry when the caller looked; people coming and going do not make it
    stale. None is for scripts that looked at nothing; whoever fills in a form has seen what stands in it. Asking for
    what already stands succeeds, even when stale, so that a double click is harmless.

    Raises SeatsOutOfRange (R1), Stale where somebody saved meanwhile, PoolBelowUsed (R11), DowngradeBlocked (R13).
    Writes the ledger entry and an audit event; more seats may fill from the waiting line in the same transaction (R7).
    """
    refuse_impossible_pool(seats)
    with locked(company) as company:
        if (company.seats, company.tier) == (seats, tier):
            return Saved(entry=None, seated=0)
        _refuse_stale(company, seen)
        if seats < company.seats_used:
            raise PoolBelowUsed(requested=seats, used=company.seats_used)
        refuse_blocked_downgrade(company, tier)
        entry = write_entry(company, kind=LedgerKind.CHANGED, seats=seats, tier=tier, by=by, reason=reason)
        company.seats, company.tier = seats, tier
        company.save(update_fields=["seats", "tier"])
        _tell(company, entry, by=by, reason=reason)
        return Saved(entry, seated=fill_from_line(company))


def refuse_impossible_pool(seats: int) -> None:
    """Raise SeatsOutOfRange unless `seats` is what an open company can have (R1)."""
    if not 1 <= seats <= MAX_SEATS:
        raise SeatsOutOfRange(requested=seats, least=1, most=MAX_SEATS)


def _refuse_stale(company: Company, seen: int | None) -> None:
    newest = newest_number(company)
    if seen is not None and seen != newest:
        raise Stale(seen=seen, newest=newest, seats=company.seats, tier=Tier(company.tier))


def _tell(company: Company, entry: LedgerEntry, *, by: By, reason: str) -> None:
    record(
        company,
        Act.LICENSE_CHANGED,
        by=by,
        reason=reason,
        number=entry.number,
        seats_from=entry.seats_from,
        seats_to=entry.seats_to,
        tier_from=entry.tier_from,
        tier_to=entry.tier_to,
    )
