"""What a person's fields may hold: R9."""

import pytest
from django.core.exceptions import ValidationError

from users.people import Person, clean_email, clean_name, clean_person, clean_reason


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ann", "Ann"),
        ("  Ann\u00a0 Mary\t Lee ", "Ann Mary Lee"),
        ("Zoe\u0308", "Zoë"),
        ("李小龍", "李小龍"),
        ("محمد", "محمد"),
        ("👩\u200d🔬 Ada", "👩\u200d🔬 Ada"),
        ("x" * 100, "x" * 100),
        ("=cmd()", "=cmd()"),
        ("<b>Ann</b>", "<b>Ann</b>"),
    ],
)
def test_r9_a_name_of_any_script_is_kept(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        (" \t\u3000 ", "required"),
        ("\u200b", "required"),
        ("\u200d\u200f\ufeff", "required"),
        ("\u3164", "required"),
        ("x" * 101, "too_long"),
        ("x" * 300, "too_long"),
        ("Ann\x00", "control_characters"),
        ("Ann\x1b[31m", "control_characters"),
        ("Ann\u202etxt", "control_characters"),
        ("Ann\u2028Lee", "control_characters"),
        ("Ann\nLee", "control_characters"),
        ("Ann\ud800", "control_characters"),
    ],
)
def test_r9_a_name_that_cannot_be_shown_is_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_name(typed)
    assert caught.value.code == code


def test_r9_a_name_that_is_too_long_is_told_how_long_it_is() -> None:
    with pytest.raises(ValidationError) as caught:
        clean_name("x" * 300)
    assert caught.value.messages == ["Use at most 100 characters; these are 300."]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        (" \t\u200b ", ""),
        (" New hires,\r\n from  May ", "New hires, from May"),
        ("x" * 500, "x" * 500),
    ],
)
def test_r16_a_reason_is_one_line_and_may_be_missing(typed: str, stored: str) -> None:
    """R16: the ledger keeps it as it is."""
    assert clean_reason(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"), [("x" * 501, "too_long"), ("a\x00b", "control_characters"), ("a\u202eb", "control_characters")]
)
def test_r16_a_reason_that_cannot_be_kept_is_refused(typed: str, code: str) -> None:
    """R16"""
    with pytest.raises(ValidationError) as caught:
        clean_reason(typed)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ann@customer.example", "ann@customer.example"),
        (" Ann.Lee+x@CUSTOMER.Example ", "Ann.Lee+x@customer.example"),
        ("用户@例え.jp", "用户@例え.jp"),
        ("ann@firm.local", "ann@firm.local"),
    ],
)
def test_r9_an_address_keeps_its_spelling_but_for_the_domain(typed: str, stored: str) -> None:
    assert clean_email(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("ann", "invalid_email"),
        ("ann@", "invalid_email"),
        ("@customer.example", "invalid_email"),
        ("ann@@customer.example", "invalid_email"),
        ("ann lee@customer.example", "invalid_email"),
        ("ann@customer..example", "invalid_email"),
        ("ann@customer.example, bob@customer.example", "invalid_email"),
        ("Ann <ann@customer.example>", "invalid_email"),
        ("ann\x00@customer.example", "invalid_email"),
        ("a" * 250 + "@customer.example", "too_long"),
    ],
)
def test_r9_what_is_no_address_is_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_email(typed)
    assert caught.value.code == code


def test_r9_everything_that_is_wrong_with_a_person_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        clean_person(Person("", "x" * 101, "ann"))
    codes = {field: [error.code for error in errors] for field, errors in caught.value.error_dict.items()}
    assert codes == {"first_name": ["required"], "last_name": ["too_long"], "email": ["invalid_email"]}


def test_r9_cleaning_twice_is_cleaning_once() -> None:
    once = clean_person(Person(" Zoe\u0308 ", "De  Vries", "Zoe@CUSTOMER.example"))
    assert clean_person(once) == once == Person("Zoë", "De Vries", "Zoe@customer.example")
