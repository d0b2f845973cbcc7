"""Read the files that people take away, as their spreadsheet does."""

import csv
import datetime as dt
import io
import zipfile
from xml.etree import ElementTree as ET

from django.http import FileResponse, HttpResponseBase

type Value = str | int | float | dt.date | None

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FIRST_DAY = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zones


def sent(response: HttpResponseBase) -> bytes:
    """All that was sent, piece by piece or at once."""
    content: bytes = response.getvalue()
    # Closing the answer itself would end the request: the connections to the database are closed with it.
    if isinstance(response, FileResponse) and response.file_to_stream:
        response.file_to_stream.close()
    return content


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a file that begins with the mark by which Excel knows UTF-8."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_rows(content: bytes) -> list[list[Value]]:
    """The rows of the only sheet: texts, numbers, days and moments. A formula anywhere fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - a file of ours
        styles = ET.fromstring(parts.read("xl/styles.xml"))  # noqa: S314
        assert "xl/worksheets/sheet2.xml" not in parts.namelist()
    assert list(sheet.iter(f"{_MAIN}f")) == []
    assert list(sheet.iter(f"{_MAIN}hyperlink")) == []
    codes = {form.attrib["numFmtId"]: form.attrib["formatCode"] for form in styles.iter(f"{_MAIN}numFmt")}
    [cells] = styles.iter(f"{_MAIN}cellXfs")
    formats = [codes.get(form.attrib["numFmtId"], "") for form in cells]
    rows = []
    for row in sheet.iter(f"{_MAIN}row"):
        values: dict[str, Value] = {}
        for cell in row:
            values[cell.attrib["r"].rstrip("0123456789")] = _value(cell, formats[int(cell.attrib.get("s", "0"))])
        rows.append([values.get(chr(ord("A") + number)) for number in range(ord(max(values)) - ord("A") + 1)])
    return rows


def _value(cell: ET.Element, form: str) -> Value:
    if cell.attrib.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    number = float(cell.findtext(f"{_MAIN}v") or "")
    if "yyyy" not in form:
        return int(number) if number.is_integer() else number
    moment = _FIRST_DAY + dt.timedelta(seconds=round(number * 86_400))
    return moment if "hh" in form else moment.date()
