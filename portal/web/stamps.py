"""A stamp in every form: drawn anew for each page, made out to the account that the page was made for, never forged.

By it a form that is sent twice is known (users/accounts/once.py), and whose it was after their sign-in ended
(portal/web/typed.py).
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest, QueryDict

FIELD = "once"
GOOD_FOR = 24 * 60 * 60
"""Seconds; no session lasts so long."""

_SALT = "portal.web.stamps"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which page it was (`number` is drawn by chance), and for whom."""

    number: str
    account: int


def stamp_of(request: HttpRequest) -> str:
    """The stamp for the forms of this answer: the same in all of them. Empty for visitors, who have nothing to lose."""
    account: Any = getattr(request, "account", None)
    if account is None or account.pk is None:
        return ""
    made: tuple[int, str] | None = getattr(request, "stamp", None)
    if made is None or made[0] != account.pk:
        text = signing.TimestampSigner(salt=_SALT).sign(f"{secrets.token_urlsafe(9)}.{account.pk}")
        made = request.stamp = account.pk, text  # type: ignore[attr-defined]
    return made[1]


def stamp_in(typed: QueryDict) -> Stamp | None:
    """The stamp of what was sent; None where there is none, or none that this portal made within a day."""
    try:
        text = signing.TimestampSigner(salt=_SALT).unsign(typed.get(FIELD, ""), max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    number, _dot, account = text.rpartition(".")
    return Stamp(number, int(account))
