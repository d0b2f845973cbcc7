"""What the agent remembers between passes: whom the portal knows, what is under way, how far the directory was read.

One SQLite file. Every change is one transaction, written through to the disk: whoever kills the agent at any moment
finds the file as it was before or after a step, never in between. Losing it is harmless: the portal is asked instead.
"""

import fcntl
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from portal_agent.database import transaction
from portal_agent.directory import Position
from portal_agent.errors import StateError
from portal_agent.memberships import GROUP_TABLES, Memberships
from portal_agent.people import Standing
from portal_agent.roster import Roster

_TABLES = (
    """
create table if not exists known (
    guid text primary key, scim_id text not null, name text not null, mail text not null, digest blob not null,
    standing text not null, mail_norm text not null
) without rowid;
create index if not exists known_by_mail on known (mail_norm);
create index if not exists known_by_scim_id on known (scim_id);
create table if not exists under_way (guid text primary key) without rowid;
create table if not exists left_out (guid text primary key) without rowid;
create table if not exists facts (name text primary key, value text not null) without rowid;
"""
    + GROUP_TABLES
)


@dataclass(frozen=True, slots=True)
class Known:
    """A person as the portal last heard of them: the id of their resource there, and what it was told."""

    guid: str
    scim_id: str
    name: str
    mail: str
    digest: bytes
    standing: Standing


class State:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.groups = Memberships(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The state in this file, which is made where there is none. Raises StateError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, isolation_level=None)
            path.chmod(0o600)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"The state file {path} cannot be used: {error}. It may be deleted.") from error
        return cls(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def copy(self) -> "State":
        """The same in memory, for a dry run."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        self._db.backup(connection)
        return State(connection)

    def roster(self, *, whole: bool) -> Roster:
        """An empty one, in place of the former."""
        return Roster(self._db, whole=whole)

    # Whom the portal knows

    def get(self, guid: str) -> Known | None:
        row = self._db.execute("select * from known where guid = ?", [guid]).fetchone()
        return _known(row) if row else None

    def everyone(self) -> Iterator[Known]:
        return map(_known, self._db.execute("select * from known"))

    def owner_of(self, mail: str) -> str | None:
        """The guid of whom the portal knows with this e-mail, whatever its case."""
        row = self._db.execute("select guid from known where mail_norm = ?", [mail.casefold()]).fetchone()
        return row[0] if row else None

    def managed(self) -> int:
        """How many people the agent answers for: those who did not leave."""
        count = self._db.execute("select count(*) from known where standing <> ?", [Standing.LEFT]).fetchone()[0]
        return int(count)

    def size(self) -> int:
        return int(self._db.execute("select count(*) from known").fetchone()[0])

    def rebuild(self, everyone: Iterable[Known], *, scope: str) -> None:
        """Know exactly these, as the portal of this scope listed them."""
        with transaction(self._db):
            for table in ("known", "under_way", "facts"):
                self._db.execute(f"delete from {table}")  # noqa: S608 - three constants
            self._db.executemany("insert or replace into known values (?, ?, ?, ?, ?, ?, ?)", map(_row, everyone))
            self._db.execute("insert into facts values ('scope', ?)", [scope])

    @property
    def scope(self) -> str | None:
        """Which portal and connector this was learnt from."""
        return self._fact("scope")

    # What is under way

    def begin(self, guids: Iterable[str]) -> None:
        """These people are about to be sent; until `finish`, nobody knows what the portal made of them."""
        with transaction(self._db):
            self._db.executemany("insert or replace into under_way values (?)", [(guid,) for guid in guids])

    def finish(self, *, learnt: Iterable[Known], forgotten: Iterable[str], done: Iterable[str]) -> None:
        """The portal has answered for `done`: it knows `learnt` now, and nothing of `forgotten` any more."""
        with transaction(self._db):
            self._db.executemany("insert or replace into known values (?, ?, ?, ?, ?, ?, ?)", map(_row, learnt))
            self._db.executemany("delete from known where guid = ?", [(guid,) for guid in forgotten])
            self._db.executemany("delete from under_way where guid = ?", [(guid,) for guid in done])

    def under_way(self) -> list[str]:
        return [guid for (guid,) in self._db.execute("select guid from under_way order by guid")]

    # How far the directory was read

    @property
    def position(self) -> Position | None:
        server, number = self._fact("server"), self._fact("number")
        return Position(server, int(number)) if server is not None and number is not None else None

    def reached(self, position: Position, *, left_out: Collection[str] = (), whole: bool = False) -> None:
        """Everything up to here was carried out, but for those `left_out`; after a `whole` pass there are no others."""
        with transaction(self._db):
            facts = (("server", position.server), ("number", str(position.number)))
            self._db.executemany("insert or replace into facts values (?, ?)", facts)
            if whole:
                self._db.execute("delete from left_out")
            self._db.executemany("insert or replace into left_out values (?)", [(guid,) for guid in left_out])

    def lose_position(self) -> None:
        """The next pass reads everybody."""
        self._db.execute("delete from facts where name in ('server', 'number')")

    def leaves_out(self) -> bool:
        """Whether people were left out, whom a change of somebody else may let in."""
        return self._db.execute("select 1 from left_out limit 1").fetchone() is not None

    def remember(self, name: str, value: str) -> None:
        self._db.execute("insert or replace into facts values (?, ?)", [name, value])

    def recall(self, name: str) -> str | None:
        return self._fact(name)

    def _fact(self, name: str) -> str | None:
        row = self._db.execute("select value from facts where name = ?", [name]).fetchone()
        return row[0] if row else None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else works with this state file meanwhile. Raises StateError if somebody does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise StateError(f"The folder of {path} cannot be used: {error}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(f"Another portal-agent is at work with {path}; try again when it is done.") from error
        yield


def _known(row: tuple[str, str, str, str, bytes, str, str]) -> Known:
    return Known(*row[:5], standing=Standing(row[5]))


def _row(known: Known) -> tuple[str, str, str, str, bytes, str, str]:
    mail_norm = known.mail.casefold()
    return known.guid, known.scim_id, known.name, known.mail, known.digest, known.standing.value, mail_norm
