"""E-mail addresses out of pasted text, with the names that stand beside them. Pure."""

import re
from dataclasses import dataclass
from email.utils import parseaddr

_PIECE = re.compile(r'(?:"(?:\\.|[^"\\\n]){0,320}"|<[^<>\n]*>|[^,;\n"<]|["<])+')
_LAST_FIRST = re.compile(r"^\s*([^,]+),\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was pasted, and the names that it brought along or that it looks like."""

    email: str
    first_name: str
    last_name: str


def addresses_in(text: str) -> list[Address]:
    """Every address in `text`, in order, each once whatever its case.

    Lines, commas and semicolons separate; white space does where several bare addresses stand in a row. Understands
    `Ann Lee <ann@x.example>` and `Lee, Ann <ann@x.example>`. What is no address is kept as it is, for people to mend.
    """
    found: dict[str, Address] = {}
    for piece in _pieces(text):
        address = _address_of(piece)
        found.setdefault(address.email.lower(), address)
    return list(found.values())


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for line in re.split(r"[;\r\n]", text):
        held = ""
        for piece in (piece.strip() for piece in _PIECE.findall(line)):
            if not piece:
                continue
            if "@" not in piece and not held:
                held = piece
            elif held and "<" in piece:
                # A comma inside a name: "Lee, Ann <ann@x.example>".
                pieces.append(f"{held}, {piece}")
                held = ""
            else:
                pieces += [held] if held else []
                held = ""
                pieces += [piece] if "<" in piece else piece.split() if "@" in piece else [piece]
        pieces += [held] if held else []
    return pieces


def _address_of(piece: str) -> Address:
    name, email = _split(piece)
    swapped = _LAST_FIRST.match(name)
    if swapped:
        return Address(email, swapped[2], swapped[1].strip())
    first, _space, last = name.rpartition(" ") if name else _guess(email)
    return Address(email, first or last, last if first else "")


def _split(piece: str) -> tuple[str, str]:
    """The display name and the address; the standard parser does not take a bare comma in a name."""
    bracket = piece.rfind("<")
    if bracket < 0:
        return "", piece.removeprefix("mailto:")
    name, _email = parseaddr(f"{piece[:bracket].strip()} <a@b.example>")
    return " ".join((name or piece[:bracket].strip().strip('"')).split()), piece[bracket:].strip("<> ")


def _guess(email: str) -> tuple[str, str, str]:
    """`ann.lee@x.example` looks like Ann Lee; `alee@x.example` tells nothing."""
    words = [word for word in re.split(r"[._\-]+", email.partition("@")[0].partition("+")[0]) if word]
    if "@" not in email or len(words) < 2 or any(not word.isalpha() for word in words):
        return "", "", ""
    return " ".join(word.capitalize() for word in words[:-1]), " ", words[-1].capitalize()
