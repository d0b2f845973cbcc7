"""What the portal refused of groups, so that it is not asked the same again and again.

Asked again it is when that may help: when the group has another name, somebody else comes into it, or people leave it.
"""

# ruff: noqa: S608 - statements are put together from constants

import sqlite3
from dataclasses import dataclass

from portal_agent.database import transaction

REFUSAL_TABLES = """
create table if not exists refused_groups (
    guid text primary key, name text not null, text text not null, by_name integer not null
) without rowid;
create table if not exists refused_members (
    guid text not null, member text not null, primary key (guid, member)
) without rowid;
"""

IS_REFUSED = """
    exists (
        select 1 from refused_groups as refusal join refused_members as refused using (guid)
        where refusal.guid = grp.guid and refusal.name = grp.name and refused.member = known.scim_id
    )
"""
"""Of a group `grp` and a person `known`: the portal did not take the one into the other, as the group is called."""

IS_NAME_REFUSED = """
    exists (
        select 1 from refused_groups as refusal
        where refusal.guid = grp.guid and refusal.name = grp.name and refusal.by_name
    )
"""

_STALE = """
    from refused_members as refused where not exists (
        select 1 from seen_groups as grp
        join known on known.scim_id = refused.member and known.standing <> 'left'
        join seen_members as seen on seen.number = grp.number and seen.guid = known.guid
        where grp.guid = refused.guid
    )
"""
_NOT_TOLD = "not exists (select 1 from told_groups as told where told.guid = refused.guid)"
_AS_IT_IS = """
    exists (select 1 from seen_groups as grp where grp.guid = refused_groups.guid and grp.name = refused_groups.name)
    and (by_name or exists (select 1 from refused_members as refused where refused.guid = refused_groups.guid))
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A group of which the portal does not take everything, and what it says."""

    guid: str
    name: str
    text: str


class Refusals:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add_name(self, guid: str, name: str, text: str) -> None:
        """The portal has the group, and does not take this name."""
        with transaction(self._db):
            self._put(guid, name, text, by_name=True)

    def add_members(self, guid: str, name: str, text: str, missing: str) -> None:
        """The portal takes none of the members who are `missing`, which is a query of the roster."""
        with transaction(self._db):
            self._put(guid, name, text, by_name=False)
            about = {"guid": guid, "whole": True}
            self._db.execute(
                f"insert or ignore into refused_members select grp.guid, known.scim_id {missing} and grp.guid = :guid",
                about,
            )

    def forget(self, guid: str) -> None:
        """Inside the caller's transaction."""
        for table in ("refused_groups", "refused_members"):
            self._db.execute(f"delete from {table} where guid = ?", [guid])

    def forget_members(self, guid: str) -> None:
        """There may be room for them. Inside the caller's transaction."""
        self._db.execute("delete from refused_members where guid = ?", [guid])

    def clear(self) -> None:
        for table in ("refused_groups", "refused_members"):
            self._db.execute(f"delete from {table}")

    def review(self) -> None:
        """Everybody was read: who is not in the group any more is not missing. A group that the portal does not have at
        all may find room without them."""
        with transaction(self._db):
            self._db.execute(f"delete from refused_members where guid in (select guid {_STALE} and {_NOT_TOLD})")
            self._db.execute(f"delete from refused_members where (guid, member) in (select guid, member {_STALE})")
            self._db.execute(f"delete from refused_groups where not ({_AS_IT_IS})")

    def all(self) -> list[Refusal]:
        """By name."""
        rows = self._db.execute(f"select guid, name, text from refused_groups where {_AS_IT_IS} order by name, guid")
        return [Refusal(*row) for row in rows]

    def _put(self, guid: str, name: str, text: str, *, by_name: bool) -> None:
        """What was refused under another name is open again."""
        known = self._db.execute("select name, by_name from refused_groups where guid = ?", [guid]).fetchone()
        if known is not None and known[0] != name:
            self.forget(guid)
            known = None
        both = by_name or (known is not None and bool(known[1]))
        self._db.execute("insert or replace into refused_groups values (?, ?, ?, ?)", [guid, name, text, both])
