"""What a person's fields may hold: one place for every door that lets people type (R9)."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

import email_validator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

MAX_NAME = 100
MAX_EMAIL = 254
MAX_REASON = 500

# Directories of companies use ".local" names; mail to them is delivered inside the company.
if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN_CATEGORIES = frozenset({"Cf", "Mn", "Me", "Zs"})
# Letters by category, blank by design: Hangul's fillers and the empty pattern of Braille.
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Embeddings and overrides would turn round the text beside a name; marks and isolates, which names need, stay allowed.
_FORBIDDEN_CHARACTERS = frozenset("\u202a\u202b\u202c\u202d\u202e")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to be added: what was typed, not yet cleaned."""

    first_name: str
    last_name: str
    email: str


def clean_name(value: str, *, most: int = MAX_NAME) -> str:
    """The name with surrounding and doubled white space taken out, in Unicode's composed form.

    Every script and emoji are welcome. Raises ValidationError with the code `required`, `too_long` (more than `most`
    characters) or `control_characters`.
    """
    if any(_is_forbidden(character) for character in value.strip()):
        raise ValidationError(_("Take out the control characters."), code="control_characters")
    name = squeezed(value)
    if not any(_is_seen(character) for character in name):
        raise ValidationError(_("Fill this in."), code="required")
    if len(name) > most:
        raise _too_long(len(name), most=most)
    return name


def squeezed(value: str) -> str:
    """The text in Unicode's composed form, with surrounding and doubled white space taken out."""
    return " ".join(unicodedata.normalize("NFC", value).split())


def clean_email(value: str) -> str:
    """The address, its domain in lower case; international addresses are welcome (RFC 6531).

    Raises ValidationError with the code `required`, `too_long` or `invalid_email`.
    """
    address = value.strip()
    if not address:
        raise ValidationError(_("Fill this in."), code="required")
    if len(address) > MAX_EMAIL:
        raise _too_long(len(address), most=MAX_EMAIL)
    try:
        return email_validator.validate_email(address, check_deliverability=False, test_environment=True).normalized
    except email_validator.EmailNotValidError as error:
        raise ValidationError(_("This is not an e-mail address."), code="invalid_email") from error


def clean_reason(value: str) -> str:
    """Why something was done, on one line; empty where nothing can be read. Judged as names are: it is kept for ever.

    Raises ValidationError with the code `too_long` or `control_characters`.
    """
    text = " ".join(value.split())
    return clean_name(text, most=MAX_REASON) if any(_is_seen(character) for character in text) else ""


def clean_person(person: Person) -> Person:
    """The person with every field cleaned. Raises ValidationError with a dictionary of all fields that are wrong."""
    return _cleaned(person, first_name=clean_name, last_name=clean_name, email=clean_email)


def clean_names(person: Person) -> Person:
    """The person with both names cleaned; the e-mail, which nobody typed, as it is. Raises as `clean_person`."""
    return _cleaned(person, first_name=clean_name, last_name=clean_name)


def _cleaned(person: Person, **cleaners: Callable[[str], str]) -> Person:
    cleaned: dict[str, str] = {}
    errors: dict[str, list[ValidationError]] = {}
    for field, clean in cleaners.items():
        try:
            cleaned[field] = clean(getattr(person, field))
        except ValidationError as error:
            errors[field] = [error]
    if errors:
        raise ValidationError(errors)
    return replace(person, **cleaned)


def _too_long(length: int, *, most: int) -> ValidationError:
    text = ngettext_lazy(
        "Use at most %(most)d character; these are %(length)d.",
        "Use at most %(most)d characters; these are %(length)d.",
        most,
    )
    return ValidationError(text, code="too_long", params={"most": most, "length": length})


def _is_seen(character: str) -> bool:
    """Joiners, marks of direction and the like have their place within a name; alone they are nothing to read."""
    return character not in _UNSEEN_LETTERS and unicodedata.category(character) not in _UNSEEN_CATEGORIES


def _is_forbidden(character: str) -> bool:
    return character in _FORBIDDEN_CHARACTERS or (
        character != "\t" and unicodedata.category(character) in _FORBIDDEN_CATEGORIES
    )
