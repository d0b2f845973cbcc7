"""How the portal speaks and looks: language and theme, by account; for who is not signed in, by cookie.

Whoever chose nothing gets what browser and device ask for. Whether a single key is a shortcut is a matter of the
computer, its keyboard and what speaks to it (WCAG 2.1.4): kept in the browser.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from users.accounts.enums import Theme
from users.accounts.models import Account

THEME_COOKIE = "portal_theme"
SHORTCUTS_COOKIE = "portal_shortcuts"
SHORTCUTS = ("on", "off")


def speak(request: HttpRequest, account: Account) -> None:
    """From here on in the language that `account` chose. Cookie and browser were asked before (LocaleMiddleware)."""
    if account.language in dict(settings.LANGUAGES):
        translation.activate(account.language)
        cast("Any", request).LANGUAGE_CODE = account.language


@contextmanager
def in_language_of(account: Account) -> Iterator[None]:
    """What is written to `account` by somebody else's act is written in its language; English if it chose none."""
    with translation.override(account.language or settings.LANGUAGE_CODE):
        yield


def preferences(request: HttpRequest) -> dict[str, Any]:
    """For every page: the chosen theme and language, whether the key "/" goes to the search, and what can be chosen."""
    return {
        "theme": _chosen(request, "theme", THEME_COOKIE, Theme.values),
        "themes": Theme,
        "shortcuts": request.COOKIES.get(SHORTCUTS_COOKIE) != "off",
        "chosen_language": _chosen(request, "language", settings.LANGUAGE_COOKIE_NAME, list(dict(settings.LANGUAGES))),
        "languages": settings.LANGUAGES,
    }


def _chosen(request: HttpRequest, name: str, cookie: str, known: list[str]) -> str:
    # Nobody is looked for: a page of trouble asks no database.
    account = getattr(request, "_cached_user", None)
    chosen = getattr(account, name) if isinstance(account, Account) else request.COOKIES.get(cookie, "")
    return chosen if chosen in known else ""


def keep(response: HttpResponseBase, name: str, value: str) -> None:
    """Remember a choice in this browser, for a year."""
    cast("Any", response).set_cookie(
        name,
        value,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
