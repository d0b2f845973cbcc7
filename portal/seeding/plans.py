"""What one seeded company looks like, drawn by chance from its own seed: the same seed draws the same company."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from companies.models import MAX_SEATS
from companies.policies.catalogue import CATALOGUE, ParameterKind, PolicyKey, PolicySpec
from licensing.enums import LedgerKind, Tier
from portal.seeding.names import Crowd, Pool, to_ascii
from users.directory.enums import ConnectorKind

# A calendar of its own, not the present day: the same seed gives the same data set, whenever it is loaded.
BEGIN, END = 1_704_067_200, 1_782_864_000  # 2024-01-01, 2026-07-01
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """One ledger entry."""

    kind: LedgerKind
    seats: int
    tier: Tier
    at: int


@dataclass(slots=True)
class CompanyPlan:
    """A company as it will stand. People are numbered from 0, the primary user; from `holders` on they wait.

    From `by_hand` on they come from the connector. `salt` spreads the rarer fates among them.
    """

    name: str
    domain: str
    crowd: Crowd
    size: int
    holders: int
    by_hand: int
    tier: Tier
    seats: int
    salt: int
    steps: list[Step]
    connector: ConnectorKind | None = None
    asks_approval: bool = False
    fills: bool = False
    policies: dict[PolicyKey, dict[str, Any]] = field(default_factory=dict)

    @property
    def opened_at(self) -> int:
        return self.steps[0].at

    def joined_at(self, position: int) -> int:
        """When the person at `position` came: one after the other until the end of the calendar.

        By hand that begins with the opening, from the directory with the connector.
        """
        begin = self.steps[-1].at if position >= self.by_hand else self.opened_at
        return begin + (END - 30 * _DAY - begin) * position // self.size

    def is_disabled(self, position: int) -> bool:
        """About one of 25, never the primary user (R18)."""
        return position > 0 and (position * 7_919 + self.salt) % 1_000 < 40

    def was_approved(self, position: int) -> bool:
        """About one of 16 of those from the directory had to wait first."""
        return position >= self.by_hand and (position * 6_151 + self.salt) % 1_000 < 60


def draw_company(size: int, pool: Pool, name: str, chance: random.Random) -> CompanyPlan:
    """A believable company with `size` people."""
    tier = Tier.ADVANCED if chance.random() < (0.8 if size > 500 else 0.35) else Tier.STANDARD
    connected = tier == Tier.ADVANCED and size > 12 and chance.random() < 0.6
    asks = connected and chance.random() < 0.12
    full = chance.random() < 0.12
    waiting = chance.randrange(1, 2 + min(size // 12, 40)) if connected and (full or asks) else 0
    seats = size - waiting if full else _with_slack(size - waiting, chance)
    return CompanyPlan(
        name=name,
        domain=f"{to_ascii(name)[:40].strip('-') or pool.last[size % len(pool.last)].ascii}.example",
        crowd=Crowd.drawn(pool, chance),
        size=size,
        holders=size - waiting,
        by_hand=max(1, min(chance.randrange(1, 9), size - waiting)) if connected else size,
        tier=tier,
        seats=seats,
        salt=chance.randrange(1_000),
        steps=_steps(seats, tier, chance),
        connector=chance.choice(list(ConnectorKind)) if connected else None,
        asks_approval=asks,
        fills=connected and chance.random() < 0.25,
        policies=dict(_policies(tier, chance)),
    )


def _with_slack(holders: int, chance: random.Random) -> int:
    """A pool somebody would have ordered: a round number above what is used, now and then far above."""
    factor = chance.uniform(2, 3) if chance.random() < 0.05 else chance.uniform(1.01, 1.3)
    unit = 1 if holders < 15 else 5 if holders < 300 else 50
    return min(-(-int(holders * factor + 1) // unit) * unit, MAX_SEATS)


def _steps(seats: int, tier: Tier, chance: random.Random) -> list[Step]:
    """The chain of pools that leads to `seats` on `tier`: no two neighbours alike, the moments in order."""
    pools = [(seats, tier)]
    for _ in range(min(int(chance.expovariate(0.6)), 8)):
        pools.append((_pool_before(pools[-1][0], chance), pools[-1][1]))
    if tier == Tier.ADVANCED and chance.random() < 0.5:
        upgrade = chance.randrange(len(pools))
        pools[upgrade + 1 :] = [(before, Tier.STANDARD) for before, _tier in pools[upgrade + 1 :]]
        pools.insert(upgrade + 1, (pools[upgrade][0], Tier.STANDARD))
    pools.reverse()
    pools = pools[:1] + [after for before, after in pairwise(pools) if before != after]
    moments = sorted(chance.sample(range(BEGIN, END - 60 * _DAY, 60), k=len(pools)))
    kinds = [LedgerKind.OPENED] + [LedgerKind.CHANGED] * (len(pools) - 1)
    return [Step(kind, *pool, at) for kind, pool, at in zip(kinds, pools, moments, strict=True)]


def _pool_before(seats: int, chance: random.Random) -> int:
    """Pools mostly grew; one in six was larger once."""
    if chance.random() < 1 / 6:
        return min(seats + max(seats // 10, 1), MAX_SEATS)
    return max(int(seats * chance.uniform(0.5, 0.95)), 1)


def _policies(tier: Tier, chance: random.Random) -> Iterator[tuple[PolicyKey, dict[str, Any]]]:
    for spec in CATALOGUE:
        if (tier == Tier.ADVANCED or spec.tier == Tier.STANDARD) and chance.random() < 0.3:
            yield spec.key, dict(_parameters(spec, chance))


def _parameters(spec: PolicySpec, chance: random.Random) -> Iterator[tuple[str, Any]]:
    for parameter in spec.parameters:
        match parameter.kind:
            case ParameterKind.DAYS:
                yield parameter.name, chance.choice([30, 60, 90, 180, 365])
            case ParameterKind.COUNT:
                yield parameter.name, chance.randrange(1, 13)
            case ParameterKind.DOMAINS:
                yield parameter.name, [f"{word}.example" for word in chance.sample(["office", "group", "mail"], k=2)]
            case ParameterKind.EMAILS:
                yield parameter.name, ["it@office.example"]
