"""People from a file: with the mouse, with the keyboard, without JavaScript, and with a worker (R5)."""

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from tests.browser.keyboard import Keyboard
from tests.factories import PASSWORD, make_account, make_company, make_partner
from tests.facts import numbers
from tests.working import work
from users.models import User

HEADER = "Vorname;Nachname;Abteilung;E-Mail-Adresse\r\n"


@pytest.fixture
def company() -> Company:
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    return make_company(partner, name="Wingtip", seats=3)


def csv(text: str, encoding: str = "utf-8") -> FilePayload:
    return {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}


def at_file(page: Page, company: Company) -> None:
    page.goto(f"/accounts/login/?next=/companies/{company.pk}/users/")
    page.get_by_label("E-mail").fill("ann@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Add users").click()
    page.get_by_role("link", name="CSV file").click()
    expect(page.get_by_role("button", name="Check file")).to_be_visible()


def to_preview(page: Page, file: FilePayload) -> None:
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Check file").click()
    page.get_by_role("button", name="Go on to the preview").click()
    expect(page.get_by_role("heading", name="People in the file")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "no-javascript"])
def test_r5_a_file_is_mended_and_comes_in_once(
    browser: Browser, live_server: LiveServer, company: Company, scripts: bool
) -> None:
    """What Excel writes in Europe; nobody is added before it is confirmed, and going back adds nobody again."""
    with browser.new_context(base_url=live_server.url, locale="en-GB", java_script_enabled=scripts) as context:
        page = context.new_page()
        at_file(page, company)
        page.get_by_role("button", name="Check file").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
        text = HEADER + "Jörg;Müller;IT;joerg@x.example\r\n<b>Eva</b>;;IT;eva\r\n"
        page.get_by_label("CSV file").set_input_files(csv(text, "cp1252"))
        page.get_by_role("button", name="Check file").click()
        expect(page.get_by_label("E-mail", exact=True)).to_have_value("3")
        expect(page.get_by_role("row").filter(has_text="Jörg")).to_contain_text("Müller")
        page.get_by_role("button", name="Go on to the preview").click()
        page.get_by_role("button", name="Add all 2, or nobody").click()
        expect(page.get_by_role("alert")).to_contain_text("Nobody was added: 1 row is wrong.")
        expect(page.get_by_role("textbox", name="Last name, row 3")).to_have_accessible_description("Fill this in.")
        page.get_by_role("textbox", name="Last name, row 3").fill("Zoë")
        page.get_by_role("textbox", name="E-mail, row 3").fill("eva@x.example")
        page.get_by_role("button", name="Save corrections").click()
        expect(page.get_by_role("status")).to_contain_text("No row is wrong any more.")
        assert numbers(company) == (3, 1, 0)
        page.get_by_role("button", name="Add all 2, or nobody").click()
        expect(page.get_by_role("status")).to_contain_text("2 users were added.")
        expect(page.get_by_role("row").filter(has_text="<b>Eva</b>")).to_contain_text("Added")
        assert numbers(company) == (3, 3, 0)
        page.go_back()
        page.reload()
        expect(page.get_by_role("link", name="Result as CSV")).to_be_visible()
        assert numbers(company) == (3, 3, 0)
    assert User.objects.get(email="joerg@x.example").last_name == "Müller"


def test_with_the_keyboard_alone(page: Page, company: Company) -> None:
    """The Enter key in a cell saves what was typed, and adds nobody."""
    at_file(page, company)
    to_preview(page, csv(HEADER + "Jörg;;IT;joerg@x.example\r\n"))
    hands = Keyboard(page)
    hands.type(page.get_by_role("textbox", name="Last name, row 2"), "Müller")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("No row is wrong any more.")
    assert numbers(company) == (3, 1, 0)
    hands.press(page.get_by_role("link", name="Correct row 2"))
    hands.type(page.get_by_role("textbox", name="First name, row 2"), "Georg")
    hands.press(page.get_by_role("button", name="Save corrections"))
    expect(page.get_by_role("row").filter(has_text="Georg")).to_be_visible()
    page.goto(page.url.partition("?")[0])
    hands.press(page.get_by_role("button", name="Add this person, or nobody"))
    expect(page.get_by_role("status")).to_contain_text("1 user was added.")
    assert numbers(company) == (3, 2, 0)


def test_a_worker_does_many_while_the_page_waits(page: Page, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: for whom no seat is left, waits, because that was chosen."""
    monkeypatch.setattr("users.imports.running.AT_ONCE", 2)
    at_file(page, company)
    to_preview(page, csv(HEADER + "".join(f"A;B;IT;a{number}@x.example\r\n" for number in range(5))))
    page.get_by_label("Let those wait").check()
    page.get_by_role("button", name="Add the 2 that can be added").click()
    expect(page.get_by_text("0 of 5 rows are done.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    work()
    expect(page.get_by_role("link", name="Result as CSV")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Pending approval")).to_have_count(3)
    assert numbers(company) == (3, 3, 3)


@pytest.mark.parametrize("width", [320, 375, 640, 1280])
def test_the_pages_fit_the_screen(page: Page, company: Company, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    at_file(page, company)
    text = (
        HEADER + "Jörg;;IT;joerg\r\nEva;Zoë;IT;eva@x.example;mehr\r\nBo;Ray;IT;bo.with.a.very.long.name@x.example\r\n"
    )
    fits = "document.documentElement.scrollWidth"
    page.get_by_label("CSV file").set_input_files(csv(text))
    page.get_by_role("button", name="Check file").click()
    assert page.evaluate(fits) == width
    page.get_by_role("button", name="Go on to the preview").click()
    expect(page.get_by_role("heading", name="People in the file")).to_be_visible()
    assert page.evaluate(fits) == width
    page.get_by_role("button", name="that can be added").click()
    expect(page.get_by_role("link", name="Result as CSV")).to_be_visible()
    assert page.evaluate(fits) == width
