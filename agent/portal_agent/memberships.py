"""What the portal was told of groups and who is in them, and how the directory differs from that (roster.py)."""

# ruff: noqa: S608 - statements are put together from constants

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from portal_agent.database import transaction
from portal_agent.refusals import IS_NAME_REFUSED, IS_REFUSED, REFUSAL_TABLES, Refusals

GROUP_TABLES = (
    """
create table if not exists told_groups (
    number integer primary key, guid text not null unique, scim_id text not null, name text not null
);
create table if not exists told_members (
    number integer not null, member text not null, primary key (number, member)
) without rowid;
create table if not exists groups_under_way (guid text primary key) without rowid;
"""
    + REFUSAL_TABLES
)

# Members are people whom the portal knows, by the ids that it gave them. A group without any is none.
_MISSING = f"""
    from seen_members as seen
    join seen_groups as grp using (number)
    join known on known.guid = seen.guid and known.standing <> 'left'
    left join told_groups as told on told.guid = grp.guid
    where grp.guid is not null and not exists (
        select 1 from told_members where told_members.number = told.number and told_members.member = known.scim_id
    ) and not {IS_REFUSED}
"""
_TOO_MANY = """
    from told_members as had
    join told_groups as told using (number)
    left join seen_groups as grp on grp.guid = told.guid
    where (
        :whole or had.member in (select member from covered_people)
        or told.guid in (select guid from covered_groups)
    ) and not exists (
        -- A cross join is carried out in this order: the person first, and then whether they are in the group.
        select 1 from known cross join seen_members as seen
        where known.scim_id = had.member and known.standing <> 'left'
        and seen.number = grp.number and seen.guid = known.guid
    )
"""
_DIFFERING = f"""
    select grp.guid, grp.name {_MISSING}
    union select told.guid, coalesce(grp.name, told.name) {_TOO_MANY}
    union select grp.guid, grp.name from seen_groups as grp join told_groups using (guid)
    where grp.name <> told_groups.name and not {IS_NAME_REFUSED}
    order by 2, 1
"""


