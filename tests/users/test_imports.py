"""CSV files of people: what is read, and what is said of each that is wrong (R5, R9)."""

import pytest
from django.core.exceptions import ValidationError

from users.imports import MAX_ROWS, TEMPLATE_HEADER, read_people
from users.people import Person

ANN = Person("Ann", "Lee", "ann@customer.example")
ZOE = Person("Zoë", "Müller", "zoe@customer.example")
TEXT = "First name,Last name,E-mail\r\nAnn,Lee,ann@customer.example\r\nZoë,Müller,zoe@customer.example\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    sheet = read_people(TEXT.encode(encoding))
    assert (sheet.people, sheet.faults, sheet.total) == ([ANN, ZOE], (), 2)


def test_another_code_page_is_recognised_by_its_letters() -> None:
    people = "".join(f"Дмитрий,Иванов,d{number}@customer.example\n" for number in range(20))
    sheet = read_people(f"First name,Last name,E-mail\n{people}".encode("cp1251"))
    assert sheet.people[0] == Person("Дмитрий", "Иванов", "d0@customer.example")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_usual_separator_is_found(separator: str) -> None:
    assert read_people(TEXT.replace(",", separator).encode()).people == [ANN, ZOE]


@pytest.mark.parametrize(
    "header",
    [
        "First name,Last name,E-mail",
        "FIRST NAME,LAST NAME,EMAIL",
        "given_name,Surname,Mail",
        "Given name, Family name ,Email address",
        "firstname,lastname,email",
        ",".join(TEMPLATE_HEADER),
    ],
)
def test_columns_have_several_names(header: str) -> None:
    assert read_people(f"{header}\nAnn,Lee,ann@customer.example\n".encode()).people == [ANN]


def test_columns_come_in_any_order_and_others_are_passed_over() -> None:
    sheet = read_people(b"Department;E-mail;Last name;First name\nSales;ann@customer.example;Lee;Ann\n")
    assert (sheet.people, sheet.ignored) == ([ANN], ("Department",))


def test_excel_may_name_the_separator_in_a_line_of_its_own() -> None:
    assert read_people(b"sep=;\r\nFirst name;Last name;E-mail\r\nAnn;Lee;ann@customer.example\r\n").people == [ANN]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_read_and_blank_rows_are_passed_over(newline: str) -> None:
    text = f"First name,Last name,E-mail{newline}{newline},,{newline}Ann,Lee,ann@customer.example"
    [row] = read_people(text.encode()).rows
    assert (row.number, row.person) == (4, ANN)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", 'O"Brien', "عمر", "🎉", "a, b"])
def test_cells_are_text_whatever_they_begin_with(name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    [person] = read_people(f"First name,Last name,E-mail\n{cell},Lee,ann@customer.example\n".encode()).people
    assert person.first_name == name


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
        (b"Ann,Lee,ann@customer.example\r\n", "no_header"),
        (b"First name,E-mail\r\nAnn,ann@customer.example\r\n", "no_header"),
        (b"First name:Last name:E-mail\r\nAnn:Lee:ann@customer.example\r\n", "no_header"),
        (b"First name,Last name,E-mail,Mail\r\nAnn,Lee,a@x.example,b@x.example\r\n", "column_twice"),
        (b'First name,Last name,E-mail\r\n"Ann,Lee,ann@customer.example\r\nBob,Ray,bob@x.example\r\n', "quotes"),
        (b"PK\x03\x04\x14\x00\x06\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "not_text"),
        (b"First name,Last name,E-mail\r\n" + b"x" * (10 * 1024 * 1024), "too_big"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_people(data)
    assert caught.value.code == code


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        read_people(b"First name,Phone,E-mail\r\nAnn,1,ann@customer.example\r\n")
    assert caught.value.messages == [
        "The first row must name the columns First name, Last name and E-mail. Missing: Last name. "
        "The row reads: First name | Phone | E-mail"
    ]


def test_one_bad_row_in_the_middle_is_told_by_number_and_column() -> None:
    rows = [f"Ann,Lee,ann{number}@customer.example" for number in range(9)]
    rows[4] = "Ann,,nonsense"
    sheet = read_people("\n".join(["First name,Last name,E-mail", *rows]).encode())
    assert [(fault.row, str(fault.label), fault.value, fault.text) for fault in sheet.faults] == [
        (6, "Last name", "", "Fill this in."),
        (6, "E-mail", "nonsense", "This is not an e-mail address."),
    ]
    assert (len(sheet.rows), sheet.total) == (8, 9)


@pytest.mark.parametrize(
    ("row", "label", "text"),
    [
        (f"{'x' * 300},Lee,ann@customer.example", "First name", "Use at most 100 characters; these are 300."),
        ("Ann,Le\x07e,ann@customer.example", "Last name", "Take out the control characters."),
        ("Ann", "Last name", "Fill this in."),
        (
            "Ann,Lee,ann@customer.example,more",
            "Row",
            "This row has more cells than the first row: check its separators.",
        ),
        ("Ann,Lee,ZOE@customer.example", "E-mail", "This e-mail stands in row 2 already."),
    ],
)
def test_what_is_wrong_in_a_row_is_told_in_plain_words(row: str, label: str, text: str) -> None:
    sheet = read_people(f"First name,Last name,E-mail\nZoë,Müller,zoe@customer.example\n{row}\n".encode())
    assert (str(sheet.faults[0].label), sheet.faults[0].row, sheet.faults[0].text) == (label, 3, text)
    assert sheet.people == [ZOE]


def test_a_row_that_is_wrong_and_stands_twice_is_told_both() -> None:
    sheet = read_people(b"First name,Last name,E-mail\nAnn,Lee,a@x.example\n,Lee,A@x.example\n")
    assert [(fault.row, fault.text) for fault in sheet.faults] == [
        (3, "Fill this in."),
        (3, "This e-mail stands in row 2 already."),
    ]


def test_addresses_in_use_at_the_company_are_faults_of_their_rows() -> None:
    sheet = read_people(TEXT.replace("zoe@", "Zoe@").encode()).refusing({"Zoe@customer.example"})
    assert [(fault.row, fault.text) for fault in sheet.faults] == [(3, "This e-mail is in use at the company already.")]
    assert sheet.people == [ANN]


def test_fifty_thousand_rows_are_read_and_one_more_is_refused() -> None:
    header = "First name;Last name;E-mail\r\n"
    rows = [f"Ann{number};Müller;ann{number}@customer.example\r\n" for number in range(MAX_ROWS + 1)]
    sheet = read_people((header + "".join(rows[:MAX_ROWS])).encode("cp1252"))
    assert (len(sheet.rows), sheet.faults) == (50_000, ())
    with pytest.raises(ValidationError) as caught:
        read_people((header + "".join(rows)).encode("cp1252"))
    assert caught.value.code == "too_many_rows"
