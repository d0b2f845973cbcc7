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
class Group:
    """A group that people are in: its objectGUID, its name (cn), and its address (distinguished name)."""

    guid: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a position: people in scope; ids of people elsewhere, moved out or deleted, and of deleted
    groups; whether a group of the scope did, so that everybody has to be read again; and which other groups did."""

    people: list[Person]
    elsewhere: frozenset[str]
    groups: bool
    others: tuple[Group, ...] = ()


class Directory(Protocol):
    """A source of people. Every method raises DirectoryError rather than answer in part."""

    def position(self) -> Position: ...

    def people(self) -> Iterator[Person]:
        """Everybody in scope, disabled ones too, in any order."""
        ...

    def changes(self, since: Position) -> Changes: ...

    def groups(self, addresses: Collection[str]) -> dict[str, Group]:
        """The groups at these addresses, as far as they can be seen, by address."""
        ...

    def members(self, group: Group) -> Iterator[str]:
        """The ids of the people in scope who are in this group directly."""
        ...

    def existing(self, guids: Collection[str]) -> dict[str, Person]:
        """Those of `guids` who exist in the directory, in scope or not."""
        ...
