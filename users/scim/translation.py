"""From SCIM resources to what users/directory/sync.py takes, and back. Pure."""

import json
from typing import Any, cast

from scim2_models import Context, InvalidValueException, Meta, Resource

from users.directory.claims import Claim
from users.directory.models import Entry, Group
from users.directory.standing import Standing
from users.scim.schemas import (
    GROUP_MODEL,
    MAX_GROUP,
    MAX_MEMBERS,
    MAX_RESOURCE,
    MAX_VALUES,
    PROVIDER,
    USER_MODEL,
    Enterprise,
    Seat,
)
from users.scim.versions import tag_of

SEAT = str(Seat.__schema__)
ENTERPRISE = str(Enterprise.__schema__)
_COLUMNS = ("schemas", "id", "meta", "userName", "externalId", "active", "password", "groups", SEAT)
_KNOWN = frozenset(str(model.__schema__) for model in PROVIDER.models)
_GROUP_COLUMNS = ("schemas", "id", "meta", "displayName", "externalId", "members")
_LONGEST = 255


def claim_of(resource: Resource[Any], *, now: Entry | None = None) -> Claim:
    """What the directory says of the person; whether it can be stored, the rules judge.

    The e-mail is the primary one, else the first of type "work", else the first; a userName that looks like an e-mail
    is none (R9). Somebody new is active unless told otherwise. Without `active` a person stays as active as `now`, and
    it is remembered that the directory says nothing of it. A password is dropped.
    """
    said = resource.model_dump(mode="json", scim_ctx=Context.DEFAULT)
    name = said.get("name") or {}
    _drop_empty_manager(said)
    rest = _rest(said, _COLUMNS)
    _refuse_too_much(rest)
    active = said.get("active")
    if active is None:
        active = now is None or now.active
        rest |= {"active": None} if now is not None else {}
    left = _left_of(said, now, active=active)
    has_left = left is True and not active
    rest |= {SEAT: {"leftScope": left}} if left is not None and not has_left else {}
    return Claim(
        user_name=said.get("userName") or "",
        external_id=said.get("externalId") or "",
        email=_email_of(said.get("emails") or []),
        first_name=name.get("givenName") or "",
        last_name=name.get("familyName") or "",
        active=active,
        has_left=has_left,
        attributes=rest,
    )


def user_of(entry: Entry, standing: Standing | None) -> Resource[Any]:
    """The resource: what the directory sent, `active` as it asked last, and what is true in the seat extension."""
    said: dict[str, Any] = {"active": entry.active} | entry.attributes | {"userName": entry.user_name}
    if entry.external_id:
        said["externalId"] = entry.external_id
    said[SEAT] = {"leftScope": True} if entry.has_left else dict(entry.attributes.get(SEAT) or {})
    if standing is not None:
        said[SEAT] |= {
            "status": standing.status,
            "reason": standing.reason,
            "position": standing.position,
            "since": standing.since,
        }
    return _resource(USER_MODEL, "User", entry, said, tag_of(entry, standing))


def fields_of_group(resource: Resource[Any]) -> dict[str, Any]:
    """The columns of a group. Raises InvalidValueException for what nobody could store."""
    said = resource.model_dump(mode="json", scim_ctx=Context.DEFAULT)
    if _holds_nul(said):
        raise InvalidValueException(detail="NUL characters cannot be stored")
    rest = _rest(said, _GROUP_COLUMNS)
    _refuse_too_much(rest)
    members = said.get("members") or []
    if len(members) > MAX_MEMBERS:
        raise InvalidValueException(detail=f"A group has {MAX_MEMBERS} members at most")
    if len(json.dumps(members)) > MAX_GROUP:
        raise InvalidValueException(detail=f"The members of a group have {MAX_GROUP} bytes at most")
    return {
        "display_name": _text(said, "displayName", _LONGEST, required=True),
        "external_id": _text(said, "externalId", _LONGEST),
        "members": members,
        "attributes": rest,
    }


def group_of(group: Group, *, tells_members: bool = True) -> Resource[Any]:
    """The resource: what the directory sent; without its members where nobody asks for them."""
    said: dict[str, Any] = group.attributes | {"displayName": group.display_name}
    if group.external_id:
        said["externalId"] = group.external_id
    if tells_members and group.members:
        said["members"] = group.members
    return _resource(GROUP_MODEL, "Group", group, said, tag_of(group))


def _resource(model: Any, name: str, row: Entry | Group, said: dict[str, Any], version: str) -> Resource[Any]:
    said["schemas"] = [model.__schema__, *said.get("schemas", ())]
    resource = cast(Resource[Any], model.model_validate(said, scim_ctx=Context.DEFAULT))
    resource.id = str(row.scim_id)
    resource.meta = Meta(resource_type=name, created=row.created_at, last_modified=row.modified_at, version=version)
    return resource


def _left_of(said: dict[str, Any], now: Entry | None, *, active: bool) -> bool | None:
    """What is said of having left the scope; whoever is active again has left nothing any more (R20)."""
    left: bool | None = (said.get(SEAT) or {}).get("leftScope")
    return None if left and active and now is not None and now.has_left else left


def _drop_empty_manager(said: dict[str, Any]) -> None:
    """Identity providers send an empty text where somebody has no manager (any more)."""
    extension = said.get(ENTERPRISE) or {}
    manager = extension.get("manager") or {}
    if manager.get("value") == "":
        manager = {}
    kept = {name: value for name, value in manager.items() if value != ""}
    if "manager" in extension and not kept:
        del extension["manager"]
    elif kept:
        extension["manager"] = kept
    if ENTERPRISE in said and not extension:
        del said[ENTERPRISE]


def _email_of(emails: list[dict[str, Any]]) -> str:
    known = [email for email in emails if email.get("value")]
    chosen = (
        next((email for email in known if email.get("primary") is True), None)
        or next((email for email in known if email.get("type") == "work"), None)
        or next(iter(known), {"value": ""})
    )
    return str(chosen["value"])


def _text(said: dict[str, Any], attribute: str, most: int, *, required: bool = False) -> str:
    text = said.get(attribute) or ""
    if required and not text.strip():
        raise InvalidValueException(detail=f"{attribute} is required")
    if len(text) > most:
        raise InvalidValueException(detail=f"{attribute} has {len(text)} characters; {most} are the most")
    return str(text)


def _rest(said: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """What no column has; of the schemas, those that only the directory knows."""
    rest = {name: value for name, value in said.items() if name not in columns and name.lower() != "password"}
    foreign = [schema for schema in said["schemas"] if schema not in _KNOWN]
    return rest | ({"schemas": foreign} if foreign else {})


def _refuse_too_much(attributes: dict[str, Any]) -> None:
    """Lists that a PATCH has to search, and pages of many resources, stay small enough."""
    for name, value in attributes.items():
        of_extension = value.items() if isinstance(value, dict) else ()
        for key, values in ((name, value), *of_extension):
            if isinstance(values, list) and len(values) > MAX_VALUES:
                raise InvalidValueException(detail=f"{key} has {len(values)} values; {MAX_VALUES} are the most")
    if len(json.dumps(attributes)) > MAX_RESOURCE:
        raise InvalidValueException(detail=f"A resource has {MAX_RESOURCE} bytes at most")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(item) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))
