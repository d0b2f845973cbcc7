"""Files for spreadsheets: what stands in each cell, that none is a formula, and that memory stays flat."""

import datetime as dt
import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from django.http import FileResponse
from django.utils import timezone

from portal.web.exports import Kind, Row, Sheet, file_of, write_csv, write_xlsx
from tests.spreadsheet import csv_rows, sent, xlsx_rows

WRITERS: dict[Kind, tuple[Any, Any]] = {Kind.CSV: (write_csv, csv_rows), Kind.XLSX: (write_xlsx, xlsx_rows)}
NOON = dt.datetime(2026, 11, 24, 11, 30, 15, tzinfo=dt.UTC)
ROWS: list[Row] = [
    ("Fabrikam", 42, Decimal("4.50"), dt.date(2026, 11, 24), NOON),
    ("", -3, None, None, None),
]
HEADER = ["Name", "Seats", "Price", "Day", "Moment"]


@pytest.fixture(autouse=True)
def _in_berlin() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def written(kind: Kind, rows: list[Row], header: list[str] | None = None) -> list[list[Any]]:
    write, read = WRITERS[kind]
    to = io.BytesIO()
    assert write(Sheet("x", header or HEADER, rows), to) == len(rows)
    return [list(row) for row in read(to.getvalue())]


def test_csv_is_text_with_moments_in_the_active_time_zone() -> None:
    assert written(Kind.CSV, ROWS) == [
        HEADER,
        ["Fabrikam", "42", "4.50", "2026-11-24", "2026-11-24 12:30:15+01:00"],
        ["", "-3", "", "", ""],
    ]


def test_xlsx_has_numbers_days_and_moments_in_the_active_time_zone() -> None:
    noon = dt.datetime(2026, 11, 24, 12, 30, 15)  # noqa: DTZ001 - spreadsheets know no time zones
    assert written(Kind.XLSX, ROWS) == [
        HEADER,
        ["Fabrikam", 42, 4.5, dt.date(2026, 11, 24), noon],
        [None, -3],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "  =1",
        '=HYPERLINK("https://evil.example")',
        "=cmd|' /C calc'!A0",
        "\uff1d1+1",
        "\u3000\uff20SUM(A1)",
    ],
)
def test_what_people_typed_is_no_formula(text: str) -> None:
    """A spreadsheet takes a text cell of XLSX as it is; in CSV it needs a sign that it is text."""
    assert written(Kind.CSV, [(text,)], ["Name"]) == [["Name"], [f"'{text}"]]
    assert written(Kind.XLSX, [(text,)], ["Name"]) == [["Name"], [text]]


@pytest.mark.parametrize(
    ("text", "in_csv"),
    [("Ann;=1+1", "Ann;'=1+1"), ("a| -1", "a|' -1"), ("a\n@x", "a\n'@x"), ("a;b=c-d, =1", "a;b=c-d, =1")],
)
def test_nor_is_what_follows_another_languages_separator(text: str, in_csv: str) -> None:
    """A German spreadsheet begins a new cell at each semicolon, whatever quotation marks are around the text."""
    assert written(Kind.CSV, [(text,)], ["Name"])[1] == [in_csv]
    assert written(Kind.XLSX, [(text,)], ["Name"])[1] == [text]


def test_the_names_of_columns_are_no_formulas_either() -> None:
    assert written(Kind.XLSX, [], ["=1+1"]) == [["=1+1"]]


@pytest.mark.parametrize(
    "text", ["https://evil.example", "007", "1e5", "true", "株式会社 🚀 “é”", "<b>&amp;</b>", " a  b "]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert written(Kind.CSV, [(text,)], ["Name"])[1] == [text]
    assert written(Kind.XLSX, [(text,)], ["Name"])[1] == [text]


def test_xlsx_keeps_what_fits_into_a_cell() -> None:
    assert written(Kind.XLSX, [("x" * 40_000,)], ["Name"])[1] == ["x" * 32_767]


@pytest.mark.parametrize("kind", Kind)
def test_nothing_to_export_is_the_names_of_the_columns(kind: Kind) -> None:
    assert written(kind, []) == [HEADER]


@pytest.mark.parametrize("kind", Kind)
def test_the_file_is_named_and_dated(kind: Kind) -> None:
    answer, count = file_of(Sheet("users-Café & Söhne", HEADER, ROWS), kind)
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert count == 2
    assert answer["Content-Type"] == kind.content_type
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''users-caf%C3%A9-s%C3%B6hne-{day}.{kind}"
    assert answer.content.startswith(b"\xef\xbb\xbf" if kind == Kind.CSV else b"PK")


@pytest.mark.parametrize("kind", Kind)
def test_a_large_file_is_sent_piece_by_piece(kind: Kind) -> None:
    """From the disk: what a reader waits for is held nowhere in memory."""
    rows: list[Row] = [(hashlib.sha256(b"%d" % number).hexdigest(), number) for number in range(60_000)]
    answer, count = file_of(Sheet("many", ["Name", "Number"], rows), kind)
    assert isinstance(cast("object", answer), FileResponse)
    content = sent(answer)
    assert int(answer["Content-Length"]) == len(content) > 1024 * 1024
    assert count == len(WRITERS[kind][1](content)) - 1 == 60_000


@pytest.mark.parametrize("kind", Kind)
def test_memory_stays_flat(kind: Kind) -> None:
    """Ten times as many rows take no more memory: what is written is not kept."""

    def peak(count: int) -> int:
        rows = ((f"person.{number}@customer.example", number, NOON) for number in range(count))
        tracemalloc.start()
        try:
            answer, written = file_of(Sheet("many", ["E-mail", "Number", "When"], rows), kind)
            highest = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert written == count
        sent(answer)
        return highest

    peak(10)
    small, large = peak(2_000), peak(20_000)
    assert large < small + 1_500_000


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows() -> Iterator[Row]:
        yield ("a",)
        raise ZeroDivisionError

    for kind in Kind:
        with pytest.raises(ZeroDivisionError):
            file_of(Sheet("x", ["Name"], rows()), kind)
    assert list(tmp_path.iterdir()) == []
