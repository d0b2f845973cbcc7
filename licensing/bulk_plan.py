"""What a bulk change would do to each of many companies: by the functions that decide when it is saved."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core import signing
from django.db.models import Count, Max

from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import BulkHow, Tier
from licensing.errors import Busy, CompanyClosed, PoolBelowUsed, Refusal, SeatsOutOfRange, Stale
from licensing.models import LedgerEntry
from licensing.pools import refuse_pool
from licensing.prices import monthly
from users.accounts.models import Account
from users.models import User

MOST = 1_000
"""So many companies can be changed at once."""

_SALT = "licensing.bulk_plan"
_SEALED_FOR = 24 * 60 * 60
_REFUSALS = {kind.code: kind for kind in (Busy, CompanyClosed, PoolBelowUsed, SeatsOutOfRange, Stale)}


def refusal_of(code: str, data: dict[str, Any]) -> Refusal:
    """The refusal that was written down as its code and data. Of those that can meet a bulk change, which never goes
    from Advanced to Standard."""
    return _REFUSALS[code](**data)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of all companies alike. `number` is how many seats to add, to have, or to leave available."""

    how: BulkHow
    number: int = 0

    def pool_of(self, company: Company) -> tuple[int, Tier]:
        """The seats and tier that the company is to have. Trimming takes seats away and never adds any."""
        tier = Tier(company.tier)
        match self.how:
            case BulkHow.ADD:
                return company.seats + self.number, tier
            case BulkHow.SET:
                return self.number, tier
            case BulkHow.TRIM:
                return min(company.seats, max(company.seats_used + self.number, 1)), tier
        return company.seats, Tier.ADVANCED


@dataclass(frozen=True, slots=True)
class Step:
    """One company: entry `seen` was its newest, the pool that it had then, the one it is to get, or what stands in the
    way. A pool that stays is no change."""

    company_id: int
    seen: int
    seats_from: int
    tier_from: Tier
    seats: int
    tier: Tier
    refusal: Refusal | None = None

    @property
    def differs(self) -> bool:
        return (self.seats, self.tier) != (self.seats_from, self.tier_from)

    @property
    def changes(self) -> bool:
        return self.differs and self.refusal is None


@dataclass(frozen=True, slots=True)
class Preview:
    """A step as it is shown. `seated` people come in from the waiting line by automatic filling (R7)."""

    company: Company
    step: Step
    seated: int
    difference: Decimal
    """In money, a month."""

    @property
    def available_after(self) -> int:
        seats = self.step.seats if self.step.changes else self.company.seats
        return seats - self.company.seats_used - self.seated

    @property
    def order(self) -> tuple[int, str, int]:
        """What cannot be done comes first, then what changes, then what stays; each by name."""
        rank = 0 if self.step.refusal else 1 if self.step.changes else 2
        return rank, self.company.name_sort, self.company.pk


@dataclass(frozen=True)
class Plan:
    """A bulk change as it is previewed. Whoever confirms the same `token` twice has confirmed once."""

    wish: Wish
    reason: str
    token: str
    steps: tuple[Step, ...]

    @cached_property
    def changing(self) -> int:
        return sum(step.changes for step in self.steps)

    @cached_property
    def refused(self) -> int:
        return sum(step.refusal is not None for step in self.steps)

    @property
    def staying(self) -> int:
        return len(self.steps) - self.changing - self.refused


def plan_bulk(
    partner: Partner, companies: Collection[int], *, wish: Wish, reason: str = ""
) -> tuple[Plan, list[Preview]]:
    """What the wish means for these companies of the partner as they are now, in the order to be shown.

    Three or four queries, however many there are. Nothing is locked: the save decides again, under the locks.
    """
    # The numbers before the pools: a change in between makes the step stale, and is not missed.
    newest = _newest_numbers(partner, companies)
    found = list(Company.objects.of_partner(partner).filter(pk__in=companies).order_by("pk"))
    fillable = _fillable(partner, found)
    previews = []
    for company in found:
        step = _step(company, wish, seen=newest.get(company.pk, 0))
        seated = min(fillable.get(company.pk, 0), step.seats - company.seats_used) if step.changes else 0
        previews.append(Preview(company, step, seated, _difference(partner, step)))
    plan = Plan(wish, reason, secrets.token_urlsafe(16), tuple(preview.step for preview in previews))
    return plan, sorted(previews, key=lambda preview: preview.order)


def _step(company: Company, wish: Wish, *, seen: int) -> Step:
    seats, tier = wish.pool_of(company)
    refusal = _refusal(company, seats, tier)
    return Step(company.pk, seen, company.seats, Tier(company.tier), seats, tier, refusal)


def _refusal(company: Company, seats: int, tier: Tier) -> Refusal | None:
    if not company.is_open:
        return CompanyClosed(company_id=company.pk)
    try:
        refuse_pool(company, seats=seats, tier=tier)
    except Refusal as refusal:
        return refusal
    return None


def _difference(partner: Partner, step: Step) -> Decimal:
    if not step.changes:
        return Decimal(0)
    before = monthly(partner, seats=step.seats_from, tier=step.tier_from)
    return monthly(partner, seats=step.seats, tier=step.tier) - before


def _newest_numbers(partner: Partner, companies: Collection[int]) -> dict[int, int]:
    entries = LedgerEntry.objects.filter(partner=partner, company_id__in=companies).order_by()
    return dict(entries.values_list("company_id").annotate(Max("number")))


def _fillable(partner: Partner, companies: Sequence[Company]) -> dict[int, int]:
    """How many people automatic filling may take, by company; of those that fill by themselves."""
    filling = [company.pk for company in companies if company.fills_automatically and company.users_pending]
    if not filling:
        return {}
    people = User.objects.filter(partner=partner, company_id__in=filling).fillable().order_by()
    return dict(people.values_list("company_id").annotate(Count("pk")))


def sealed(plan: Plan, *, account: Account) -> str:
    """The plan as text that a page may carry: whoever sends it back cannot have changed it."""
    steps = [
        [
            *(step.company_id, step.seen, step.seats_from, step.tier_from, step.seats, step.tier),
            *((step.refusal.code, step.refusal.data) if step.refusal else ()),
        ]
        for step in plan.steps
    ]
    wish = [plan.wish.how, plan.wish.number]
    value = {"account": account.pk, "wish": wish, "reason": plan.reason, "token": plan.token, "steps": steps}
    return signing.dumps(value, salt=_SALT, compress=True)


def unsealed(text: str, *, account: Account) -> Plan | None:
    """The plan that was sealed for this account within the last day; None for anything else."""
    try:
        value = signing.loads(text, salt=_SALT, max_age=_SEALED_FOR)
    except signing.BadSignature:
        return None
    if value["account"] != account.pk:
        return None
    how, number = value["wish"]
    steps = tuple(_unsealed_step(*row) for row in value["steps"])
    return Plan(Wish(BulkHow(how), number), value["reason"], value["token"], steps)


def _unsealed_step(
    company_id: int, seen: int, seats_from: int, tier_from: str, seats: int, tier: str, *refusal: Any
) -> Step:
    why = refusal_of(*refusal) if refusal else None
    return Step(company_id, seen, seats_from, Tier(tier_from), seats, Tier(tier), why)