@dataclass(frozen=True, slots=True)
class ToldGroup:
    """A group as the portal last heard of it: the id of its resource there, and its name."""

    guid: str
    scim_id: str
    name: str


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One step of telling the portal of a group: of a new name alone, or of members. `told` is None for a new one;
    `gone` for one without people."""

    guid: str
    name: str
    told: ToldGroup | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    gone: bool = False
    size: int = 0

    @property
    def is_naming(self) -> bool:
        return self.told is not None and not (self.added or self.removed)


class Memberships:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.refusals = Refusals(db)

    # What the portal was told

    def get(self, guid: str) -> ToldGroup | None:
        row = self._db.execute("select guid, scim_id, name from told_groups where guid = ?", [guid]).fetchone()
        return ToldGroup(*row) if row else None

    def count(self) -> int:
        return int(self._db.execute("select count(*) from told_groups").fetchone()[0])

    def members(self, guid: str) -> list[str]:
        rows = self._db.execute(
            "select member from told_members join told_groups using (number) where guid = ? order by member", [guid]
        )
        return [member for (member,) in rows]

    def begin(self, guids: Iterable[str]) -> None:
        """The portal is about to be told of these; until `finish` or `learn`, nobody knows what it made of it."""
        with transaction(self._db):
            self._db.executemany("insert or replace into groups_under_way values (?)", [(guid,) for guid in guids])

    def under_way(self) -> list[str]:
        return [guid for (guid,) in self._db.execute("select guid from groups_under_way order by guid")]

    def finish(
        self, taken: Iterable[tuple[GroupChange, str]], *, forgotten: Iterable[str], done: Iterable[str]
    ) -> None:
        """The portal has answered for `done`: it has `taken` changes, of groups with these ids, and knows nothing of
        those `forgotten` any more."""
        with transaction(self._db):
            for change, scim_id in taken:
                number = self._put(ToldGroup(change.guid, scim_id, change.name))
                rows = [(number, member) for member in change.added]
                self._db.executemany("insert or ignore into told_members values (?, ?)", rows)
                rows = [(number, member) for member in change.removed]
                self._db.executemany("delete from told_members where number = ? and member = ?", rows)
                if change.removed or change.told is None:
                    self.refusals.forget_members(change.guid)
            for guid in forgotten:
                self._drop(guid)
            self._db.executemany("delete from groups_under_way where guid = ?", [(guid,) for guid in done])

    def learn(self, group: ToldGroup, members: Collection[str]) -> None:
        """The portal shows this group."""
        with transaction(self._db):
            self._drop(group.guid)
            number = self._put(group)
            self._db.executemany("insert or ignore into told_members values (?, ?)", [(number, one) for one in members])
            self._db.execute("delete from groups_under_way where guid = ?", [group.guid])

    def clear(self) -> None:
        """Nothing is known."""
        with transaction(self._db):
            for table in ("told_members", "told_groups", "groups_under_way"):
                self._db.execute(f"delete from {table}")
            self.refusals.clear()

    def refuse(self, change: GroupChange, text: str) -> bool:
        """The portal did not take this; it is not told again before something is different. False where there is
        nothing of it that could be left out."""
        seen = self._db.execute("select name from seen_groups where guid = ?", [change.guid]).fetchone()
        name = seen[0] if seen else change.name
        if change.is_naming:
            self.refusals.add_name(change.guid, name, text)
        elif change.added:
            self.refusals.add_members(change.guid, name, text, _MISSING)
        return change.is_naming or bool(change.added)

    def _put(self, group: ToldGroup) -> int:
        self._db.execute(
            "insert into told_groups (guid, scim_id, name) values (?, ?, ?)"
            " on conflict (guid) do update set scim_id = excluded.scim_id, name = excluded.name",
            [group.guid, group.scim_id, group.name],
        )
        return int(self._db.execute("select number from told_groups where guid = ?", [group.guid]).fetchone()[0])

    def _drop(self, guid: str) -> None:
        wanted = "select number from told_groups where guid = ?"
        self._db.execute(f"delete from told_members where number = ({wanted})", [guid])
        self._db.execute("delete from told_groups where guid = ?", [guid])
        self.refusals.forget(guid)

    # How it differs from what was seen

    def differing(self, *, whole: bool) -> list[str]:
        """The ids of the groups that the portal has to be told of, by name."""
        return [guid for guid, _name in self._db.execute(_DIFFERING, {"whole": whole})]

    def next_change(self, guid: str, *, whole: bool, added: int, removed: int) -> GroupChange | None:
        """The next step for this group, of so many members at most; None if there is nothing more to tell."""
        told = self.get(guid)
        about = {"whole": whole, "guid": guid}
        name = self._new_name(guid)
        if told is not None and name is not None:
            return GroupChange(guid, name, told, size=len(self.members(guid)))
        missing = self._some(f"select known.scim_id {_MISSING} and grp.guid = :guid limit :most", about, added)
        too_many = self._some(f"select had.member {_TOO_MANY} and told.guid = :guid limit :most", about, removed)
        if not missing and not too_many:
            return None
        before = len(self.members(guid))
        is_gone = False
        if told is not None and not missing:
            counted = self._db.execute(f"select count(*) {_TOO_MANY} and told.guid = :guid", about)
            is_gone = counted.fetchone()[0] == before
        name = name or (told.name if told is not None else guid)
        return GroupChange(guid, name, told, missing, too_many, is_gone, before + len(missing))

    def _new_name(self, guid: str) -> str | None:
        """Another one than the portal was told, and one that it may take."""
        row = self._db.execute(
            "select grp.name from seen_groups as grp left join told_groups as told using (guid)"
            f" where grp.guid = ? and grp.name is not told.name and not {IS_NAME_REFUSED}",
            [guid],
        ).fetchone()
        return row[0] if row else None

    def _some(self, query: str, about: dict[str, object], most: int) -> tuple[str, ...]:
        return tuple(member for (member,) in self._db.execute(query, about | {"most": most}))
