"""The waiting line by hand: with the mouse, without JavaScript (R7, R10, R21)."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, add_arrivals, make_account, make_company, make_connector, make_partner
from tests.facts import numbers
from users.directory.rules import remove_connector
from users.models import User


@pytest.fixture
def adventure() -> Company:
    """5 of 5 seats used, 12 people waiting."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    company = make_company(partner, name="Adventure Works", seats=5, used=5, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company, name="Head office"), 12)
    company.refresh_from_db()
    return company


def at(page: Page, company: Company, path: str) -> Portal:
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{company.pk}/{path}")
    return portal


def line(company: Company) -> list[User]:
    return list(User.objects.of_company(company).in_line())


def test_r7_r10_the_pencil_names_who_comes_in_and_approves_them(page: Page, adventure: Company) -> None:
    """R7, R10: the names follow what is typed, the tick stays, and the focus is not taken away."""
    portal = at(page, adventure, "settings/")
    page.get_by_role("button", name="Edit license").click()
    expect(portal.dialog).to_contain_text("12 people wait in line. Enter more seats to see who comes in.")
    seats = portal.dialog.get_by_label("Seats")
    seats.fill("8")
    expect(portal.dialog).to_contain_text("These 3 people come in if you approve now:")
    waiting = line(adventure)
    names = portal.dialog.locator("#license-line").get_by_role("listitem")
    expect(names).to_have_text([f"{user.full_name} {user.email}" for user in waiting[:3]])
    tick = portal.dialog.get_by_role("checkbox", name="Approve them now")
    expect(tick).not_to_be_checked()
    tick.check()
    seats.fill("80")
    expect(portal.dialog).to_contain_text("These 12 people come in if you approve now:")
    expect(portal.dialog).to_contain_text("and 2 more")
    expect(names).to_have_count(10)
    expect(tick).to_be_checked()
    expect(seats).to_be_focused()
    seats.fill("10")
    expect(names).to_have_count(5)
    portal.dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("License saved: 10 seats on Advanced.")
    expect(page.get_by_role("status")).to_contain_text("5 users were approved.")
    assert numbers(adventure) == (10, 10, 7)
    assert line(adventure) == waiting[5:]


def test_r10_nonsense_while_typing_is_answered_by_the_save_alone(page: Page, adventure: Company) -> None:
    portal = at(page, adventure, "settings/")
    page.get_by_role("button", name="Edit license").click()
    portal.dialog.get_by_label("Seats").fill("8")
    expect(portal.dialog).to_contain_text("These 3 people")
    portal.dialog.get_by_label("Seats").fill("many")
    expect(portal.dialog).to_contain_text("Enter more seats to see who comes in.")
    expect(portal.dialog.get_by_role("alert")).to_have_count(0)
    save = portal.dialog.get_by_role("button", name="Save")
    expect(save).to_be_enabled()
    save.click()
    expect(portal.dialog.get_by_role("alert")).to_be_focused()
    assert numbers(adventure) == (5, 5, 12)


def test_r7_without_javascript_the_pencil_shows_who_comes_in_by_a_button(
    browser: Browser, live_server: LiveServer, adventure: Company
) -> None:
    with browser.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        portal = at(page, adventure, "settings/license/")
        portal.dialog.get_by_label("Seats").fill("7")
        portal.dialog.get_by_role("button", name="Show what this changes").click()
        expect(portal.dialog).to_contain_text("These 2 people come in if you approve now:")
        expect(portal.dialog.get_by_label("Seats")).to_have_value("7")
        assert numbers(adventure) == (5, 5, 12)
        portal.dialog.get_by_role("checkbox", name="Approve them now").check()
        portal.dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("2 users were approved.")
        assert numbers(adventure) == (7, 7, 10)


