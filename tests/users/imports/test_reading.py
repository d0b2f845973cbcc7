"""CSV files of people: what is read of them, whatever wrote them (R5)."""

import pytest
from django.core.exceptions import ValidationError

from users.imports.columns import field_of, guess, header_to_fill_in, is_header
from users.imports.reading import MAX_COLUMNS, MAX_ROWS, Record, read_file

HEADER = ["First name", "Last name", "E-mail"]
ANN = ["Ann", "Lee", "ann@customer.example"]
ZOE = ["Zoë", "Müller", "zoe@customer.example"]
TEXT = "First name,Last name,E-mail\r\nAnn,Lee,ann@customer.example\r\nZoë,Müller,zoe@customer.example\r\n"


def records(data: bytes) -> list[Record]:
    return list(read_file(data).records)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_every_usual_encoding_is_read(encoding: str, told: str) -> None:
    sheet = read_file(TEXT.encode(encoding))
    assert list(sheet.records) == [(1, HEADER), (2, ANN), (3, ZOE)]
    assert (sheet.has_header, sheet.encoding, sheet.separator) == (True, told, ",")


def test_excels_unicode_text_is_read() -> None:
    """UTF-16 with its mark, separated by tabs."""
    sheet = read_file(b"\xff\xfe" + TEXT.replace(",", "\t").encode("utf-16-le"))
    assert (list(sheet.records)[2], sheet.separator) == ((3, ZOE), "\t")


def test_what_excel_writes_in_europe_is_read() -> None:
    """Umlauts in Windows' code page, semicolons between columns."""
    text = "Vorname;Nachname;E-Mail-Adresse\r\nJürgen;Weiß;juergen@kunde.example\r\nChloé;Peña;chloe@kunde.example\r\n"
    sheet = read_file(text.encode("cp1252"))
    assert (sheet.encoding, sheet.separator) == ("Windows-1252", ";")
    assert list(sheet.records)[1:] == [
        (2, ["Jürgen", "Weiß", "juergen@kunde.example"]),
        (3, ["Chloé", "Peña", "chloe@kunde.example"]),
    ]


def test_what_excel_writes_in_japan_is_read() -> None:
    sheet = read_file("姓,名,メールアドレス\r\n山田,太郎,taro@customer.example\r\n".encode("cp932"))
    assert (sheet.encoding, list(sheet.records)[1]) == ("Shift JIS", (2, ["山田", "太郎", "taro@customer.example"]))


