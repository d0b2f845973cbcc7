"""The dialog "Edit license" as a planner, in the browser: while one types, through blockers and back (R10 to R15)."""

import re

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from companies.policies.catalogue import PolicyKey
from companies.policies.models import Policy
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_connector, make_partner, switch_policy_on
from tests.facts import numbers
from users.directory.models import Connector

BELOW = "2 seats are too few: 3 are used. Only unused seats can be taken away; remove users first."


@pytest.fixture
def fabrikam() -> Company:
    """Advanced, 3 of 10 seats used, two policies and a connector in the way of Standard."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    company = make_company(partner, name="Fabrikam", seats=10, used=3, tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    make_connector(company, name="Head office")
    return company


def at(page: Page, company: Company, path: str = "settings/") -> Portal:
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{company.pk}/{path}")
    return portal


def planner(page: Page, company: Company) -> Locator:
    portal = at(page, company)
    page.get_by_role("button", name="Edit license").click()
    expect(portal.dialog).to_be_visible()
    return portal.dialog


def available(dialog: Locator) -> Locator:
    return dialog.get_by_role("row", name="Available").get_by_role("cell").last


def summary(page: Page) -> Locator:
    return page.locator("#license-summary")


def box(locator: Locator) -> FloatRect:
    found = locator.bounding_box()
    assert found is not None
    return found


def test_r11_r15_numbers_and_money_follow_what_is_typed(page: Page, fabrikam: Company) -> None:
    dialog = planner(page, fabrikam)
    expect(available(dialog)).to_have_text("7")
    seats = dialog.get_by_label("Seats")
    seats.fill("12")
    expect(available(dialog)).to_have_text("9")
    expect(dialog.locator("strong")).to_have_text("+14.00\N{NO-BREAK SPACE}EUR a month")
    expect(summary(page)).to_have_text(re.compile("9 seats available then."))
    dialog.get_by_label("Tier").select_option("Standard")
    expect(dialog.locator("strong")).to_have_text("\N{MINUS SIGN}22.00\N{NO-BREAK SPACE}EUR a month")
    expect(seats).to_have_value("12")
    assert numbers(fabrikam) == (10, 3, 0)


def test_r11_below_the_floor_is_said_at_once_and_save_stays_enabled(page: Page, fabrikam: Company) -> None:
    """The same words as the save's; the live region says them, no alert does before anything is saved."""
    dialog = planner(page, fabrikam)
    seats = dialog.get_by_label("Seats")
    seats.fill("2")
    expect(seats).to_have_accessible_description(BELOW)
    expect(summary(page)).to_have_text(BELOW)
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(available(dialog)).to_have_text("\N{EN DASH}")
    expect(seats).to_be_focused()
    seats.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog.get_by_role("alert")).to_have_text(BELOW)
    dialog.get_by_label("Seats").fill("3")
    expect(available(dialog)).to_have_text("0")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("License saved: 3 seats on Advanced.")


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_moves_while_one_types(page: Page, fabrikam: Company, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    dialog = planner(page, fabrikam)
    still = [dialog.get_by_label(name) for name in ("Seats", "Tier", "Reason")]
    still.append(dialog.get_by_role("button", name="Save"))
    before = [box(field) for field in still]
    for typed, shown in (("12", "9"), ("2", "\N{EN DASH}"), ("many", "\N{EN DASH}"), ("1000", "997")):
        dialog.get_by_label("Seats").fill(typed)
        expect(available(dialog)).to_have_text(shown)
        assert [box(field) for field in still] == before
        assert page.evaluate(
            "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
        )
    dialog.get_by_label("Tier").select_option("Standard")
    expect(dialog.get_by_role("button", name="Switch off")).to_have_count(2)
    assert [box(field) for field in still[:3]] == before[:3]
    assert page.evaluate("document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth")


def test_r13_blockers_are_settled_one_after_the_other_and_the_rest_is_kept(page: Page, fabrikam: Company) -> None:
    """From the keyboard: the focus goes to the next blocker, at last to Save."""
    dialog = planner(page, fabrikam)
    dialog.get_by_label("Seats").fill("12")
    dialog.get_by_label("Tier").select_option("Standard")
    dialog.get_by_label("Reason").fill("Okta ended")
    dialog.get_by_role("button", name="Switch off Backup all business items").press("Enter")
    expect(dialog).to_contain_text("Switching this off deletes the backups of all business items.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Switch off and delete backups").press("Enter")
    following = dialog.get_by_role("button", name="Switch off Password auditing")
    expect(following).to_be_focused()
    expect(following).to_have_accessible_description("Backup all business items is off.")
    expect(dialog).to_contain_text("1 Advanced policy is on")
    following.press("Enter")
    dialog.get_by_role("button", name="Switch off", exact=True).press("Enter")
    following = dialog.get_by_role("button", name="Remove Head office")
    expect(following).to_be_focused()
    following.press("Enter")
    expect(dialog).to_contain_text("Its token opens nothing any more.")
    dialog.get_by_role("button", name="Remove connector").press("Enter")
    expect(dialog).to_contain_text("Nothing stands in the way of Standard.")
    expect(dialog.get_by_label("Seats")).to_have_value("12")
    expect(dialog.get_by_label("Reason")).to_have_value("Okta ended")
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_focused()
    save.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("License saved: 12 seats on Standard.")
    fabrikam.refresh_from_db()
    assert (fabrikam.seats, fabrikam.tier) == (12, Tier.STANDARD)


def test_escape_in_a_confirmation_goes_back_and_escape_in_the_planner_closes(page: Page, fabrikam: Company) -> None:
    dialog = planner(page, fabrikam)
    dialog.get_by_label("Seats").fill("12")
    dialog.get_by_label("Tier").select_option("Standard")
    asking = dialog.get_by_role("button", name="Switch off Password auditing")
    for key in ("Escape", "Enter"):
        asking.click()
        expect(page.get_by_role("dialog", name="Switch off: Password auditing")).to_be_visible()
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name="Edit license")).to_be_visible()
        expect(dialog.get_by_label("Seats")).to_have_value("12")
        expect(asking).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Edit license")).to_be_focused()
    assert Policy.objects.filter(company=fabrikam, is_on=True).count() == 2


