"""What the agent needs of a directory. Active Directory is one (active_directory.py); tests put others behind it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from portal_agent.people import Person


@dataclass(frozen=True, slots=True)
class Position:
    """How far a directory server has come: its identity, and the number of its latest change (highestCommittedUSN)."""

    server: str
    number: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a position: people in scope; ids of people elsewhere, moved out or deleted; and whether a
    group of the scope did, so that everybody has to be read again."""

    people: list[Person]
    elsewhere: frozenset[str]
    groups: bool


class Directory(Protocol):
    """A source of people. Every method raises DirectoryError rather than answer in part."""

    def position(self) -> Position: ...

    def people(self) -> Iterator[Person]:
        """Everybody in scope, disabled ones too, in any order."""
        ...

    def changes(self, since: Position) -> Changes: ...

    def existing(self, guids: Collection[str]) -> dict[str, Person]:
        """Those of `guids` who exist in the directory, in scope or not."""
        ...
