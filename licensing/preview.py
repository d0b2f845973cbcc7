"""What the pencil's dialog shows before anything is saved, from the functions that decide when it is (R11, R13)."""

from collections.abc import Sequence
from dataclasses import dataclass

from companies.models import Company
from licensing.blockers import Blocker
from licensing.enums import Tier
from licensing.ledger import entries_of, newest_number
from licensing.models import LedgerEntry
from licensing.tier_changes import downgrade_blockers

_MOST_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class LicensePreview:
    """`floor` is the least number of seats that can be saved; `blockers` stand between the company and Standard;
    `newest` is the number that a save must carry as `seen`."""

    floor: int
    blockers: tuple[Blocker, ...]
    newest: int


def license_preview(company: Company) -> LicensePreview:
    """How the license stands now. The save decides again, under the company's lock."""
    blockers = downgrade_blockers(company) if company.tier == Tier.ADVANCED else ()
    return LicensePreview(floor=max(company.seats_used, 1), blockers=blockers, newest=newest_number(company))


def changes_since(company: Company, seen: int) -> Sequence[LedgerEntry]:
    """The ledger entries after number `seen`, newest first, with who made them; at most the last five."""
    entries = entries_of(company).filter(number__gt=seen)
    return list(entries.select_related("by_account", "by_connector")[:_MOST_ENTRIES])
