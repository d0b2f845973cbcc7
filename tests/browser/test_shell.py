"""What portal.js adds to the shell, and that nothing is lost without it."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from companies.partners.models import Partner
from tests.factories import PASSWORD, make_account, make_company, make_partner
from tests.portal.sample.pages import use_sample_pages


@pytest.fixture(autouse=True)
def partner(settings: Settings) -> Partner:
    use_sample_pages(settings)
    partner = make_partner("Northwind")
    make_account(partner, email="ada@partner.example", name="Ada")
    for name in ("Alpha", "Beta", "Gamma", "Delta"):
        make_company(partner, name=name)
    return partner


def sign_in(page: Page, base_url: str = "") -> None:
    page.goto(f"{base_url}/accounts/login/?next=/sample/list/")
    page.get_by_label("E-mail").fill("ada@partner.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Samples")).to_be_visible()


def test_dialog_opens_over_the_page_and_gives_the_focus_back(page: Page) -> None:
    sign_in(page)
    button = page.get_by_role("button", name="Edit sample")
    dialog = page.get_by_role("dialog", name="Edit sample")
    for way in ("Escape", "Cancel"):
        button.click()
        expect(dialog).to_be_visible()
        assert dialog.evaluate("element => element.matches(':modal')")
        expect(page.get_by_label("word")).to_be_focused()
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            page.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
    assert page.url.endswith("/sample/list/")


def test_refusal_stays_in_the_dialog_with_what_was_typed(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Edit sample").click()
    page.get_by_label("word").fill("no")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("The word is no."))
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("word")).to_have_value("no")
    assert page.get_by_role("dialog").evaluate("element => element.matches(':modal')")
    page.get_by_label("word").fill("yes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_double_click_sends_a_form_once(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Edit sample").click()
    page.get_by_label("word").fill("no")
    posts: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            posts.append(route.request.url)
        route.continue_()

    page.route("**/sample/dialog/", slowly)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(posts) == 1
    expect(page.get_by_role("button", name="Save")).to_be_enabled()


def test_errors_under_htmx_are_told_above_the_page_which_stays(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="Ask too much").click()
    expect(page.get_by_role("alert")).to_contain_text("3 seats are needed")
    expect(page.get_by_role("heading", name="Samples")).to_be_visible()


def test_lost_connection_is_told_even_over_a_dialog(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Edit sample").click()
    page.get_by_label("word").fill("yes")
    page.route("**/sample/dialog/", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The portal did not answer.")
    page.unroute("**/sample/dialog/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")


def test_a_link_to_the_page_below_a_dialog_does_not_silence_the_page(page: Page) -> None:
    """What was said inside the dialog goes with it; the next trouble is told on the page."""
    sign_in(page)
    page.get_by_role("button", name="Edit sample").click()
    page.route("**/sample/dialog/", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Look at the list").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("link", name="Ask too much").click()
    expect(page.get_by_role("alert")).to_contain_text("3 seats are needed")


def test_sorting_and_paging_change_the_address_and_back_returns(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="Name").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"\?sort=-name$"))
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text(["Alpha"])
    page.go_back()
    expect(page.get_by_role("rowheader")).to_have_text(["Gamma", "Delta", "Beta"])
    expect(page.get_by_role("heading", name="Samples")).to_be_visible()


def test_session_that_expired_leads_to_sign_in_and_back(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="2", exact=True).click()
    expect(page).to_have_url(re.compile(r"page=2$"))
    page.context.clear_cookies()
    page.get_by_role("button", name="Edit sample").click()
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fsample%2Flist%2F%3Fpage%3D2$"))


def test_account_menu_signs_out(page: Page) -> None:
    sign_in(page)
    page.get_by_text("Ada", exact=True).first.click()
    expect(page.get_by_text("Admin", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    page.get_by_text("Ada", exact=True).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_nothing_is_lost_without_javascript(browser: Browser, live_server: LiveServer) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, live_server.url)
        page.get_by_role("button", name="Edit sample").click()
        expect(page.get_by_role("dialog", name="Edit sample")).to_be_visible()
        page.get_by_label("word").fill("no")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("The word is no.")
        page.get_by_label("word").fill("yes")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        page.get_by_role("link", name="2", exact=True).click()
        expect(page.get_by_role("rowheader")).to_have_text(["Gamma"])


@pytest.mark.parametrize("path", ["/accounts/login/", "/sample/list/", "/sample/dialog/", "/nowhere"])
def test_no_page_scrolls_sideways_on_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 375, "height": 720})
    sign_in(page)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
