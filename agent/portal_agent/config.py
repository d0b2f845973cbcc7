"""The agent's configuration: one TOML file; secrets come from the environment or from files of their own."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal_agent.errors import ConfigError

TOKEN_VARIABLE = "PORTAL_AGENT_TOKEN"  # noqa: S105 - the name of a variable
PASSWORD_VARIABLE = "PORTAL_AGENT_PASSWORD"  # noqa: S105
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Portal:
    """Where the portal's SCIM service is, and how patient to be with it."""

    url: str
    token: str
    ca_file: str | None
    timeout_seconds: int
    attempts: int
    operations: int


@dataclass(frozen=True, slots=True)
class DirectoryConfig:
    """Which directory, who signs in there, and which group's people are brought."""

    url: str
    bind: str
    password: str
    group: str
    base: str
    ca_file: str | None
    timeout_seconds: int
    page_size: int
    groups: bool = True


@dataclass(frozen=True, slots=True)
class Threshold:
    """R22: more people than this, and more than this share, stop a pass before it changes anyone."""

    people: int = 5
    percent: int = 10


@dataclass(frozen=True, slots=True)
class Config:
    portal: Portal
    directory: DirectoryConfig
    threshold: Threshold
    poll_seconds: int
    full_hours: int
    state_file: Path


class _Section:
    """One table of the file; what is read is taken out, so that what is left is a misspelling."""

    def __init__(self, name: str, table: Any) -> None:
        if not isinstance(table, dict):
            raise ConfigError(f"[{name}] must be a table.")
        self.name = name
        self.rest = dict(table)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.rest.pop(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise ConfigError(f'[{self.name}] needs {key} = "…".')
        return value.strip()

    def number(self, key: str, *, default: int, least: int, most: int) -> int:
        value = self.rest.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigError(f"[{self.name}] {key} must be a whole number from {least} to {most}.")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.rest.pop(key, default)
        if not isinstance(value, bool):
            raise ConfigError(f"[{self.name}] {key} must be true or false.")
        return value

    def file(self, key: str) -> str | None:
        value = self.text(key, "")
        if value and not Path(value).is_file():
            raise ConfigError(f"[{self.name}] {key}: there is no file {value}.")
        return value or None

    def secret(self, key: str, variable: str) -> str:
        path = self.text(key, "")
        if value := os.environ.get(variable, "").strip():
            return value
        if not path:
            raise ConfigError(f"Set the environment variable {variable}, or [{self.name}] {key}.")
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"[{self.name}] {key} cannot be read: {error}.") from error
        if not value:
            raise ConfigError(f"[{self.name}] {key}: {path} is empty.")
        return value

    def done(self) -> None:
        if self.rest:
            raise ConfigError(f"[{self.name}] does not know {', '.join(sorted(self.rest))}.")


def load(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError, which names the section and the key."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    sections = {
        name: _Section(name, document.pop(name, {})) for name in ("portal", "directory", "safety", "run", "state")
    }
    if document:
        raise ConfigError(f"{path} does not know {', '.join(sorted(document))}.")
    config = Config(
        portal=_portal(sections["portal"]),
        directory=_directory(sections["directory"]),
        threshold=Threshold(
            people=sections["safety"].number("people", default=5, least=0, most=1_000_000),
            percent=sections["safety"].number("percent", default=10, least=0, most=100),
        ),
        poll_seconds=sections["run"].number("poll_seconds", default=60, least=1, most=3600),
        full_hours=sections["run"].number("full_hours", default=24, least=1, most=24),
        state_file=Path(sections["state"].text("file", "/var/lib/portal-agent/state.db")),
    )
    for section in sections.values():
        section.done()
    return config


def _portal(section: _Section) -> Portal:
    url = section.text("url").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ConfigError("[portal] url must begin with https://; the token would be readable on the way.")
    return Portal(
        url=url,
        token=section.secret("token_file", TOKEN_VARIABLE),
        ca_file=section.file("ca_file"),
        timeout_seconds=section.number("timeout_seconds", default=120, least=1, most=3600),
        attempts=section.number("attempts", default=6, least=1, most=100),
        operations=section.number("operations", default=200, least=1, most=1000),
    )


def _directory(section: _Section) -> DirectoryConfig:
    url = section.text("url").rstrip("/")
    if urlsplit(url).scheme != "ldaps" or not urlsplit(url).hostname:
        raise ConfigError("[directory] url must be ldaps://name; the password would be readable on the way.")
    return DirectoryConfig(
        url=url,
        bind=section.text("bind"),
        password=section.secret("password_file", PASSWORD_VARIABLE),
        group=section.text("group"),
        base=section.text("base", ""),
        ca_file=section.file("ca_file"),
        timeout_seconds=section.number("timeout_seconds", default=60, least=1, most=3600),
        page_size=section.number("page_size", default=500, least=1, most=1000),
        groups=section.flag("groups", default=True),
    )
