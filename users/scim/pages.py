"""The resources of a page, as many as one answer should hold (RFC 7644, 3.4.2.4: `count` is the most, not a promise).

A group may have 50,000 members, and a page 1,000 groups. What is stored of the resources of one answer is read in
portions and added up; the first one that would be too much ends the page. Its client asks for the rest as for any next
page: from `startIndex` + `itemsPerPage`.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import IntegerField
from django.db.models.expressions import RawSQL
from scim2_models import Path, Resource, ResponseParameters

from users.directory.models import Connector, Entry, Group
from users.directory.standing import standing_of
from users.scim.schemas import GROUP_MODEL, PAGE, PAGE_BYTES
from users.scim.translation import group_of, user_of

type Key = tuple[int, str | None, int]
"""Which kind, by what it is sorted, and which row."""
type Found = dict[tuple[int, int], tuple[int, Resource[Any]]]
"""By kind and row: how many bytes are stored, and the resource."""

_PORTION = 256 * 1024
"""Bytes as PostgreSQL keeps them, compressed: to be asked for without reading them."""


def resources_of(connector: Connector, page: list[Key], asked: "ResponseParameters[Any]") -> list[Resource[Any]]:
    """The first resources of the page: at least one, and of more no more than PAGE_BYTES of what is stored."""
    tells = tells_members(asked)
    resources: list[Resource[Any]] = []
    room = PAGE_BYTES
    for portion in _portions(connector, page, tells_members=tells):
        found = _users(connector, portion) | _groups(connector, portion, tells_members=tells)
        for kind, _sort, pk in portion:
            # A row that was deleted between the questions is left out.
            size, resource = found.get((kind, pk), (0, None))
            if resource is None:
                continue
            room -= size
            if room < 0 and resources:
                return resources
            resources.append(resource)
    return resources


def tells_members(asked: "ResponseParameters[Any] | None") -> bool:
    """Whether the answer holds the members of groups: if not, they are not even read."""
    if asked is None or not (asked.attributes or asked.excluded_attributes):
        return True
    bound: Any = Path
    paths = bound[GROUP_MODEL].iter_paths(
        include_subattributes=False, attributes=asked.attributes, excluded_attributes=asked.excluded_attributes
    )
    return "members" in map(str, paths)


def _portions(connector: Connector, page: list[Key], *, tells_members: bool) -> Iterator[list[Key]]:
    sizes = _stored_sizes(connector, page, tells_members=tells_members)
    portion: list[Key] = []
    room = _PORTION
    for key in page:
        size = sizes.get((key[0], key[2]), 0)
        if portion and size > room:
            yield portion
            portion, room = [], _PORTION
        portion.append(key)
        room -= size
    yield portion


def _stored_sizes(connector: Connector, page: list[Key], *, tells_members: bool) -> dict[tuple[int, int], int]:
    """None are asked for where a page is short enough to be read at once, whatever it holds."""
    groups = _ids(page, 1)
    columns = {0: ("directory_entry.attributes",), 1: ("directory_group.attributes", "directory_group.members")}
    if not (groups and tells_members):
        columns[1] = columns[1][:1]
        if len(page) <= PAGE:
            return {}
    sizes: dict[tuple[int, int], int] = {}
    for kind, rows in (0, Entry.objects.of_connector(connector)), (1, Group.objects.of_connector(connector)):
        if ids := _ids(page, kind):
            stored = " + ".join(f"pg_column_size({column})" for column in columns[kind])
            size = RawSQL(stored, (), IntegerField())  # noqa: S611 - made of the constants above
            sizes |= {(kind, pk): size for pk, size in rows.filter(pk__in=ids).values_list("pk", size)}
    return sizes


def _users(connector: Connector, portion: list[Key]) -> Found:
    ids = _ids(portion, 0)
    if not ids:
        return {}
    entries = list(Entry.objects.of_connector(connector).filter(pk__in=ids).select_related("user"))
    standings = standing_of(connector, entries)
    return {(0, entry.pk): (_bytes(entry.attributes), user_of(entry, standings[entry.pk])) for entry in entries}


def _groups(connector: Connector, portion: list[Key], *, tells_members: bool) -> Found:
    ids = _ids(portion, 1)
    if not ids:
        return {}
    groups = Group.objects.of_connector(connector).filter(pk__in=ids)
    if not tells_members:
        return {
            (1, group.pk): (_bytes(group.attributes), group_of(group, tells_members=False))
            for group in groups.defer("members")
        }
    return {(1, group.pk): (_bytes(group.attributes) + _bytes(group.members), group_of(group)) for group in groups}


def _ids(keys: list[Key], kind: int) -> list[int]:
    return [pk for of_kind, _sort, pk in keys if of_kind == kind]


def _bytes(said: Any) -> int:
    return len(json.dumps(said))
