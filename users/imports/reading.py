"""What is in a file of people: its rows as they stand there. Pure: no database, nothing is saved here (R5)."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.imports.columns import guess, is_header

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 200

_SEPARATORS = ",;\t|"
_SAMPLE = 65_536
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")

type Record = tuple[int, list[str]]
"""A row and its number, as a spreadsheet counts: the first row of the file is number 1."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds. `encoding` and `separator` are how it was read."""

    records: tuple[Record, ...]
    has_header: bool
    encoding: str
    separator: str


def read_file(data: bytes) -> Sheet:
    """Read a CSV file: UTF-8, UTF-16, cp1252 or what it looks like; separated by comma, semicolon, tab or |.

    Rows that hold nothing are passed over. Cells are text, whatever they begin with; a break of the line inside one
    becomes a space.

    Raises ValidationError for a file that cannot be read at all, with the code `empty`, `too_big`, `not_text`,
    `workbook`, `quotes`, `too_many_columns` or `too_many_rows`.
    """
    if len(data) > MAX_BYTES:
        raise too_big()
    text, encoding = decoded(data)
    lines = text.splitlines(keepends=True)
    separator, lines = _separator_said(lines)
    if not any(line.strip() for line in lines):
        raise _empty()
    separator = separator or _separator_of(lines)
    records = tuple(islice(_records(lines, separator), MAX_ROWS + 2))
    # Lines that hold nothing but separators or quotation marks are no rows.
    if not records:
        raise _empty()
    # Before anything looks at each cell of the first row: there may be millions.
    _judge_width(records)
    has_header = is_header(records[0][1])
    _judge(people=len(records) - has_header)
    return Sheet(records, has_header, encoding, separator)


def too_big() -> ValidationError:
    return ValidationError(
        _("This file is too big: at most %(most)d MB can be read. Split it into several files."),
        code="too_big",
        params={"most": MAX_BYTES // (1024 * 1024)},
    )


def _judge(*, people: int) -> None:
    if not people:
        raise ValidationError(_("This file names no people: there is nothing below the first row."), code="empty")
    if people > MAX_ROWS:
        raise ValidationError(
            _("At most %(most)d people can be added from one file. Split it into several files."),
            code="too_many_rows",
            params={"most": MAX_ROWS},
        )


def _judge_width(records: tuple[Record, ...]) -> None:
    number, width = max(((number, len(cells)) for number, cells in records), key=lambda row: row[1])
    if width > MAX_COLUMNS:
        raise ValidationError(
            _("At most %(most)d columns can be read; row %(row)d has %(width)d. Check what separates them."),
            code="too_many_columns",
            params={"most": MAX_COLUMNS, "row": number, "width": width},
        )


def _empty() -> ValidationError:
    return ValidationError(_("This file is empty."), code="empty")


def decoded(data: bytes) -> tuple[str, str]:
    """The text of the file, without a byte order mark, and the name of its encoding."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValidationError(_("This is a workbook. In Excel, choose “Save as” and the type CSV."), code="workbook")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _without_nul(data, "utf-16"), "UTF-16"
    if b"\0" in data[:_SAMPLE]:
        # UTF-16 without its mark: in mostly Latin text every second byte is zero.
        return _without_nul(data, "utf-16-be" if data[0] == 0 else "utf-16-le"), "UTF-16"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, encoding = _decoded_old(data)
    else:
        encoding = "UTF-8"
    # No text has one, and PostgreSQL keeps none.
    if "\0" in text:
        raise _not_text()
    return text, encoding


def _without_nul(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text() from error
    if "\0" in text:
        raise _not_text()
    return text


def _decoded_old(data: bytes) -> tuple[str, str]:
    """Windows' Western code page, unless that makes words mostly of accented letters: then what they look like.

    Before it Windows' Japanese one, where that makes kana: its bytes are next to nothing in any other.
    """
    try:
        text = data.decode("cp932")
        if any("\u3041" <= letter <= "\u30ff" for letter in text):
            return text, "Shift JIS"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
        letters = [letter for letter in text if letter.isalpha()]
        if sum(letter > "\x7f" for letter in letters) * 3 <= len(letters):
            return text, "Windows-1252"
    except UnicodeDecodeError:
        pass
    guessed = from_bytes(data[:_SAMPLE]).best()
    if guessed is None:
        raise _not_text()
    return data.decode(guessed.encoding, errors="replace"), guessed.encoding


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
    # A line without end is none for the csv module, which reads no longer cells.
    header = next(line for line in lines if line.strip())[:_SAMPLE]

    def fit(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=separator), [])
        return len(guess(cells)), header.count(separator)

    return max(_SEPARATORS, key=fit)


def _records(lines: list[str], separator: str) -> Iterator[Record]:
    """The rows that hold anything."""
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, [_BREAKS.sub(" ", cell).strip(" ") for cell in cells]
    except csv.Error as error:
        raise ValidationError(
            _(
                "The quotation marks in row %(row)d or below do not match: each that is opened must be closed. Or a "
                "cell there is far too long."
            ),
            code="quotes",
            params={"row": number + 1},
        ) from error
