"""What the pencil's dialog shows before anything is saved, by the functions that decide when it is (R10-R15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from companies.models import Company
from companies.partners.models import TermsFields
from licensing.blockers import Blocker
from licensing.enums import Tier
from licensing.errors import DowngradeBlocked, Refusal
from licensing.ledger import entries_of
from licensing.models import LedgerEntry
from licensing.pools import refuse_change
from licensing.prices import monthly
from licensing.tier_changes import downgrade_blockers
from users.models import User
from users.querysets import UserQuerySet

_MOST_ENTRIES = 5
_MOST_NAMES = 10


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


@dataclass(frozen=True, slots=True)
class LicensePlan:
    """What a save of `seats` and `tier` would do now: `refusal` is what it would be refused with.

    `blockers` stand between the company and Standard, whatever tier is wanted. `coming` people would take a seat with
    the save. `before` and `after` are what the pool costs a month at the present prices (R15). Where the save would be
    refused, the numbers are those that it would have if nothing else stood in its way.
    """

    seats: int
    tier: Tier
    is_downgrade: bool
    refusal: Refusal | None
    blockers: tuple[Blocker, ...]
    line: LinePreview | None
    coming: int
    used: int
    before: Decimal
    after: Decimal

    @property
    def available(self) -> int:
        """After the save; below nothing where the seats are too few."""
        return self.seats - self.used

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


def plan_license(
    company: Company, *, seats: int, tier: Tier, seen: int | None, approves: bool, terms: TermsFields
) -> LicensePlan:
    """What `change_license` would do with the same arguments now. The save decides again, under the company's lock."""
    line = line_preview(company, seats=seats, approves=approves)
    coming = _count_coming(line, approves=approves)
    refusal = _refusal(company, seats=seats, tier=tier, seen=seen)
    return LicensePlan(
        seats=seats,
        tier=tier,
        is_downgrade=company.tier == Tier.ADVANCED and tier == Tier.STANDARD,
        refusal=refusal,
        blockers=_blockers(company, refusal),
        line=line,
        coming=coming,
        used=company.seats_used + coming,
        before=monthly(terms, seats=company.seats, tier=Tier(company.tier)),
        after=monthly(terms, seats=seats, tier=tier),
    )


def changes_since(company: Company, seen: int) -> Sequence[LedgerEntry]:
    """The ledger entries after number `seen`, newest first, with who made them; at most the last five."""
    entries = entries_of(company).filter(number__gt=seen)
    return list(entries.select_related("by_account", "by_connector")[:_MOST_ENTRIES])


def line_preview(company: Company, *, seats: int, approves: bool = False) -> LinePreview | None:
    """What a pool of `seats` would mean for those who wait; None where nobody stands in the line.

    Nobody is named unless the pool grows, or the save `approves`. The save takes whoever is next at that moment.
    """
    everyone = User.objects.of_company(company)
    line = everyone.in_line()
    waiting = line.count() if company.users_pending else 0
    if not waiting:
        return None
    more = max(seats - company.seats, 0)
    free = max(seats - company.seats_used, 0) if more or approves else 0
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


def _count_coming(line: LinePreview | None, *, approves: bool) -> int:
    if line is None:
        return 0
    return line.by_themselves.count + (line.if_approved.count if approves else 0)


def _blockers(company: Company, refusal: Refusal | None) -> tuple[Blocker, ...]:
    if isinstance(refusal, DowngradeBlocked):
        return refusal.blockers
    return downgrade_blockers(company) if company.tier == Tier.ADVANCED else ()


def _refusal(company: Company, *, seats: int, tier: Tier, seen: int | None) -> Refusal | None:
    try:
        refuse_change(company, seats=seats, tier=tier, seen=seen)
    except Refusal as refusal:
        return refusal
    return None
