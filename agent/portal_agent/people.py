"""A person as the directory has them, and as SCIM says it."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import email_validator

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SEAT = "urn:portal:params:scim:schemas:extension:seat:2.0:User"

# Mail to ".local" names is delivered inside the company; the portal takes them too.
if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")

type Body = dict[str, Any]


class Standing(StrEnum):
    """How the directory sees a person whom the portal knows (R20)."""

    ACTIVE = "active"
    DISABLED = "disabled"
    LEFT = "left"


class Flaw(StrEnum):
    """What is wrong with somebody's entry in the directory."""

    NO_MAIL = "has no e-mail address; comes in without one"
    INVALID_MAIL = "has an invalid e-mail address; comes in without one"
    NO_NAME = "has no first or no last name; comes in without it"
    SAME_MAIL = "has the e-mail address of somebody else"
    NO_USER_NAME = "has neither a userPrincipalName nor a sAMAccountName"


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the directory. `guid` is the objectGUID and becomes the externalId; `created` orders arrivals;
    `groups` are the addresses of those they are in directly, sent as SCIM Groups and not as part of the person."""

    guid: str
    user_name: str
    given_name: str = ""
    family_name: str = ""
    display_name: str = ""
    mail: str = ""
    department: str = ""
    enabled: bool = True
    created: str = ""
    left: bool = False
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What to call them in a message."""
        full = self.display_name or f"{self.given_name} {self.family_name}".strip()
        return f"{full} ({self.user_name})" if full and full != self.user_name else self.user_name or self.guid

    @property
    def standing(self) -> Standing:
        if self.left:
            return Standing.LEFT
        return Standing.ACTIVE if self.enabled else Standing.DISABLED


def tidy(text: str) -> str:
    """In Unicode's composed form, without surrounding and doubled white space: as the portal stores it."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def flaws_of(person: Person, *, known: bytes = b"") -> tuple[Person, list[Flaw]]:
    """The person as they can be sent, and what is wrong with them (R9: mail and names may be missing). `known` is the
    digest of what the portal has taken before, e-mail and all."""
    flaws = []
    if not person.user_name:
        flaws.append(Flaw.NO_USER_NAME)
    if not person.mail:
        flaws.append(Flaw.NO_MAIL)
    elif digest(person) != known and not _is_valid(person.mail):
        flaws.append(Flaw.INVALID_MAIL)
        person = replace(person, mail="")
    if not person.given_name or not person.family_name:
        flaws.append(Flaw.NO_NAME)
    return person, flaws


def _is_valid(mail: str) -> bool:
    try:
        email_validator.validate_email(mail, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def to_scim(person: Person) -> Body:
    """The whole User resource of a person; empty values are left out. Who left the scope says so (R20)."""
    body: Body = {
        "schemas": [USER],
        "externalId": person.guid,
        "userName": person.user_name,
        "active": person.standing == Standing.ACTIVE,
    }
    if person.display_name:
        body["displayName"] = person.display_name
    if person.given_name or person.family_name:
        names = {"givenName": person.given_name, "familyName": person.family_name}
        body["name"] = {key: value for key, value in names.items() if value}
    if person.mail:
        body["emails"] = [{"value": person.mail, "type": "work", "primary": True}]
    if person.department:
        body["schemas"].append(ENTERPRISE)
        body[ENTERPRISE] = {"department": person.department}
    if person.left:
        body["schemas"].append(SEAT)
        body[SEAT] = {"leftScope": True}
    return body


def from_scim(resource: Body) -> Person:
    """The person as the portal last heard of them, from the resource that it shows."""
    name = resource.get("name") or {}
    mails = resource.get("emails") or [{}]
    left = (resource.get(SEAT) or {}).get("leftScope") is True
    return Person(
        guid=resource.get("externalId") or "",
        user_name=resource.get("userName") or "",
        given_name=name.get("givenName") or "",
        family_name=name.get("familyName") or "",
        display_name=resource.get("displayName") or "",
        mail=mails[0].get("value") or "",
        department=(resource.get(ENTERPRISE) or {}).get("department") or "",
        enabled=resource.get("active") is not False,
        left=left,
    )


def digest(person: Person) -> bytes:
    """Equal exactly if the portal would be told the same."""
    return hashlib.sha256(json.dumps(to_scim(person), sort_keys=True).encode()).digest()[:16]
