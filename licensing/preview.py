"""What the pencil's dialog shows before anything is saved, from the functions that decide when it is (R11, R13)."""

from collections.abc import Sequence
from dataclasses import dataclass

from companies.models import Company
from licensing.blockers import Blocker
from licensing.enums import Tier
from licensing.ledger import entries_of, newest_number
from licensing.models import LedgerEntry
from licensing.tier_changes import downgrade_blockers
from users.models import User
from users.querysets import UserQuerySet

_MOST_ENTRIES = 5
_MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class LicensePreview:
    """`floor` is the least number of seats that can be saved; `blockers` stand between the company and Standard;
    `newest` is the number that a save must carry as `seen`."""

    floor: int
    blockers: tuple[Blocker, ...]
    newest: int


@dataclass(frozen=True, slots=True)
class Coming:
    """How many people would come in, and the first of them, in the order of the line."""

    count: int
    first: tuple[User, ...]

    @property
    def rest(self) -> int:
        return self.count - len(self.first)


@dataclass(frozen=True, slots=True)
class LinePreview:
    """What `more` seats would mean for the `waiting` people who stand in the line: whom automatic filling takes, and
    whom an approval would take after that (R7)."""

    waiting: int
    more: int
    by_themselves: Coming
    if_approved: Coming


def license_preview(company: Company) -> LicensePreview:
    """How the license stands now. The save decides again, under the company's lock."""
    blockers = downgrade_blockers(company) if company.tier == Tier.ADVANCED else ()
    return LicensePreview(floor=max(company.seats_used, 1), blockers=blockers, newest=newest_number(company))


def changes_since(company: Company, seen: int) -> Sequence[LedgerEntry]:
    """The ledger entries after number `seen`, newest first, with who made them; at most the last five."""
    entries = entries_of(company).filter(number__gt=seen)
    return list(entries.select_related("by_account", "by_connector")[:_MOST_ENTRIES])


def line_preview(company: Company, *, seats: int) -> LinePreview | None:
    """What a pool of `seats` would mean for those who wait; None where nobody stands in the line.

    Nobody is named unless the pool grows. The save takes whoever is next at that moment.
    """
    everyone = User.objects.of_company(company)
    line = everyone.in_line()
    waiting = line.count() if company.users_pending else 0
    if not waiting:
        return None
    more = max(seats - company.seats, 0)
    free = max(seats - company.seats_used, 0) if more else 0
    filling = everyone.fillable() if company.fills_automatically else line.none()
    by_themselves = _coming(filling, most=free)
    # Where filling leaves seats over, it has taken everybody whom it may take.
    others = line.exclude(pk__in=filling.order_by().values("pk"))
    if_approved = _coming(others, most=free - by_themselves.count)
    return LinePreview(waiting=waiting, more=more, by_themselves=by_themselves, if_approved=if_approved)


def _coming(people: UserQuerySet, *, most: int) -> Coming:
    if most <= 0:
        return Coming(0, ())
    return Coming(people[:most].count(), tuple(people[: min(most, _MOST_NAMES)]))
