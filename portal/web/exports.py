"""Lists as files for spreadsheets, CSV or XLSX, written row by row: memory stays flat however long they are.

A file is written to the end before the answer begins, in the transaction of the request: that is the partner's scope,
which an answer written while it is sent would outlive (R23). So a slow reader holds no connection, what fails becomes a
page and no half of a file, and how many rows were taken away can be written down.
"""

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.timezone import localtime
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

type Cell = str | int | Decimal | dt.date | None
"""What stands in a column: text, a number, a day, or a moment (shown in the time zone that is active), or nothing."""
type Row = Sequence[Cell]

AT_ONCE = 2_000
"""So many rows are read from the database at a time."""

# Where Japanese is written, spreadsheets take the wide forms too.
_SIGNS = "[-=+@\uff1d\uff0b\uff0d\uff20]"
_BEGINS = re.compile(rf"[\t\r\n]|\s*{_SIGNS}")
_WITHIN = re.compile(rf"(\r\n|[;|\t\r\n])(?=\s*{_SIGNS})")

_IN_MEMORY = 1024 * 1024
_LONGEST_TEXT = 32_767
_WIDTHS = {"text": 32, "number": 12, "day": 12, "moment": 20}
_NUMBER_FORMATS = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss", "money": "#,##0.00"}


class Kind(StrEnum):
    """What kind of file is asked for by `?as=`."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def content_type(self) -> str:
        if self == Kind.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: below the names of the columns, rows. `name` is what the file is called, without the day."""

    name: str
    header: Sequence[str]
    rows: Iterable[Row]


def kind_asked(request: HttpRequest) -> Kind:
    """CSV, unless XLSX is asked for."""
    return Kind.XLSX if request.GET.get("as") == Kind.XLSX else Kind.CSV


def file_of(sheet: Sheet, kind: Kind) -> tuple[HttpResponse, int]:
    """The file as an answer, a large one sent piece by piece from the disk; and how many rows it has.

    No cell is a formula to a spreadsheet, whatever people typed.
    """
    with ExitStack() as unless_sent:
        file = unless_sent.enter_context(tempfile.TemporaryFile())
        count = (write_xlsx if kind == Kind.XLSX else write_csv)(sheet, file)
        size = file.tell()
        file.seek(0)
        answer: Any
        if size <= _IN_MEMORY:
            answer = HttpResponse(file.read(), content_type=kind.content_type)
        else:
            unless_sent.pop_all()
            answer = FileResponse(file, content_type=kind.content_type)
    name = f"{slugify(sheet.name, allow_unicode=True)}-{timezone.localdate():%Y-%m-%d}.{kind}"
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer, count


def write_csv(sheet: Sheet, to: IO[bytes]) -> int:
    """With the mark by which Excel knows UTF-8."""
    text = io.TextIOWrapper(to, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.header)
    count = 0
    for count, row in enumerate(sheet.rows, start=1):  # noqa: B007 - the last one counts
        writer.writerow(map(_plain, row))
    text.flush()
    text.detach()
    return count


def write_xlsx(sheet: Sheet, to: IO[bytes]) -> int:
    """Texts are written as texts, numbers as numbers, days and moments as such; the names of the columns stay in sight.

    Spreadsheets know no time zones: moments are those of the one that is active.
    """
    # The writer keeps finished rows in a file of its own, which goes with this directory if something fails.
    with tempfile.TemporaryDirectory() as folder:
        options = {"constant_memory": True, "tmpdir": folder}
        with xlsxwriter.Workbook(to, options) as book:
            page = book.add_worksheet()
            page.freeze_panes(1, 0)
            for column, text in enumerate(sheet.header):
                page.write_string(0, column, text, book.add_format({"bold": True}))
            formats = {kind: book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMATS.items()}
            kinds = ["number"] * len(sheet.header)
            count = 0
            for count, row in enumerate(sheet.rows, start=1):
                for column, cell in enumerate(row):
                    if cell is not None and cell != "":
                        kinds[column] = _write(page, count, column, cell, formats)
            for column, (text, kind) in enumerate(zip(sheet.header, kinds, strict=True)):
                page.set_column(column, column, max(_WIDTHS.get(kind, 12), len(text) + 2))
    return count


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    And within it where one would begin a cell there: which character separates columns depends on the language of the
    spreadsheet, and the quotation marks around a text count for its own only.
    """
    text = _WITHIN.sub(r"\1'", text)
    return f"'{text}" if _BEGINS.match(text) else text


def _plain(cell: Cell) -> str:
    """The cell as it stands in CSV."""
    if isinstance(cell, str):
        return safe_cell(cell)
    if isinstance(cell, dt.datetime):
        return localtime(cell).isoformat(sep=" ", timespec="seconds")
    return "" if cell is None else str(cell)


def _write(page: Worksheet, row: int, column: int, cell: str | int | Decimal | dt.date, how: dict[str, Format]) -> str:
    """Returns what kind of cell it is."""
    if isinstance(cell, str):
        page.write_string(row, column, cell[:_LONGEST_TEXT])
        return "text"
    if isinstance(cell, dt.datetime):
        page.write_datetime(row, column, localtime(cell).replace(tzinfo=None), how["moment"])
        return "moment"
    if isinstance(cell, dt.date):
        page.write_datetime(row, column, cell, how["day"])
        return "day"
    page.write_number(row, column, cell, how["money"] if isinstance(cell, Decimal) else None)
    return "number"
