"""Files that were read and are right, kept until somebody confirms them: the file need not be sent twice."""

import json
import secrets
import zlib
from collections.abc import Sequence

from django.core.cache import cache

from companies.models import Company
from users.accounts.models import Account
from users.people import Person

_KEPT_SECONDS = 2 * 60 * 60


def keep(people: Sequence[Person], *, company: Company, account: Account) -> str:
    """Keep the people for two hours. Returns the token under which the same account finds them for this company."""
    token = secrets.token_urlsafe(16)
    rows = [[person.first_name, person.last_name, person.email] for person in people]
    cache.set(_key(token, company, account), zlib.compress(json.dumps(rows).encode()), _KEPT_SECONDS)
    return token


def kept(token: str, *, company: Company, account: Account) -> list[Person] | None:
    """The people, or None: never kept for this account and company, too long ago, or dropped since."""
    stored = cache.get(_key(token, company, account))
    if stored is None:
        return None
    return [Person(*row) for row in json.loads(zlib.decompress(stored))]


def drop(token: str, *, company: Company, account: Account) -> None:
    cache.delete(_key(token, company, account))


def _key(token: str, company: Company, account: Account) -> str:
    return f"people:{account.pk}:{company.pk}:{token}"
