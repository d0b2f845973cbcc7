"""Pools of realistic names, drawn once from Faker with a fixed seed: Faker itself is too slow to ask for every row."""

import math
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Faker

LOCALES = ("en_US", "de_DE", "en_GB", "fr_FR", "es_ES", "it_IT", "nl_NL", "sv_SE", "pl_PL", "ja_JP")
_DRAWS = 600
# Of a company's people, about one in eight comes from elsewhere.
_FOREIGN_SHARE = 8
_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "å": "a", "đ": "d"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written, and its form in an e-mail address."""

    text: str
    ascii: str


@dataclass(frozen=True, slots=True)
class Pool:
    """The names of one locale."""

    locale: str
    first: tuple[Name, ...]
    last: tuple[Name, ...]
    companies: tuple[Name, ...]
    towns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Any number of people of one company, no two with the same local part, without remembering who came before.

    The positions 0, 1, 2 … walk once through all pairs of a first and a last name, in steps that share no factor with
    their number; after each round the local parts get the next number.
    """

    pool: Pool
    step: int
    start: int

    @classmethod
    def drawn(cls, pool: Pool, chance: random.Random) -> "Crowd":
        pairs = len(pool.first) * len(pool.last)
        step = chance.randrange(pairs // 3, pairs)
        while math.gcd(step, pairs) != 1:
            step += 1
        return cls(pool, step, chance.randrange(pairs))

    def person(self, position: int) -> tuple[str, str, str]:
        """First name, last name and the local part of the e-mail address of the person at `position`."""
        lasts = len(self.pool.last)
        pairs = len(self.pool.first) * lasts
        first_at, last_at = divmod((self.start + position * self.step) % pairs, lasts)
        first, last = self.pool.first[first_at], self.pool.last[last_at]
        number = str(position // pairs + 1) if position >= pairs else ""
        return first.text, last.text, f"{first.ascii}.{last.ascii}{number}"


@cache
def pools() -> dict[str, Pool]:
    """The pool of every locale; the same on every machine with the same version of Faker."""
    own = {locale: _draw(locale) for locale in LOCALES}
    return {locale: pool if locale == "ja_JP" else _mixed(pool, own) for locale, pool in own.items()}


def to_ascii(text: str) -> str:
    """Lower-case letters a to z and hyphens between them: what an e-mail address or a domain is made of."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return re.sub(r"[^a-z]+", "-", plain.replace("'", "").replace(".", "")).strip("-")


def _draw(locale: str) -> Pool:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(20_261)
    first, last = _japanese(fake) if locale == "ja_JP" else _written(fake)
    companies = (Name(name, to_ascii(name)) for name in _drawn(fake.company))
    if locale == "ja_JP":
        companies = (Name(name, last[at % len(last)].ascii) for at, name in enumerate(_drawn(fake.company)))
    return Pool(locale, first, last, tuple(companies), tuple(dict.fromkeys(_drawn(fake.city))))


def _drawn(draw: Callable[[], str]) -> Iterator[str]:
    return (draw() for _ in range(_DRAWS))


def _written(fake: "Faker") -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    firsts, lasts = _drawn(fake.first_name), _drawn(fake.last_name)
    return _once(Name(text, to_ascii(text)) for text in firsts), _once(Name(text, to_ascii(text)) for text in lasts)


def _japanese(fake: "Faker") -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    firsts = (fake.first_name_pair() for _ in range(_DRAWS))
    lasts = (fake.last_name_pair() for _ in range(_DRAWS))
    return (
        _once(Name(written, to_ascii(latin)) for written, _kana, latin in firsts),
        _once(Name(written, to_ascii(latin)) for written, _kana, latin in lasts),
    )


def _mixed(pool: Pool, all_pools: dict[str, Pool]) -> Pool:
    others = [other for locale, other in all_pools.items() if locale not in {pool.locale, "ja_JP"}]
    each = max(len(pool.first) // (_FOREIGN_SHARE * len(others)), 1)
    first = _once([*pool.first, *(name for other in others for name in other.first[:each])])
    last = _once([*pool.last, *(name for other in others for name in other.last[:each])])
    return Pool(pool.locale, first, last, pool.companies, pool.towns)


def _once(names: Iterable[Name]) -> tuple[Name, ...]:
    """Names whose address forms differ, the first of equals kept: "Müller" and "Mueller" would share an address."""
    by_ascii: dict[str, Name] = {}
    for name in names:
        if name.ascii:
            by_ascii.setdefault(name.ascii, name)
    return tuple(by_ascii.values())
