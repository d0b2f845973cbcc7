"""People out of a CSV file: what is in it, and what is wrong with it. Pure: no database, nothing is saved here (R5)."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.people import Person, clean_person

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
COLUMNS = {"first_name": _("First name"), "last_name": _("Last name"), "email": _("E-mail")}
TEMPLATE_HEADER = ("First name", "Last name", "E-mail")
"""The header of the file that people may start from; always one that `read_people` knows."""

_ALIASES = {
    "first_name": ("firstname", "first", "givenname", "forename"),
    "last_name": ("lastname", "last", "surname", "familyname"),
    "email": ("email", "emailaddress", "mail", "primaryemail", "emailaddresses"),
}
_FIELD_OF = {alias: field for field, aliases in _ALIASES.items() for alias in aliases}
_SEPARATORS = ",;\t|"
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file; `number` is the row as a spreadsheet counts it, the header being row 1."""

    number: int
    person: Person


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one row: in the column `label`, where `value` stands, or in the whole row."""

    row: int
    label: str | Promise
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: `rows` that are right, cleaned, and `faults` of those that are not."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    total: int
    ignored: tuple[str, ...] = ()
    """Columns that were not asked for."""

    @property
    def people(self) -> list[Person]:
        return [row.person for row in self.rows]

    def refusing(self, taken: Collection[str]) -> "Sheet":
        """The sheet with a fault for every row whose e-mail is among `taken` (R9)."""
        text = str(_("This e-mail is in use at the company already."))
        wrong = [row for row in self.rows if row.person.email in taken]
        faults = [Fault(row.number, COLUMNS["email"], row.person.email, text) for row in wrong]
        right = tuple(row for row in self.rows if row.person.email not in taken)
        return replace(self, rows=right, faults=tuple(sorted((*self.faults, *faults), key=lambda fault: fault.row)))


def read_people(data: bytes) -> Sheet:
    """Read a CSV file: UTF-8, UTF-16, cp1252 or what it looks like; separated by comma, semicolon, tab or |.

    The first line names the columns, in any order and case; others than the three are ignored. Cells are text,
    whatever they begin with. Every fault of every row is listed; an e-mail that stands twice is one.

    Raises ValidationError for a file that cannot be read at all, with the code `empty`, `too_big`, `not_text`,
    `workbook`, `no_header`, `column_twice`, `quotes` or `too_many_rows`.
    """
    if len(data) > MAX_BYTES:
        raise too_big()
    lines = decoded(data).splitlines(keepends=True)
    separator, lines = _separator_said(lines)
    if not any(line.strip() for line in lines):
        raise _empty()
    records = _records(lines, separator or _separator_of(lines))
    # Lines that hold nothing but separators or quotation marks are no rows.
    first = next(records, None)
    if first is None:
        raise _empty()
    _number, header = first
    columns = _columns_of(header)
    ignored = tuple(cell.strip() for at, cell in enumerate(header) if cell.strip() and at not in columns.values())
    return _sheet(records, columns, width=len(header), ignored=ignored)


def too_big() -> ValidationError:
    return ValidationError(
        _("This file is too big: at most %(most)d MB can be read. Split it into several files."),
        code="too_big",
        params={"most": MAX_BYTES // (1024 * 1024)},
    )


def _empty() -> ValidationError:
    return ValidationError(_("This file is empty."), code="empty")


def decoded(data: bytes) -> str:
    """The text of the file, without a byte order mark."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValidationError(_("This is a workbook. In Excel, choose “Save as” and the type CSV."), code="workbook")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded_as(data, "utf-16")
    if b"\0" in data[:_SAMPLE]:
        # UTF-16 without its mark: in mostly Latin text every second byte is zero.
        return _decoded_as(data, "utf-16-be" if data[0] == 0 else "utf-16-le")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded_old(data)


