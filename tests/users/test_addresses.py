"""Pasted e-mails: every usual way of writing them, and the names that come along (R5)."""

import pytest

from users.addresses import addresses_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" ,;\r\n, ", []),
        ("alee@x.example", [("alee@x.example", "", "")]),
        ("a@x.example\nb@x.example", [("a@x.example", "", ""), ("b@x.example", "", "")]),
        ("a@x.example, b@x.example;c@x.example d@x.example", [(f"{name}@x.example", "", "") for name in "abcd"]),
        ("Ann Lee <ann@x.example>", [("ann@x.example", "Ann", "Lee")]),
        ("Ann Marie Lee <ann@x.example>", [("ann@x.example", "Ann Marie", "Lee")]),
        ("Ann <ann@x.example>", [("ann@x.example", "Ann", "")]),
        ('"Lee, Ann" <ann@x.example>', [("ann@x.example", "Ann", "Lee")]),
        (
            "Lee, Ann <ann@x.example>; Müller, Jörg <j@x.example>",
            [("ann@x.example", "Ann", "Lee"), ("j@x.example", "Jörg", "Müller")],
        ),
        (
            "Ann Lee <ann@x.example>, Bob Ray <b@x.example>",
            [("ann@x.example", "Ann", "Lee"), ("b@x.example", "Bob", "Ray")],
        ),
        ("ann.lee@x.example", [("ann.lee@x.example", "Ann", "Lee")]),
        ("ann-marie.lee+portal@x.example", [("ann-marie.lee+portal@x.example", "Ann Marie", "Lee")]),
        ("ann.lee2@x.example", [("ann.lee2@x.example", "", "")]),
        ("mailto:a@x.example", [("a@x.example", "", "")]),
        ("<a@x.example>", [("a@x.example", "", "")]),
        ("A@x.example, a@X.example", [("A@x.example", "", "")]),
        ("nonsense\na@x.example", [("nonsense", "", ""), ("a@x.example", "", "")]),
        ("用户@例子.example", [("用户@例子.example", "", "")]),
    ],
)
def test_addresses_are_found_with_their_names(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(one.email, one.first_name, one.last_name) for one in addresses_in(text)] == found


@pytest.mark.parametrize("text", ["<" * 100_000, '"' * 100_000, '"\\' * 50_000, "a," * 50_000])
def test_text_made_to_be_slow_is_not(text: str) -> None:
    addresses_in(text)
