"""Versions of resources, and what may be asked on their condition (RFC 7644, 3.14). Pure.

A person's representation tells what is true of them too, and that changes without the directory: somebody approves, the
line moves up. So their version is a number that grows with what the directory said, and a hash of the rest. Whether
what was read is still so (`If-None-Match`) asks for both. Whether a change may be made (`If-Match`) asks for the number
alone: it keeps one client from undoing another's change, and no approval is undone by either.
"""

import hashlib
import re
from dataclasses import replace

from scim2_models import PreconditionFailedException
from scim2_server.conditions import Conditions, EntityTags, opaque_tag

from users.directory.models import Entry, Group
from users.directory.standing import Standing

_TAG = re.compile(r"(\d{1,9})(?:-[0-9a-f]{12})?", re.ASCII)

_OF_NO_ROW = 0


def tag_of(row: Entry | Group, standing: Standing | None = None) -> str:
    """The weak tag of a resource: W/"7-…" with a standing, W/"7" without: a group, or an answer that tells of none."""
    if standing is None:
        return f'W/"{row.version}"'
    told = f"{standing.status} {standing.reason} {standing.position} {standing.since.timestamp()}"
    return f'W/"{row.version}-{hashlib.blake2s(told.encode(), digest_size=6).hexdigest()}"'


def version_of(tag: str | None) -> int | None:
    """The number in W/"7" or W/"7-…"; of anything else, one that no row has."""
    return None if tag is None else _number_of(opaque_tag(tag))


def without_if_match(conditions: Conditions, version: str | None) -> Conditions:
    """The conditions that are left once `If-Match` is met. Raises PreconditionFailedException where it is not."""
    asked = EntityTags.parse(conditions.if_match)
    if asked is not None and not asked.any and version_of(version) not in {_number_of(tag) for tag in asked.tags}:
        raise PreconditionFailedException
    return replace(conditions, if_match=None)


def _number_of(tag: str) -> int:
    found = _TAG.fullmatch(tag)
    return int(found[1]) if found else _OF_NO_ROW
