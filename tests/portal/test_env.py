"""Settings are read from the environment; what makes no sense is refused by the variable's name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import env


def number() -> int:
    return env.whole_number("X", default=5, least=1, most=200)


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("false", False)])
def test_flag_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("X", raw)
    assert env.flag("X", default=not value) is value


def test_flag_falls_back_to_its_default_when_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X", raising=False)
    assert env.flag("X", default=True) is True


@pytest.mark.parametrize("raw", ["2", "ja", "yes please", "None"])
def test_flag_refuses_what_is_neither(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", raw)
    with pytest.raises(ImproperlyConfigured, match=f"^X must be 1 or 0, not '{raw}'.$"):
        env.flag("X", default=False)


@pytest.mark.parametrize(("raw", "value"), [("1", 1), ("200", 200), (" 7 ", 7), ("", 5)])
def test_whole_number_reads_its_range(monkeypatch: pytest.MonkeyPatch, raw: str, value: int) -> None:
    monkeypatch.setenv("X", raw)
    assert number() == value


@pytest.mark.parametrize("raw", ["0", "201", "-1", "1.5", "1e2", "many", "٣", "²", "1_0"])
def test_whole_number_refuses_what_is_none_or_out_of_range(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", raw)
    with pytest.raises(ImproperlyConfigured, match=f"^X must be a whole number from 1 to 200, not '{raw}'.$"):
        number()


def test_choice_takes_one_of_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "demo")
    assert env.choice("X", options=("production", "demo"), default="production") == "demo"
    monkeypatch.setenv("X", "")
    assert env.choice("X", options=("production", "demo"), default="production") == "production"
    monkeypatch.setenv("X", "Demo")
    with pytest.raises(ImproperlyConfigured, match=r"^X must be one of production, demo, not 'Demo'\.$"):
        env.choice("X", options=("production", "demo"), default="production")


@pytest.mark.parametrize("raw", [None, "", "   "])
def test_text_without_a_default_must_be_there(monkeypatch: pytest.MonkeyPatch, raw: str | None) -> None:
    if raw is None:
        monkeypatch.delenv("X", raising=False)
    else:
        monkeypatch.setenv("X", raw)
    assert env.text("X", default="other") == "other"
    with pytest.raises(ImproperlyConfigured, match=r"^Set the environment variable X\.$"):
        env.text("X")


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a.example, ,b.example ,")
    assert env.words("X") == ["a.example", "b.example"]
    monkeypatch.setenv("X", "")
    assert env.words("X", default=("localhost",)) == ["localhost"]


@pytest.mark.parametrize("raw", ["portal@portal.example", "Partner Portal <portal@portal.example>"])
def test_address_reads_an_address_with_or_without_a_name(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", f" {raw} ")
    assert env.address("X") == raw


@pytest.mark.parametrize("raw", ["portal", "@portal.example", "portal@", "<>", "a@b.example\nBcc: c@d.example"])
def test_address_refuses_what_is_none(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", raw)
    with pytest.raises(ImproperlyConfigured) as refused:
        env.address("X")
    assert str(refused.value) == f"X must be an e-mail address, not {raw!r}."
