"""Which column of a file holds what: our fields, and the names by which files call them in seven languages. Pure."""

import unicodedata
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

COLUMNS = {"first_name": _("First name"), "last_name": _("Last name"), "email": _("E-mail")}
"""The fields of a person, all of them required (R9), in the order of the file to fill in."""

# Without spaces, marks, case and accents; the labels of the portal itself are known in every language besides.
_ALIASES = {
    "first_name": """
        firstname first givenname forename christianname
        vorname rufname
        prenom prenoms
        nombre nombredepila primernombre
        nome primonome nomedibattesimo
        voornaam roepnaam
        名 名前 下の名前 めい ファーストネーム
    """,
    "last_name": """
        lastname last surname familyname secondname
        nachname familienname zuname
        nom nomdefamille
        apellido apellidos
        cognome
        achternaam familienaam
        姓 苗字 名字 氏 せい ラストネーム
    """,
    "email": """
        email emailaddress emailaddresses mail primaryemail mailaddress emailid workemail userprincipalname
        emailadresse mailadresse epost
        courriel adressemail adresseemail adresseelectronique adressedecourriel
        correo correoelectronico direcciondecorreo direcciondecorreoelectronico
        postaelettronica indirizzoemail indirizzodipostaelettronica
        emailadres mailadres
        メール メールアドレス 電子メール eメール
    """,
}
_SEMICOLON = frozenset({"de", "fr", "es", "it", "nl"})
"""Where a comma stands in numbers, Excel opens files whose columns are separated by semicolons."""


def _plain(text: str) -> str:
    """Letters alone, in lower case and without accents; Japanese as it is, in its usual form."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(letter for letter in folded if letter.isalnum() or letter in "\u3099\u309a")
    return unicodedata.normalize("NFC", kept)


_KNOWN = {_plain(alias): field for field, aliases in _ALIASES.items() for alias in aliases.split()}


def field_of(cell: str) -> str | None:
    """The field that a column of this name holds."""
    plain = _plain(cell)
    codes = tuple(code for code, _name in settings.LANGUAGES)
    return _KNOWN.get(plain) or (_labels(codes).get(plain) if plain else None)


@cache
def _labels(codes: tuple[str, ...]) -> dict[str, str]:
    """What the portal itself calls its fields, in every language that it speaks."""
    known: dict[str, str] = {}
    for code in codes:
        with override(code):
            known |= {_plain(str(label)): field for field, label in COLUMNS.items()}
    return known


def guess(header: Sequence[str]) -> dict[str, int]:
    """Where each field stands, as far as the names of the columns tell; of two that fit, the first."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(header):
        field = field_of(cell)
        if field:
            columns.setdefault(field, at)
    return columns


def is_header(cells: Sequence[str]) -> bool:
    """Whether the first row names columns: it names one of ours, or holds no address at least."""
    return bool(guess(cells)) or not any("@" in cell for cell in cells)


def guess_by_content(cells: Sequence[str]) -> dict[str, int]:
    """Where a row without names above it has an address; names look alike, and are left to the person."""
    return next(({"email": at} for at, cell in enumerate(cells) if "@" in cell), {})


def header_to_fill_in() -> list[str]:
    """The names of the columns, in the language that is active; always ones that `guess` knows."""
    return [str(label) for label in COLUMNS.values()]


def separator_to_fill_in() -> str:
    """What separates columns where the language that is active is spoken."""
    return ";" if (get_language() or "").partition("-")[0] in _SEMICOLON else ","
