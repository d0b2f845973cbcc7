"""The catalogues of translations as files."""

from pathlib import Path

import polib
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
IGNORED = (".git", ".venv", ".portal", ".*_cache", ".hypothesis", "locale", "tests", "docs", "agent", "static")
"""What holds no text of the portal."""


def catalogue(language: str, suffix: str = "po") -> Path:
    return ROOT / "portal" / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def entries(language: str) -> list[polib.POEntry]:
    return list(polib.pofile(str(catalogue(language))))


def key(entry: polib.POEntry) -> str:
    """As gettext keeps it: the context before the text."""
    return f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else str(entry.msgid)