def _decoded_as(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text() from error
    if "\0" in text:
        raise _not_text()
    return text


def _decoded_old(data: bytes) -> str:
    """Windows' Western code page, unless that makes words mostly of accented letters: then what they look like."""
    try:
        text = data.decode("cp1252")
        letters = [letter for letter in text if letter.isalpha()]
        if sum(letter > "\x7f" for letter in letters) * 3 <= len(letters):
            return text
    except UnicodeDecodeError:
        pass
    guess = from_bytes(data[:_SAMPLE]).best()
    if guess is None:
        raise _not_text()
    return data.decode(guess.encoding, errors="replace")


def _not_text() -> ValidationError:
    return ValidationError(_("This is not a text file. Save it as CSV, best in UTF-8."), code="not_text")


def _separator_said(lines: list[str]) -> tuple[str, list[str]]:
    """Excel may say the separator in a first line of its own, `sep=;`."""
    first = lines[0].strip() if lines else ""
    if first.lower().startswith("sep=") and len(first) == 5 and first[4] in _SEPARATORS:
        return first[4], lines[1:]
    return "", lines


def _separator_of(lines: list[str]) -> str:
    """The separator by which the first line names most of the columns; of equal ones, the most frequent there."""
    header = next(line for line in lines if line.strip())

    def fit(separator: str) -> tuple[int, int]:
        names = {_field_of(cell) for cell in next(csv.reader([header], delimiter=separator), [])}
        return len(names - {None}), header.count(separator)

    return max(_SEPARATORS, key=fit)


def _field_of(cell: str) -> str | None:
    return _FIELD_OF.get("".join(letter for letter in cell.lower() if letter.isalnum()))


def _records(lines: list[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with its number."""
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise ValidationError(
            _(
                "The quotation marks in row %(row)d or below do not match: each that is opened must be closed. Or a "
                "cell there is far too long."
            ),
            code="quotes",
            params={"row": number + 1},
        ) from error


def _columns_of(header: Sequence[str]) -> dict[str, int]:
    """Where each field stands."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(header):
        field = _field_of(cell)
        if field in columns:
            raise ValidationError(
                _("The column “%(name)s” stands twice."), code="column_twice", params={"name": COLUMNS[field]}
            )
        if field:
            columns[field] = at
    missing = [str(label) for field, label in COLUMNS.items() if field not in columns]
    if missing:
        raise ValidationError(
            _(
                "The first row must name the columns First name, Last name and E-mail. Missing: %(missing)s. "
                "The row reads: %(header)s"
            ),
            code="no_header",
            params={"missing": ", ".join(missing), "header": " | ".join(header)[:200]},
        )
    return columns


def _sheet(
    records: Iterator[tuple[int, list[str]]], columns: dict[str, int], *, width: int, ignored: tuple[str, ...]
) -> Sheet:
    rows: list[Row] = []
    faults: list[Fault] = []
    first_row_of: dict[str, int] = {}
    found = list(islice(records, MAX_ROWS + 1))
    if not found:
        raise ValidationError(_("This file names no people: there is nothing below the first row."), code="empty")
    if len(found) > MAX_ROWS:
        raise ValidationError(
            _("At most %(most)d people can be added from one file. Split it into several files."),
            code="too_many_rows",
            params={"most": MAX_ROWS},
        )
    for number, cells in found:
        person, wrong = _person_of(number, cells, columns, width)
        wrong += _twice(number, person, first_row_of)
        faults += wrong
        if not wrong:
            rows.append(Row(number, person))
    return Sheet(tuple(rows), tuple(faults), len(found), ignored)


def _person_of(number: int, cells: list[str], columns: dict[str, int], width: int) -> tuple[Person, list[Fault]]:
    """The cleaned person, or the person as it stands there and its faults."""
    typed = Person(**{field: cells[at] if at < len(cells) else "" for field, at in columns.items()})
    if any(cell.strip() for cell in cells[width:]):
        text = str(_("This row has more cells than the first row: check its separators."))
        return typed, [Fault(number, _("Row"), " | ".join(cells)[:200], text)]
    try:
        return clean_person(typed), []
    except ValidationError as error:
        return typed, [
            Fault(number, COLUMNS[field], getattr(typed, field)[:200], " ".join(one.messages))
            for field, errors in error.error_dict.items()
            for one in errors
        ]


def _twice(number: int, person: Person, first_row_of: dict[str, int]) -> list[Fault]:
    email = person.email.strip().lower()
    first = first_row_of.setdefault(email, number)
    if first == number or not email:
        return []
    text = str(_("This e-mail stands in row %(row)d already.") % {"row": first})
    return [Fault(number, COLUMNS["email"], person.email, text)]
