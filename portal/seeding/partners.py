"""The partners of a seeded data set, with their sign-ins."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from companies.partners.models import Currency, Partner
from portal.seeding.names import LOCALES, Name, Pool, pools
from users.accounts.enums import Role
from users.accounts.models import Account

DEFAULT_SEED = 1
_TRADES = ("IT Services", "Networks", "Systems", "Managed Services", "Cloud", "Technology", "Computing")
_ZONES = {
    "en_US": ("America/New_York", Currency.USD),
    "en_GB": ("Europe/London", Currency.GBP),
    "de_DE": ("Europe/Berlin", Currency.EUR),
    "fr_FR": ("Europe/Paris", Currency.EUR),
    "es_ES": ("Europe/Madrid", Currency.EUR),
    "it_IT": ("Europe/Rome", Currency.EUR),
    "nl_NL": ("Europe/Amsterdam", Currency.EUR),
    "sv_SE": ("Europe/Stockholm", Currency.EUR),
    "pl_PL": ("Europe/Warsaw", Currency.EUR),
    "ja_JP": ("Asia/Tokyo", Currency.JPY),
}
GIVEN_OF = 3
"""Of so many companies, one is given to the partner's Technician (R24)."""

_ROLES = (("admin", Role.ADMIN), ("tech", Role.TECHNICIAN), ("billing", Role.BILLING))


@dataclass(frozen=True, slots=True)
class SeededPartner:
    """A stored partner: most of its companies speak the language of `pool`."""

    partner: int
    admin: int
    technician: int
    pool: Pool


def sign_in_name(role: str, number: int, seed: int) -> str:
    """`admin@partner-3.example`; another seed than the default one shows in the domain."""
    return f"{role}@partner-{number}{'' if seed == DEFAULT_SEED else f'.seed-{seed}'}.example"


SEEDED_SIGN_IN = r"@partner-\d+(\.seed--?\d+)?\.example$"
"""A regular expression for what `sign_in_name` makes."""


def is_loaded(seed: int) -> bool:
    """Whether the data set of this seed, or a part of it, is in the database."""
    return Account.objects.filter(email=sign_in_name("admin", 1, seed)).exists()


def create_partners(count: int, *, seed: int, password: str | None) -> list[SeededPartner]:
    """Store `count` partners, each with an Admin, a Technician and a Billing account.

    Without a password nobody can sign in as them.
    """
    drawn = list(_drawn(count, seed))
    partners = Partner.objects.bulk_create(partner for partner, _pool in drawn)
    secret = make_password(password)
    accounts = Account.objects.bulk_create(
        Account(
            partner=partner,
            email=sign_in_name(name, number, seed),
            name=f"{role.label} {number}",
            role=role,
            password=secret,
        )
        for number, partner in enumerate(partners, start=1)
        for name, role in _ROLES
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=account, email=account.email, verified=True, primary=True) for account in accounts
    )
    each = len(_ROLES)
    return [
        SeededPartner(partner.pk, accounts[at * each].pk, accounts[at * each + 1].pk, drawn[at][1])
        for at, partner in enumerate(partners)
    ]


def company_names(pool: Pool, chance: random.Random) -> Iterator[str]:
    """Names for the companies of one partner, no two alike whatever their case; one in ten is from abroad."""
    used: set[str] = set()
    everywhere = [company for locale in LOCALES for company in pools()[locale].companies]
    number = 0
    while True:
        name: Name = chance.choice(everywhere if chance.random() < 0.1 else pool.companies)
        candidate = name.text
        if candidate.lower() in used:
            candidate = f"{name.text} {chance.choice(pool.towns)}"
        while candidate.lower() in used:
            number += 1
            candidate = f"{name.text} {number + 1}"
        used.add(candidate.lower())
        yield candidate


def _drawn(count: int, seed: int) -> Iterator[tuple[Partner, Pool]]:
    for number in range(1, count + 1):
        chance = random.Random(f"{seed}/partner/{number}")  # noqa: S311 - the same for the same seed
        pool = pools()[chance.choice(LOCALES)]
        zone, currency = _ZONES[pool.locale]
        standard = Decimal(chance.randrange(40, 84)) / 20 * (160 if currency == Currency.JPY else 1)
        mark = str(number) if seed == DEFAULT_SEED else f"{seed}-{number}"
        yield (
            Partner(
                name=f"{chance.choice(pool.last).text} {chance.choice(_TRADES)} {mark}",
                time_zone=zone,
                currency=currency,
                price_standard=standard,
                price_advanced=standard * Decimal("1.6"),
            ),
            pool,
        )