def test_another_code_page_is_recognised_by_its_letters() -> None:
    people = "".join(f"Дмитрий,Иванов,d{number}@customer.example\n" for number in range(20))
    sheet = read_file(f"First name,Last name,E-mail\n{people}".encode("cp1251"))
    assert list(sheet.records)[1] == (2, ["Дмитрий", "Иванов", "d0@customer.example"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_usual_separator_is_found(separator: str) -> None:
    sheet = read_file(TEXT.replace(",", separator).encode())
    assert (list(sheet.records)[1:], sheet.separator) == ([(2, ANN), (3, ZOE)], separator)


def test_excel_may_name_the_separator_in_a_line_of_its_own() -> None:
    sheet = read_file(b"sep=;\r\nFirst name;Last name;E-mail\r\nAnn;Lee;ann@customer.example\r\n")
    assert list(sheet.records)[1] == (2, ANN)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_read_and_blank_rows_are_passed_over(newline: str) -> None:
    text = f"First name,Last name,E-mail{newline}{newline},,{newline}Ann,Lee,ann@customer.example"
    assert records(text.encode()) == [(1, HEADER), (4, ANN)]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", 'O"Brien', "عمر", "🎉", "a, b", "a;b"])
def test_cells_are_text_whatever_they_hold(name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    [_header, (_number, cells)] = records(f"First name,Last name,E-mail\n{cell},Lee,ann@customer.example\n".encode())
    assert cells[0] == name


def test_a_break_of_the_line_inside_a_cell_is_a_space_and_rows_are_counted_as_a_spreadsheet_does() -> None:
    data = b'First name,Last name,E-mail\r\n"Ann\r\nMary",Lee,ann@customer.example\r\nBo,Ray,bo@customer.example\r\n'
    bo = ["Bo", "Ray", "bo@customer.example"]
    assert records(data)[1:] == [(2, ["Ann Mary", "Lee", "ann@customer.example"]), (3, bo)]


def test_a_file_without_names_of_columns_is_known_by_its_addresses() -> None:
    sheet = read_file(b"Ann;Lee;ann@customer.example\r\n")
    assert (sheet.has_header, list(sheet.records)) == (False, [(1, ANN)])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\r\n", "empty"),
        (b",,,\n", "empty"),
        (b'""\n', "empty"),
        (b"sep=;\n;;\n", "empty"),
        (b"First name,Last name,E-mail\r\n", "empty"),
        (b"First name,Last name,E-mail\r\n,,\r\n", "empty"),
        (b"A,B,C\r\n", "empty"),
        (b'First name,Last name,E-mail\r\n"Ann,Lee,ann@customer.example\r\nBob,Ray,bob@x.example\r\n', "quotes"),
        (b"PK\x03\x04\x14\x00\x06\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "not_text"),
        (b"First name,Last name,E-mail\r\nA\x00nn,Lee,ann@x.example\r\n", "not_text"),
        (b"First name,Last name,E-mail\r\n" + b"A,B,c@x.example\r\n" * 5000 + b"A\x00nn,B,a@x.example\r\n", "not_text"),
        (b"First name,Last name,E-mail\r\n" + b"x" * (10 * 1024 * 1024), "too_big"),
        (b"First name,Last name,E-mail\r\nA,B,c@x.example" + b",x" * (MAX_COLUMNS - 2) + b"\r\n", "too_many_columns"),
        (b"x" * 200_000, "quotes"),
        (b"x" + b"," * 200_000, "too_many_columns"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_file(data)
    assert caught.value.code == code


def test_too_many_columns_are_told_with_their_row() -> None:
    with pytest.raises(ValidationError) as caught:
        read_file(b"First name,Last name,E-mail\r\nA,B,c@x.example" + b",x" * 300 + b"\r\n")
    assert caught.value.messages == ["At most 200 columns can be read; row 2 has 303. Check what separates them."]


def test_fifty_thousand_rows_are_read_and_one_more_is_refused() -> None:
    header = "First name;Last name;E-mail\r\n"
    rows = [f"Ann{number};Müller;ann{number}@customer.example\r\n" for number in range(MAX_ROWS + 1)]
    assert len(read_file((header + "".join(rows[:MAX_ROWS])).encode("cp1252")).records) == 50_001
    with pytest.raises(ValidationError) as caught:
        read_file((header + "".join(rows)).encode("cp1252"))
    assert caught.value.code == "too_many_rows"


@pytest.mark.parametrize(
    "header",
    [
        "First name,Last name,E-mail",
        "FIRST NAME,LAST NAME,EMAIL",
        "given_name,Surname,Mail",
        "Given name, Family name ,Email address",
        "firstname,lastname,email",
        "Vorname,Nachname,E-Mail-Adresse",
        "Prénom,Nom de famille,Adresse électronique",
        "PRÉNOM,NOM,COURRIEL",
        "Nombre,Apellidos,Correo electrónico",
        "Nome,Cognome,Indirizzo e-mail",
        "Voornaam,Achternaam,E-mailadres",
        "名,姓,メールアドレス",
        "名前,苗字,Ｅメール",
    ],
)
def test_columns_are_guessed_in_seven_languages(header: str) -> None:
    assert guess(header.split(",")) == {"first_name": 0, "last_name": 1, "email": 2}


def test_columns_come_in_any_order_and_of_two_alike_the_first_counts() -> None:
    assert guess(["Department", "E-mail", "Last name", "Mail"]) == {"email": 1, "last_name": 2}


@pytest.mark.parametrize(
    ("cells", "names"), [(["A", "B"], True), (["Ann", "a@x.example"], False), (["E-mail", "a@x.example"], True)]
)
def test_a_first_row_without_names_or_addresses_is_taken_for_names(cells: list[str], names: bool) -> None:
    assert is_header(cells) is names


def test_the_file_to_fill_in_has_columns_that_are_known() -> None:
    assert [field_of(cell) for cell in header_to_fill_in()] == ["first_name", "last_name", "email"]
