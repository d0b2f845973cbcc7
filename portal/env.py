"""Read settings from environment variables, and refuse nonsense.

Each reader names the variable and the value it could not accept, so that a typo in a deployment is one clear line.
"""

import os
from collections.abc import Sequence
from email.utils import parseaddr

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, *, default: str | None = None) -> str:
    """The variable's value; without a default it must be set and not empty."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def address(name: str, *, default: str | None = None) -> str:
    """An e-mail address, with or without a name: `Partner Portal <portal@example.com>`."""
    value = text(name, default=default)
    local, _, domain = parseaddr(value)[1].partition("@")
    if not local or not domain or not value.isprintable():
        raise ImproperlyConfigured(f"{name} must be an e-mail address, not {value!r}.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """A yes or no: 1/0, true/false, yes/no, on/off."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def whole_number(name: str, *, default: int, least: int, most: int) -> int:
    """A whole number between `least` and `most`, both included."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {raw!r}.")
    return int(raw)


def choice(name: str, *, options: Sequence[str], default: str) -> str:
    """One of `options`."""
    value = os.environ.get(name, "").strip() or default
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def words(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """A comma-separated list; white space and empty parts are dropped."""
    parts = [part.strip() for part in os.environ.get(name, "").split(",")]
    return [part for part in parts if part] or list(default)
