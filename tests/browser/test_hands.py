"""Clumsy, hurried and unlucky hands: what people do with the pencil that no rule foresees (R10, R11)."""

import re

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import Tier
from licensing.ledger import entries_of
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_partner
from tests.facts import numbers


@pytest.fixture
def wingtip() -> Company:
    """Advanced, 3 of 10 seats used; Ann and Bob are admins of its partner."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    make_account(partner, email="bob@northwind.example", name="Bob")
    return make_company(partner, name="Wingtip", seats=10, used=3, tier=Tier.ADVANCED)


@pytest.fixture
def ann(page: Page, wingtip: Company) -> Portal:
    """Signed in, on Wingtip's Settings tab."""
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{wingtip.pk}/settings/")
    return portal


def entries(company: Company) -> int:
    return entries_of(company).count()


def test_r16_double_click_on_save_is_one_change(ann: Portal, wingtip: Company) -> None:
    """R16"""
    posts: list[Request] = []
    ann.page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    ann.page.get_by_role("button", name="Edit license").click()
    ann.dialog.get_by_label("Seats").fill("12")
    ann.dialog.get_by_role("button", name="Save").dblclick()
    expect(ann.page.get_by_role("status")).to_contain_text("License saved: 12 seats on Advanced.")
    assert len(posts) == 1
    assert (numbers(wingtip), entries(wingtip)) == ((12, 3, 0), 2)


def test_back_and_save_again_changes_nothing_more(ann: Portal, wingtip: Company) -> None:
    ann.page.goto(f"/companies/{wingtip.pk}/settings/license/")
    for _ in range(2):
        ann.edit_license(seats="12")
        expect(ann.page.get_by_role("status")).to_contain_text("License saved: 12 seats on Advanced.")
        ann.page.go_back()
        expect(ann.dialog).to_be_visible()
    assert (numbers(wingtip), entries(wingtip)) == ((12, 3, 0), 2)


def test_the_pencil_needs_no_mouse(ann: Portal, wingtip: Company) -> None:
    """From the top of the page: Tab to the pencil, type a number over the old one, send it, correct it."""
    keyboard, pencil = ann.page.keyboard, ann.page.get_by_role("button", name="Edit license")
    for _ in range(20):
        keyboard.press("Tab")
        if pencil.evaluate("element => element === document.activeElement"):
            break
    keyboard.press("Enter")
    expect(ann.dialog.get_by_label("Seats")).to_be_focused()
    keyboard.type("2")
    keyboard.press("Enter")
    expect(ann.page.get_by_role("alert")).to_be_focused()
    expect(ann.page.get_by_role("alert")).to_contain_text("2 seats are too few: 3 are used.")
    keyboard.press("Escape")
    expect(ann.dialog).to_have_count(0)
    expect(pencil).to_be_focused()
    keyboard.press("Enter")
    expect(ann.dialog.get_by_label("Seats")).to_be_focused()
    keyboard.type("25")
    for name in ("Tier", "Reason (optional)"):
        keyboard.press("Tab")
        expect(ann.dialog.get_by_label(name)).to_be_focused()
    keyboard.type("New hires")
    for name in ("Cancel", "Save"):
        keyboard.press("Tab")
        expect(ann.dialog.get_by_role("button", name=name)).to_be_focused()
    keyboard.press("Enter")
    expect(ann.page.locator("#license")).to_contain_text("3 of 25")
    assert numbers(wingtip) == (25, 3, 0)


def test_of_two_admins_the_second_sees_what_the_first_saved(
    ann: Portal, wingtip: Company, browser: Browser, live_server: LiveServer
) -> None:
    with browser.new_context(base_url=live_server.url) as context:
        bob = Portal(context.new_page())
        bob.sign_in("bob@northwind.example", PASSWORD)
        bob.page.goto(f"/companies/{wingtip.pk}/settings/")
        for one in (ann, bob):
            one.page.get_by_role("button", name="Edit license").click()
            expect(one.dialog).to_be_visible()
        ann.edit_license(seats="15")
        expect(ann.page.locator("#license")).to_contain_text("3 of 15")
        bob.edit_license(seats="20", reason="More desks")
        alert = bob.page.get_by_role("alert")
        expect(alert).to_contain_text("Somebody changed this license meanwhile: it is now 15 seats on Advanced.")
        expect(alert).to_contain_text(re.compile("eats.* from 10 to 15.*Ann"))
        expect(alert).to_be_focused()
        assert numbers(wingtip) == (15, 3, 0)
        expect(bob.dialog.get_by_label("Seats")).to_have_value("20")
        expect(bob.dialog.get_by_label("Reason")).to_have_value("More desks")
        bob.dialog.get_by_role("button", name="Save").click()
        expect(bob.page.locator("#license")).to_contain_text("3 of 20")


def test_a_form_of_yesterday_says_that_nothing_was_saved(ann: Portal, wingtip: Company) -> None:
    ann.page.get_by_role("button", name="Edit license").click()
    expect(ann.dialog).to_be_visible()
    ann.page.context.clear_cookies(name="sessionid")
    ann.edit_license(seats="12")
    expect(ann.page.get_by_role("status")).to_contain_text("Nothing was saved yet. Show that it is you")
    assert numbers(wingtip) == (10, 3, 0)
    ann.page.get_by_label("E-mail").fill("ann@northwind.example")
    ann.page.get_by_label("Password").fill(PASSWORD)
    ann.page.get_by_role("button", name="Sign in").click()
    expect(ann.dialog.get_by_label("Seats")).to_have_value("12")
    assert numbers(wingtip) == (10, 3, 0)


def test_signing_in_again_elsewhere_keeps_what_is_typed(ann: Portal, wingtip: Company) -> None:
    """The token of the form has changed meanwhile: told in the dialog, which stays."""
    ann.page.get_by_role("button", name="Edit license").click()
    expect(ann.dialog).to_be_visible()
    ann.page.context.clear_cookies(name="csrftoken")
    ann.edit_license(seats="12")
    expect(ann.dialog.get_by_role("alert")).to_contain_text("This is what you typed before. Nothing is saved yet")
    expect(ann.dialog.get_by_label("Seats")).to_have_value("12")
    assert numbers(wingtip) == (10, 3, 0)


def test_a_company_closed_meanwhile_is_told_in_the_dialog(ann: Portal, wingtip: Company) -> None:
    """R19"""
    empty = make_company(wingtip.partner, name="Empty")
    ann.page.goto(f"/companies/{empty.pk}/settings/")
    ann.page.get_by_role("button", name="Edit license").click()
    expect(ann.dialog).to_be_visible()
    close_company(empty, typed_name="Empty", by=None)
    ann.edit_license(seats="12")
    expect(ann.dialog.get_by_role("alert")).to_contain_text("This company was closed.")
    assert numbers(empty) == (0, 0, 0)


@pytest.mark.parametrize(
    "button", ["Edit license", "Add connector", "Rename", "Close company", re.compile("Switch on.*Master password")]
)
def test_every_dialog_of_the_settings_takes_the_focus_and_gives_it_back(
    ann: Portal, button: str | re.Pattern[str]
) -> None:
    opener = ann.page.get_by_role("button", name=button)
    opener.click()
    expect(ann.dialog).to_be_visible()
    assert ann.dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    ann.page.keyboard.press("Escape")
    expect(ann.dialog).to_have_count(0)
    expect(opener).to_be_focused()
