"""A directory in memory, behind the same protocol as Active Directory; it numbers its changes as that does."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from portal_agent.config import Portal, Threshold
from portal_agent.directory import Changes, Group, Position
from portal_agent.errors import DirectoryError
from portal_agent.people import Person
from portal_agent.scim import PortalClient
from portal_agent.state import State
from portal_agent.sync import Agent
from tests.agent.scim_server import TOKEN, ScimServer


def make_person(number: int, **changes: Any) -> Person:
    """Person number `number`: everything filled in, created in the order of the numbers."""
    person = Person(
        guid=str(UUID(int=number)),
        user_name=f"user{number}@ad.example",
        given_name=f"Given{number}",
        family_name=f"Family{number}",
        display_name=f"Given{number} Family{number}",
        mail=f"user{number}@customer.example",
        department="Sales",
        created=f"{number:09}",
    )
    return replace(person, **changes)


@dataclass
class MemoryDirectory:
    """`inside` are the group's people, `outside` all others. `failures` break off the next readings."""

    inside: dict[str, Person] = field(default_factory=dict)
    outside: dict[str, Person] = field(default_factory=dict)
    server: str = "dc1"
    number: int = 1
    failures: int = 0
    lasting: bool = False
    changed: dict[str, int] = field(default_factory=dict)
    group_changed: int = 0
    readings: int = 0
    named: dict[str, Group] = field(default_factory=dict)
    groups_changed: dict[str, int] = field(default_factory=dict)

    def add(self, *people: Person) -> None:
        for person in people:
            self.outside.pop(person.guid, None)
            self.inside[person.guid] = person
            self._touch(person.guid)

    def change(self, person: Person, **changes: Any) -> Person:
        changed = replace(self.inside[person.guid], **changes)
        self.add(changed)
        return changed

    def leave(self, person: Person) -> None:
        """Out of the group; in a directory, that is a change of the group."""
        self.outside[person.guid] = self.inside.pop(person.guid)
        self.number += 1
        self.group_changed = self.number

    def put(self, group: Group, *people: Person) -> None:
        """These are in the group, and nobody else; a group that is none of the scope."""
        self.named[group.address] = group
        for guid, person in self.inside.items():
            others = [address for address in person.groups if address != group.address]
            mine = [group.address] if guid in {one.guid for one in people} else []
            self.inside[guid] = replace(person, groups=tuple(others + mine))
        self.number += 1
        self.groups_changed[group.guid] = self.number

    def rename(self, group: Group, name: str) -> Group:
        """With the name, the address changes; a directory does not call that a change of the people."""
        renamed = Group(group.guid, name, f"CN={name},DC=ad")
        members = [person for person in self.inside.values() if group.address in person.groups]
        self.put(group)
        del self.named[group.address]
        self.put(renamed, *members)
        return renamed

    def groups_by_name(self) -> dict[str, set[str]]:
        """The userNames of the people in each group that has any."""
        members: dict[str, set[str]] = {}
        for person in self.inside.values():
            for address in person.groups:
                members.setdefault(self.named[address].name, set()).add(person.user_name)
        return members

    def drop(self, group: Group) -> None:
        """The group is deleted."""
        self.put(group)
        del self.named[group.address], self.groups_changed[group.guid]
        self._touch(group.guid)

    def delete(self, person: Person) -> None:
        self.inside.pop(person.guid, None)
        self.outside.pop(person.guid, None)
        self._touch(person.guid)

    def _touch(self, guid: str) -> None:
        self.number += 1
        self.changed[guid] = self.number

    # The protocol

    def position(self) -> Position:
        return Position(self.server, self.number)

    def people(self) -> Iterator[Person]:
        self.readings += 1
        for number, person in enumerate(list(self.inside.values())):
            if self.failures and number == len(self.inside) // 2:
                self.failures -= 1
                raise DirectoryError("ldaps://dc1: Can't contact LDAP server.", lasting=self.lasting)
            yield person

    def changes(self, since: Position) -> Changes:
        if self.group_changed > since.number:
            return Changes([], frozenset(), groups=True)
        changed = {guid for guid, number in self.changed.items() if number > since.number}
        people = [person for guid, person in self.inside.items() if guid in changed]
        others = tuple(one for one in self.named.values() if self.groups_changed[one.guid] > since.number)
        return Changes(people, frozenset(changed - self.inside.keys()), groups=False, others=others)

    def groups(self, addresses: Collection[str]) -> dict[str, Group]:
        return {address: self.named[address] for address in addresses if address in self.named}

    def members(self, group: Group) -> Iterator[str]:
        return (guid for guid, person in self.inside.items() if group.address in person.groups)

    def existing(self, guids: Collection[str]) -> dict[str, Person]:
        everyone = self.inside | self.outside
        return {guid: everyone[guid] for guid in guids if guid in everyone}


@dataclass
class Pauses:
    """In place of sleeping."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def make_agent(
    server: ScimServer,
    state: State,
    directory: MemoryDirectory,
    *,
    threshold: Threshold | None = None,
    operations: int = 200,
    attempts: int = 4,
    pauses: Pauses | None = None,
    token: str = TOKEN,
) -> Agent:
    """An agent between the two that does not really sleep."""
    config = Portal(server.url, token, None, 10, attempts, operations)
    return Agent(directory, PortalClient(config, wait=pauses or Pauses()), state, threshold or Threshold())


def make_group(number: int, name: str = "") -> Group:
    """Group number `number`."""
    name = name or f"Group{number}"
    return Group(str(UUID(int=1_000_000 + number)), name, f"CN={name},DC=ad")


def with_groups(directory: MemoryDirectory, count: int) -> MemoryDirectory:
    """So many groups more: six people each, one further with each group."""
    people = list(directory.inside.values())
    for number in range(1, count + 1):
        directory.put(make_group(number), *people[number - 1 : number + 5])
    return directory


def with_people(count: int) -> MemoryDirectory:
    directory = MemoryDirectory()
    directory.add(*[make_person(number) for number in range(1, count + 1)])
    return directory
