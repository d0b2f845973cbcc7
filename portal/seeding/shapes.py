"""How many companies a partner has and how many people a company: a few are large, most are small, sums are exact."""

import random
from collections.abc import Sequence

WHALE = 10_000
"""From this many people on, a company counts as one of the few large ones."""

MOST_USERS_PER_COMPANY = 400_000
"""On average, so that no single company comes near the largest pool."""

_MEDIAN = 3.1  # of the logarithm: 22 people
_SPREAD = 1.1
_LARGEST_COMMON = 2_000
_COMMON_WHALE = 40_000


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts of at least 1, as near to `weights` as that allows; the parts sum up exactly."""
    spare, whole = total - len(weights), sum(weights)
    parts, seen, given = [], 0, 0
    for weight in weights:
        seen += weight
        upto = spare * seen // whole
        parts.append(1 + upto - given)
        given = upto
    return parts


def companies_per_partner(partners: int, companies: int, chance: random.Random) -> list[int]:
    """`companies` in all, at least one for each partner."""
    return apportion(companies, [max(int(1_000 * chance.lognormvariate(0, 0.8)), 1) for _ in range(partners)])


def people_per_company(companies: int, users: int, chance: random.Random) -> list[int]:
    """`users` in all, at least one (the primary user) in each company; most have 5 to 200.

    Where `users` allows it, a few whales of WHALE people and more take what the common companies leave over;
    otherwise all are scaled alike.
    """
    sizes = [min(max(round(chance.lognormvariate(_MEDIAN, _SPREAD)), 1), _LARGEST_COMMON) for _ in range(companies)]
    spare = users - sum(sizes)
    if spare < WHALE:
        return apportion(users, sizes)
    at_most = max(companies // 20, -(-spare // MOST_USERS_PER_COMPANY), 1)
    whales = chance.sample(range(companies), k=min(at_most, max(spare // _COMMON_WHALE, 1), companies))
    shares = apportion(spare, [chance.randrange(600, 1_400) for _ in whales])
    for whale, share in zip(whales, shares, strict=True):
        sizes[whale] += share
    return sizes
