"""The Users tab by hand: with the mouse, without JavaScript (R2, R5, R7)."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_partner
from tests.facts import numbers


@pytest.fixture
def tailspin() -> Company:
    """5 of 5 seats used, 3 people waiting."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    return make_company(partner, name="Tailspin Toys", seats=5, used=5, pending=3, tier=Tier.ADVANCED)


def people_of(page: Page, company: Company) -> Portal:
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{company.pk}/users/")
    return portal


def active_row(page: Page) -> Locator:
    """Somebody Active who is not the primary user."""
    rows = page.get_by_role("row").filter(has=page.get_by_text("Active", exact=True))
    return rows.filter(has=page.get_by_role("button", name="Remove")).first


def test_r7_a_selection_is_approved_all_or_none_and_the_refusal_is_seen(page: Page, tailspin: Company) -> None:
    """R7: what was selected stays so, and the numbers come into view although the buttons are far below."""
    people_of(page, tailspin)
    page.set_viewport_size({"width": 1280, "height": 300})
    rows = page.get_by_role("row").filter(has_text="Pending approval")
    for row in rows.all()[:2]:
        row.get_by_role("checkbox").check()
    bar = page.locator("#bulk")
    expect(bar).to_contain_text("selected")
    expect(bar.get_by_role("button", name="Disable")).to_be_hidden()
    bar.get_by_role("button", name="Approve").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Not enough seats: 2 seats are needed, 0 are available, 2 are missing.")
    expect(alert).to_be_focused()
    expect(alert).to_be_in_viewport()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    assert numbers(tailspin) == (5, 5, 3)


def test_a_removal_asks_first_and_gives_the_focus_back(page: Page, tailspin: Company) -> None:
    portal = people_of(page, tailspin)
    button = active_row(page).get_by_role("button", name="Remove")
    button.click()
    expect(portal.dialog).to_contain_text("1 seat becomes available.")
    expect(portal.dialog.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(portal.dialog).to_have_count(0)
    expect(button).to_be_focused()
    assert numbers(tailspin) == (5, 5, 3)
    button.click()
    portal.dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("1 user was removed.")
    expect(page.get_by_role("heading", name="4 users")).to_be_visible()
    assert numbers(tailspin) == (5, 4, 3)


def test_r2_without_javascript_people_are_removed_too(
    browser: Browser, live_server: LiveServer, tailspin: Company
) -> None:
    """R2"""
    with browser.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        portal = people_of(page, tailspin)
        active_row(page).get_by_role("button", name="Remove").click()
        portal.dialog.get_by_role("link", name="Cancel").click()
        assert numbers(tailspin) == (5, 5, 3)
        for row in page.get_by_role("row").filter(has_text="Pending approval").all():
            row.get_by_role("checkbox").check()
        page.locator("#bulk").get_by_role("button", name="Remove").click()
        expect(portal.dialog).to_contain_text("Remove 3 users?")
        portal.dialog.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("status")).to_contain_text("3 users were removed.")
        assert numbers(tailspin) == (5, 5, 0)


def test_sending_twice_by_going_back_adds_nobody_twice(page: Page, tailspin: Company) -> None:
    company = make_company(tailspin.partner, name="Wingtip", seats=3)
    portal = people_of(page, company)
    portal.add_user("Cem", "Lee", "cem@x.example")
    expect(page.get_by_role("heading", name="2 users")).to_be_visible()
    page.goto(f"/companies/{company.pk}/users/add/")
    page.get_by_label("First name").fill("Cem")
    page.get_by_label("Last name").fill("Lee")
    page.get_by_label("E-mail").fill("CEM@x.example")
    page.get_by_role("button", name="Add users").dblclick()
    expect(page.get_by_role("alert")).to_contain_text("in use")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value("CEM@x.example")
    assert numbers(company) == (3, 2, 0)


def test_search_leaves_one_page_of_history_and_sorting_keeps_the_focus(page: Page, tailspin: Company) -> None:
    for name in ("Fabrikam", "Fourth Coffee"):
        make_company(tailspin.partner, name=name)
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto("/companies/")
    search = page.get_by_label("Search by name")
    search.press_sequentially("fab")
    expect(page.get_by_role("rowheader")).to_have_text(["Fabrikam"])
    page.get_by_role("link", name="Fabrikam").click()
    expect(page.get_by_role("heading", name="Fabrikam")).to_be_visible()
    page.go_back()
    expect(search).to_have_value("fab")
    page.go_back()
    expect(search).to_have_value("")
    expect(page.get_by_role("rowheader")).to_have_text(["Fabrikam", "Fourth Coffee", "Tailspin Toys"])
    sort = page.get_by_role("link", name="License")
    sort.click()
    expect(page).to_have_url(re.compile("sort=license"))
    expect(page.get_by_role("columnheader", name="License")).to_have_attribute("aria-sort", "ascending")
    expect(sort).to_be_focused()


@pytest.mark.parametrize("width", [320, 375, 640])
def test_small_screens_show_every_column_and_never_scroll_sideways(page: Page, tailspin: Company, width: int) -> None:
    """320 px is also what a zoom of 400 % leaves of 1280."""
    make_company(tailspin.partner, name="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2)
    make_company(tailspin.partner, name="شركة النخيل للتجارة")
    page.set_viewport_size({"width": width, "height": 700})
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    row = portal.company_row("Tailspin Toys")
    expect(row.get_by_role("cell")).to_have_text(["5 of 5", "Advanced", "0", "3"])
    for cell in row.get_by_role("cell").all():
        box = cell.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    tabs = ["users/", "users/add/", "users/add/many/", "users/add/file/", "activity/", "activity/?view=ledger"]
    tabs += ["settings/", "settings/license/", "settings/close/"]
    for path in (
        "/companies/",
        "/companies/add/",
        "/statements/",
        *(f"/companies/{tailspin.pk}/{tab}" for tab in tabs),
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.evaluate(
            "[...document.querySelectorAll('.table-scroll')].every(box => box.scrollWidth <= box.clientWidth)"
        ), path


def test_names_from_right_to_left_stand_where_the_others_do(page: Page, tailspin: Company) -> None:
    make_company(tailspin.partner, name="شركة النخيل")
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 700})
        boxes = [page.get_by_role("link", name=name).bounding_box() for name in ("شركة النخيل", "Tailspin Toys")]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["x"] == boxes[1]["x"]


def test_a_long_name_stays_inside_its_dialog(page: Page, tailspin: Company) -> None:
    company = make_company(tailspin.partner, name="Llanfairpwllgwyngyll" * 5)
    portal = people_of(page, tailspin)
    page.goto(f"/companies/{company.pk}/settings/close/")
    expect(portal.dialog).to_be_visible()
    assert portal.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