def test_r21_somebody_is_rejected_and_taken_back(page: Page, adventure: Company) -> None:
    """R7, R21: the focus comes back, nothing happens before the answer, and the line is joined at its end."""
    portal = at(page, adventure, "users/?status=pending")
    first = line(adventure)[0]
    button = portal.user_row(first.full_name).get_by_role("button", name="Reject")
    button.click()
    expect(portal.dialog).to_contain_text("Reject 1 user?")
    expect(portal.dialog.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert numbers(adventure) == (5, 5, 12)
    button.click()
    portal.dialog.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("1 user was rejected.")
    expect(page.get_by_role("heading", name="11 pending approval")).to_be_visible()
    page.get_by_label("Status").select_option("Rejected")
    row = portal.user_row(first.full_name)
    expect(row).to_contain_text("Ann")
    row.get_by_role("link", name=first.full_name).click()
    expect(page.get_by_role("heading", name="Holds no seat")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("Rejected by Ann.")
    page.go_back()
    portal.user_row(first.full_name).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("1 user is pending approval again.")
    expect(page.locator("#users-tab")).to_contain_text("Nobody is rejected.")
    assert line(adventure)[-1] == first


def test_r21_without_javascript_a_selection_is_rejected_and_taken_back(
    browser: Browser, live_server: LiveServer, adventure: Company
) -> None:
    with browser.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        portal = at(page, adventure, "users/?status=pending")
        people = line(adventure)[:2]
        for user in people:
            portal.user_row(user.full_name).get_by_role("checkbox").check()
        page.locator("#bulk").get_by_role("button", name="Reject").click()
        expect(portal.dialog).to_contain_text("Reject 2 users?")
        portal.dialog.get_by_role("button", name="Reject").click()
        expect(page.get_by_role("status")).to_contain_text("2 users were rejected.")
        assert numbers(adventure) == (5, 5, 10)
        page.get_by_label("Status").select_option("Rejected")
        page.get_by_role("button", name="Search").click()
        portal.user_row(people[0].full_name).get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("1 user is pending approval again.")
        assert numbers(adventure) == (5, 5, 11)


@pytest.mark.parametrize("width", [320, 375, 640, 1280])
def test_the_line_the_rejected_and_a_user_fit_the_screen(page: Page, adventure: Company, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    portal = at(page, adventure, "users/?status=pending")
    first = line(adventure)[0]
    portal.user_row(first.full_name).get_by_role("button", name="Reject").click()
    portal.dialog.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("1 user was rejected.")
    for path in ("?status=pending", "?status=rejected", "", f"{first.pk}/", f"{line(adventure)[0].pk}/"):
        page.goto(f"/companies/{adventure.pk}/users/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.evaluate(
            "[...document.querySelectorAll('.table-scroll')].every(box => box.scrollWidth <= box.clientWidth)"
        ), path


@pytest.mark.parametrize("scripts", [True, False])
def test_r2_whoever_waits_is_removed_and_many_are_taken_back(
    browser: Browser, live_server: LiveServer, adventure: Company, scripts: bool
) -> None:
    """R21: on a telephone, with JavaScript and without."""
    size: ViewportSize = {"width": 375, "height": 700}
    with browser.new_context(base_url=live_server.url, java_script_enabled=scripts, viewport=size) as context:
        page = context.new_page()
        portal = at(page, adventure, "users/?status=pending")
        people = line(adventure)[:2]
        for user, left in zip(people, (11, 10), strict=True):
            portal.user_row(user.full_name).get_by_role("button", name="Remove").click()
            expect(portal.dialog).to_contain_text("This person waits and is thereby rejected")
            portal.dialog.get_by_role("button", name="Remove").click()
            expect(page.get_by_role("status")).to_contain_text("1 user was removed.")
            expect(page.get_by_role("heading", name=f"{left} pending approval")).to_be_visible()
        assert numbers(adventure) == (5, 5, 10)
        page.goto(f"/companies/{adventure.pk}/users/?status=rejected")
        for user in people:
            portal.user_row(user.full_name).get_by_role("checkbox").check()
        expect(page.locator("#bulk")).to_contain_text("selected")
        page.locator("#bulk").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("2 users are pending approval again.")
        assert line(adventure)[-2:] == people


def test_r21_people_of_a_removed_connector_are_handed_over(page: Page, adventure: Company) -> None:
    """Offered where all who are selected have nobody to manage them; the rest goes from the connector's page."""
    remove_connector(adventure.connectors.get(), by=None)
    portal = at(page, adventure, "users/?status=pending")
    first = line(adventure)[0]
    portal.user_row(first.full_name).get_by_role("checkbox").check()
    page.locator("#bulk").get_by_role("button", name="Manage in portal").click()
    expect(page.get_by_role("status")).to_contain_text("1 user is managed in the portal now.")
    row = portal.user_row(first.full_name)
    expect(row).to_contain_text("Portal")
    row.get_by_role("checkbox").check()
    expect(page.locator("#bulk").get_by_role("button", name="Manage in portal")).to_be_hidden()
    page.goto(f"/companies/{adventure.pk}/settings/")
    page.get_by_text("1 removed connector").click()
    page.get_by_role("link", name="Head office").click()
    page.get_by_role("button", name="Manage 11 users in portal").click()
    expect(page.get_by_role("status")).to_contain_text("11 users are managed in the portal now.")
    assert not adventure.users.filter(connector__isnull=False).exists()
