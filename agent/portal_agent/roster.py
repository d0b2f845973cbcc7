"""Who is in which group, as one reading of the directory tells; gone when the next one begins.

100,000 people in ten groups each are a million lines: they stand in SQLite's temporary tables, which go to the disk,
beside what the portal was told (memberships.py). A reading need not be of everybody: it covers everything, or some
people with all of their groups, and some groups with all of their people.
"""

import sqlite3
from collections.abc import Iterable, Mapping

from portal_agent.database import transaction
from portal_agent.directory import Directory, Group

_TABLES = """
pragma temp.cache_size = -20000;
drop table if exists temp.seen_groups;
drop table if exists temp.seen_members;
drop table if exists temp.covered_people;
drop table if exists temp.covered_groups;
create temp table seen_groups (number integer primary key, address text unique, guid text, name text);
create temp table seen_members (number integer, guid text, primary key (number, guid)) without rowid;
create index temp.seen_by_guid on seen_groups (guid);
create temp table covered_people (member text primary key) without rowid;
create temp table covered_groups (guid text primary key) without rowid;
"""
_AT_ONCE = 5000


class Roster:
    """`whole`: every person in scope is seen, so whom it does not have in a group is not in it."""

    def __init__(self, db: sqlite3.Connection, *, whole: bool) -> None:
        self._db = db
        self.whole = whole
        self._numbers: dict[str, int] = {}
        self._named: set[str] = set()
        self._rows: list[tuple[int, str]] = []
        db.executescript(_TABLES)

    def see(self, guid: str, addresses: Iterable[str]) -> None:
        """This person is in the groups at these addresses."""
        self._rows += [(self._number(address), guid) for address in addresses]
        if len(self._rows) >= _AT_ONCE:
            self._write()

    def cover(self, scim_id: str) -> None:
        """All groups of this person, whom the portal knows, are seen; none, where the person is gone."""
        self._db.execute("insert or ignore into covered_people values (?)", [scim_id])

    def see_group(self, group: Group, guids: Iterable[str]) -> None:
        """These are all people in scope who are in this group."""
        self._db.execute("insert or ignore into covered_groups values (?)", [group.guid])
        for guid in guids:
            self.see(guid, [group.address])
        self._name({group.address: group})

    def end(self, directory: Directory) -> None:
        """Everything was seen; the directory says what is at the addresses. What it does not say is passed over."""
        self._write()
        self._name(directory.groups([address for address in self._numbers if address not in self._named]))

    def _name(self, groups: Mapping[str, Group]) -> None:
        self._named |= groups.keys()
        rows = [(group.guid, group.name, self._number(address)) for address, group in groups.items()]
        with transaction(self._db):
            self._db.executemany("update seen_groups set guid = ?, name = ? where number = ?", rows)

    def _number(self, address: str) -> int:
        number = self._numbers.get(address)
        if number is None:
            number = self._numbers[address] = len(self._numbers) + 1
            self._db.execute("insert into seen_groups values (?, ?, null, null)", [number, address])
        return number

    def _write(self) -> None:
        with transaction(self._db):
            self._db.executemany("insert or ignore into seen_members values (?, ?)", self._rows)
        self._rows.clear()
