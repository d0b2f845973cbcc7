"""PATCH of groups by their members, in time that grows with members and operations, not with both multiplied.

Identity providers add and remove members one operation each, by the thousand. These are carried out here; whatever
else a PATCH asks is scim2_models' to do, on a group without its members.
"""

import re
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, InvalidValueException, PatchOp, PatchOperation, PayloadTooLargeException

from users.scim.schemas import GROUP_MODEL, MAX_OPERATIONS, MAX_PATCH, Group

_MODEL: Any = GROUP_MODEL
_PATH = re.compile(
    rf'(?:{re.escape(str(Group.__schema__))}:)?members(?:\[\s*value\s+eq\s+"([^"\\]*)"\s*\])?', re.IGNORECASE
)
_MOST_COMPARED = 20_000
"""Members, times operations that have to look at each of them."""


def patch_group(group: Any, patch_op: Any) -> bool:
    """Apply the operations to the group. False if nothing changed. Raises PayloadTooLargeException for too many."""
    operations = list(patch_op.operations or [])
    own = [operation for operation in operations if _is_own(operation)]
    others = [operation for operation in operations if not _is_own(operation)]
    if len(others) > MAX_PATCH or len(own) > MAX_OPERATIONS:
        raise PayloadTooLargeException(detail="Too many operations in one PATCH")
    searching = [operation for operation in others if "members" in f"{operation.path} {_keys(operation.value)}".lower()]
    if searching:
        added = sum(len(operation.value) for operation in own if isinstance(operation.value, list))
        if (len(group.members or []) + added) * len(operations) > _MOST_COMPARED:
            raise PayloadTooLargeException(detail="Too many operations on the members of a group as large as this")
        return bool(patch_op.patch(group))
    members, group.members = group.members or [], None
    changed = bool(others) and bool(_patch(others).patch(group))
    kept = _Members(members)
    for operation in own:
        kept.apply(operation)
    group.members = list(kept.entries.values()) or None
    return kept.is_changed or changed


class _Members:
    """The members of a group, each found by its value at once."""

    def __init__(self, members: list[Any]) -> None:
        self.entries = {_key(member): member for member in members}
        self.is_changed = len(self.entries) != len(members)

    def apply(self, operation: Any) -> None:
        if operation.op == PatchOperation.Op.remove:
            self._remove(operation)
            return
        if operation.op == PatchOperation.Op.replace_:
            before, self.entries = self.entries, {}
            self._add(operation.value)
            self.is_changed |= before != self.entries
            return
        self.is_changed |= self._add(operation.value)

    def _add(self, values: list[dict[str, Any]]) -> bool:
        is_new = False
        for member in _validated(values):
            key = _key(member)
            is_new |= self.entries.get(key) != member
            self.entries[key] = member
        return is_new

    def _remove(self, operation: Any) -> None:
        found = _PATH.fullmatch(str(operation.path))
        if found is not None and found[1] is not None:
            gone = {found[1]}
        elif operation.value is None:
            gone = set(self.entries)
        else:
            gone = {one["value"] for one in operation.value}
        for key in gone:
            self.is_changed |= self.entries.pop(key, None) is not None


def _is_own(operation: Any) -> bool:
    """Whether it adds, replaces or removes members that are told apart by their value alone."""
    found = _PATH.fullmatch(str(operation.path or ""))
    value = operation.value
    if found is None:
        return False
    if found[1] is not None:
        return operation.op == PatchOperation.Op.remove and value is None
    if operation.op == PatchOperation.Op.remove:
        return value is None or _are_values(value, alone=True)
    return _are_values(value)


def _are_values(value: Any, *, alone: bool = False) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("value"), str)
        and not (alone and [key for key, said in one.items() if key != "value" and said is not None])
        for one in value
    )


def _patch(operations: list[Any]) -> Any:
    patch_op: Any = PatchOp
    return patch_op[_MODEL](operations=operations)


def _validated(values: list[dict[str, Any]]) -> list[Any]:
    try:
        group: Any = _MODEL.model_validate({"members": values}, scim_ctx=Context.DEFAULT)
    except ValidationError as error:
        raise InvalidValueException(detail=str(error)) from error
    return list(group.members or [])


def _key(member: Any) -> Any:
    return member.value if member.value is not None else id(member)


def _keys(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, dict) else ""
