"""Licenses of many companies at once: with the mouse, with the keyboard, without JavaScript, and with a worker."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_partner
from tests.working import work


@pytest.fixture
def companies() -> list[Company]:
    """Adventure Works is full; Fabrikam and Wingtip have room."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    return [
        make_company(partner, name="Adventure Works", seats=9, used=9),
        make_company(partner, name="Fabrikam", seats=5, used=2),
        make_company(partner, name="Wingtip", seats=20, used=3, tier=Tier.ADVANCED),
    ]


def at_list(page: Page, query: str = "") -> Portal:
    portal = Portal(page)
    page.goto(f"/accounts/login/?next=/companies/{query}")
    page.get_by_label("E-mail").fill("ann@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Companies")).to_be_visible()
    return portal


def fill_in(page: Page, how: str, number: str = "", reason: str = "") -> None:
    page.get_by_role("radio", name=how).check()
    if number:
        page.get_by_label("Seats", exact=True).fill(number)
    if reason:
        page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Preview").click()


def seats(*companies: Company) -> list[int]:
    return [Company.objects.get(pk=company.pk).seats for company in companies]


def test_some_are_ticked_previewed_and_changed(page: Page, companies: list[Company]) -> None:
    """R10, R11, R16: the refusal comes from the button itself; those that can are changed."""
    portal = at_list(page)
    bar = page.get_by_role("button", name="Change licenses")
    expect(bar).to_be_hidden()
    for name in ("Adventure Works", "Fabrikam"):
        portal.company_row(name).get_by_role("checkbox", name=name).check()
    expect(bar).to_be_visible()
    expect(page.get_by_role("checkbox", name="Select this page")).to_have_js_property("indeterminate", True)
    page.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Select this page").check()
    expect(portal.company_row("Wingtip").get_by_role("checkbox")).to_be_checked()
    portal.company_row("Wingtip").get_by_role("checkbox").uncheck()
    bar.click()
    expect(page.get_by_role("heading", name="Change the licenses of 2 companies")).to_be_visible()
    fill_in(page, "Set the number of seats", "8", "New contract")
    expect(portal.company_row("Fabrikam")).to_contain_text("5 → 8")
    expect(portal.company_row("Fabrikam")).to_contain_text("+12.00")
    all_of_them = page.get_by_role("button", name="Change all 2, or nothing")
    expect(all_of_them).to_be_enabled()
    all_of_them.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed: 1 of the 2 companies cannot be changed.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert seats(*companies) == [9, 5, 20]
    page.get_by_role("button", name="Change the 1 that can").click()
    expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
    expect(portal.company_row("Fabrikam")).to_contain_text("Changed")
    expect(portal.company_row("Adventure Works")).to_contain_text("8 seats are too few: 9 are used.")
    assert seats(*companies) == [9, 8, 20]
    page.get_by_role("link", name="Fabrikam").click()
    portal.open_tab("Activity")
    expect(page.get_by_role("row").filter(has_text="Seats changed from 5 to 8")).to_contain_text("New contract")


def test_all_that_match_a_search_are_chosen_by_one_tick(page: Page, companies: list[Company]) -> None:
    """The search stays: those beyond it are not touched."""
    at_list(page)
    page.get_by_role("searchbox").fill("i")
    page.get_by_label("Tier").select_option("Advanced")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("checkbox", name="Select the 1 company that matches").check()
    expect(page.locator("#bulk")).to_contain_text("1 company selected")
    page.get_by_role("button", name="Change licenses").click()
    fill_in(page, "Trim unused seats", "2")
    page.get_by_role("button", name="Change it, or nothing").click()
    expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
    assert seats(*companies) == [9, 5, 5]


def test_by_keyboard_alone(page: Page, companies: list[Company]) -> None:
    portal = at_list(page)
    portal.company_row("Fabrikam").get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Change licenses").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Add seats").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Set the number of seats")).to_be_checked()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Seats", exact=True)).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Change it, or nothing").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
    assert Company.objects.get(pk=companies[1].pk).tier == Tier.ADVANCED


def test_without_javascript(browser: Browser, live_server: LiveServer, companies: list[Company]) -> None:
    """R10: what somebody changed meanwhile is shown afresh; confirmed again, it is done."""
    with browser.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        portal = at_list(page)
        for name in ("Fabrikam", "Wingtip"):
            portal.company_row(name).get_by_role("checkbox").check()
        page.get_by_role("button", name="Change licenses").click()
        fill_in(page, "Add seats", "5")
        change_license(companies[1], seats=6, tier=Tier.STANDARD, seen=1, by=None)
        page.get_by_role("button", name="Change all 2, or nothing").click()
        expect(page.get_by_role("alert")).to_contain_text("Somebody changed this license meanwhile")
        expect(portal.company_row("Fabrikam")).to_contain_text("6 → 11")
        assert seats(*companies) == [9, 6, 20]
        page.get_by_role("button", name="Change all 2, or nothing").click()
        expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
        assert seats(*companies) == [9, 11, 25]


def test_a_worker_does_many_while_the_page_waits(
    page: Page, companies: list[Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companies.views.bulk_license.AT_ONCE", 2)
    portal = at_list(page)
    page.get_by_role("checkbox", name="Select all 3 companies").check()
    page.get_by_role("button", name="Change licenses").click()
    fill_in(page, "Add seats", "5")
    page.get_by_role("button", name="Change the 3 that can").click()
    expect(page.get_by_role("heading", name="Changing licenses")).to_be_visible()
    expect(page.get_by_text("0 of 3 companies are done.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
    expect(portal.company_row("Wingtip")).to_contain_text("20 → 25")
    assert seats(*companies) == [14, 10, 25]


@pytest.mark.parametrize("width", [320, 375, 640, 1280])
def test_the_pages_fit_the_screen(page: Page, companies: list[Company], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    at_list(page)
    fits = "document.documentElement.scrollWidth"
    page.get_by_role("checkbox", name="Select all 3 companies").check()
    assert page.evaluate(fits) == width
    page.get_by_role("button", name="Change licenses").click()
    expect(page.get_by_role("heading", name="Change the licenses of 3 companies")).to_be_visible()
    assert page.evaluate(fits) == width
    fill_in(page, "Set the number of seats", "8")
    expect(page.get_by_role("button", name="Change the 2 that can")).to_be_visible()
    assert page.evaluate(fits) == width
    assert page.evaluate(
        "[...document.querySelectorAll('.table-scroll')].every(box => box.scrollWidth <= box.clientWidth)"
    )
    page.get_by_role("button", name="Change the 2 that can").click()
    expect(page.get_by_role("heading", name="Licenses changed")).to_be_visible()
    assert page.evaluate(fits) == width