def test_what_was_settled_shows_on_the_settings_tab_when_the_planner_is_called_off(
    page: Page, fabrikam: Company
) -> None:
    dialog = planner(page, fabrikam)
    dialog.get_by_label("Tier").select_option("Standard")
    dialog.get_by_role("button", name="Remove Head office").click()
    dialog.get_by_role("button", name="Remove connector").click()
    expect(dialog).to_contain_text("The connector Head office was removed.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#connectors")).to_contain_text("No connector yet.")
    assert numbers(fabrikam) == (10, 3, 0)


def test_r13_without_javascript_the_same_way_goes_through_pages(
    browser: Browser, live_server: LiveServer, fabrikam: Company
) -> None:
    with browser.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        dialog = at(page, fabrikam, "settings/license/").dialog
        dialog.get_by_label("Seats").fill("12")
        dialog.get_by_label("Tier").select_option("Standard")
        dialog.get_by_role("button", name="Show what this changes").click()
        expect(available(dialog)).to_have_text("9")
        dialog.get_by_label("Reason").fill("Okta ended")
        dialog.get_by_role("button", name="Switch off Password auditing").click()
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog.get_by_label("Reason")).to_have_value("Okta ended")
        for name, confirm in (
            ("Switch off Backup all business items", "Switch off and delete backups"),
            ("Switch off Password auditing", "Switch off"),
            ("Remove Head office", "Remove connector"),
        ):
            dialog.get_by_role("button", name=name).click()
            dialog.get_by_role("button", name=confirm, exact=True).click()
            expect(dialog.get_by_label("Seats")).to_have_value("12")
        # Enter saves, although the button that shows the plan stands before Save.
        dialog.get_by_label("Reason").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("License saved: 12 seats on Standard.")
    assert not Connector.objects.of_company(fabrikam).existing().exists()
