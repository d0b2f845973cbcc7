"""The pencil: seats and tier, changed in one save (R10 to R13)."""

from typing import NamedTuple

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import MAX_SEATS, Company
from licensing.actors import By
from licensing.approvals import approve_available, fill_from_line
from licensing.enums import LedgerKind, Tier
from licensing.errors import PoolBelowUsed, SeatsOutOfRange, Stale
from licensing.ledger import newest_number, write_entry
from licensing.locks import locked
from licensing.models import LedgerEntry
from licensing.tier_changes import refuse_blocked_downgrade


class Saved(NamedTuple):
    """What a save did: its ledger entry, None where these numbers stood already; how many came in from the line by
    automatic filling, and how many were approved with it."""

    entry: LedgerEntry | None
    seated: int = 0
    approved: int = 0


def change_license(
    company: Company,
    *,
    seats: int,
    tier: Tier,
    seen: int | None,
    by: By,
    reason: str = "",
    approves: bool = False,
) -> Saved:
    """Give the company `seats` and `tier`: both or neither (R10).

    `seen` is the number of the newest ledger entry when the caller looked; people coming and going do not make it
    stale. None is for scripts that looked at nothing; whoever fills in a form has seen what stands in it. Asking for
    what already stands succeeds, even when stale, so that a double click is harmless.

    `approves`: whoever then is next in the waiting line is approved with it, as many as seats are available at this
    moment, which may be others than the dialog named (R7). All of it happens or nothing.

    Raises SeatsOutOfRange (R1), Stale where somebody saved meanwhile, PoolBelowUsed (R11), DowngradeBlocked (R13).
    Writes the ledger entry and an audit event; more seats may fill from the waiting line in the same transaction (R7).
    """
    refuse_impossible_pool(seats)
    with locked(company) as company:
        entry, seated = change_locked(company, seats=seats, tier=tier, seen=seen, by=by, reason=reason)
        approved = approve_available(company, by=by, reason=reason) if approves else 0
        return Saved(entry, seated, approved)


def change_locked(
    company: Company, *, seats: int, tier: Tier, seen: int | None, by: By, reason: str
) -> tuple[LedgerEntry | None, int]:
    """The same for a company that is locked already, and known to be open: its entry, and how many came in."""
    refuse_change(company, seats=seats, tier=tier, seen=seen)
    if (company.seats, company.tier) == (seats, tier):
        return None, 0
    entry = _change(company, seats=seats, tier=tier, by=by, reason=reason)
    return entry, fill_from_line(company)


def refuse_change(company: Company, *, seats: int, tier: Tier, seen: int | None) -> None:
    """Raise what a save of these numbers is refused with: it asks here, and the pencil's preview does. What stands
    already is never refused."""
    refuse_impossible_pool(seats)
    if (company.seats, company.tier) == (seats, tier):
        return
    _refuse_stale(company, seen)
    refuse_pool(company, seats=seats, tier=tier)


def refuse_pool(company: Company, *, seats: int, tier: Tier) -> None:
    """Raise what stands between the company as it is now and this pool (R1, R11, R13): every save asks here, under the
    lock, and previews ask before. Raises SeatsOutOfRange, PoolBelowUsed, DowngradeBlocked."""
    refuse_impossible_pool(seats)
    if seats < company.seats_used:
        raise PoolBelowUsed(requested=seats, used=company.seats_used)
    refuse_blocked_downgrade(company, tier)


def refuse_impossible_pool(seats: int) -> None:
    """Raise SeatsOutOfRange unless `seats` is what an open company can have (R1)."""
    if not 1 <= seats <= MAX_SEATS:
        raise SeatsOutOfRange(requested=seats, least=1, most=MAX_SEATS)


def _change(company: Company, *, seats: int, tier: Tier, by: By, reason: str) -> LedgerEntry:
    entry = write_entry(company, kind=LedgerKind.CHANGED, seats=seats, tier=tier, by=by, reason=reason)
    company.seats, company.tier = seats, tier
    company.save(update_fields=["seats", "tier"])
    _tell(company, entry, by=by, reason=reason)
    return entry


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
