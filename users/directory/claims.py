"""What a directory says of one person, whichever way it came. Pure."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError

from licensing.errors import InvalidPerson
from users.people import MAX_EMAIL, MAX_NAME, Person, squeezed

MAX_USER_NAME = 254
MAX_EXTERNAL_ID = 255

_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")


@dataclass(frozen=True, slots=True)
class Claim:
    """A person as their directory describes them: the whole state, cleaned of its transport.

    `has_left` is what our agent says of whoever left the scope (R20); it goes with `active` off and is void otherwise.
    `attributes` is the rest, to be echoed.
    """

    user_name: str
    external_id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    active: bool = True
    has_left: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        return Person(self.first_name, self.last_name, self.email)


def accepted_claim(claim: Claim) -> Claim:
    """The claim as it is stored: what came, without white space around it; e-mail and names may be missing (R9).

    Names lose control characters and turned-round text. Only what cannot be stored is refused: InvalidPerson with a
    code by field, `required` (the user name alone), `too_long` or `control_characters`.
    """
    cleaners: dict[str, Callable[[], Any]] = {
        "user_name": lambda: _key(claim.user_name, most=MAX_USER_NAME, required=True),
        "external_id": lambda: _key(claim.external_id, most=MAX_EXTERNAL_ID),
        "email": lambda: _key(claim.email, most=MAX_EMAIL),
        "first_name": lambda: _name(claim.first_name),
        "last_name": lambda: _name(claim.last_name),
        "attributes": lambda: _storable(claim.attributes),
    }
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, clean in cleaners.items():
        try:
            cleaned[name] = clean()
        except ValidationError as error:
            errors[name] = str(error.code)
    if errors:
        raise InvalidPerson(position=0, errors=errors)
    return replace(claim, has_left=claim.has_left and not claim.active, **cleaned)


def _key(value: str, *, most: int, required: bool = False) -> str:
    """Never mended: two that differ must not become one."""
    text = value.strip()
    if required and not text:
        raise ValidationError("", code="required")
    if any(unicodedata.category(character) in _UNFIT for character in text):
        raise ValidationError("", code="control_characters")
    return _short(text, most)


def _name(value: str) -> str:
    kept = (" " if _is_unfit(character) else character for character in value)
    return _short(squeezed("".join(kept)), MAX_NAME)


def _is_unfit(character: str) -> bool:
    return character in _OVERRIDES or unicodedata.category(character) in _UNFIT


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise ValidationError("", code="too_long")
    return text


def _storable[Value](value: Value) -> Value:
    """PostgreSQL stores neither NUL nor half a character, wherever it stands in what is to be echoed."""
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            stack += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            stack += part
        elif isinstance(part, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in part):
            raise ValidationError("", code="control_characters")
    return value
