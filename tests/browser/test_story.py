"""The support article's whole story, as a partner admin lives it: from "how many seats are used?" to the downgrade.

It runs twice: in the browser as people have it, and with JavaScript switched off.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from tests.browser.portal import Portal
from tests.factories import PASSWORD, add_arrivals, make_account, make_company, make_connector, make_partner
from tests.facts import numbers
from users.accounts.enums import Role
from users.directory.rules import remove_connector

SWITCH_ON = re.compile("Switch on.*Password auditing")
SWITCH_OFF = re.compile("Switch off.*Password auditing")


@pytest.fixture
def woodgrove() -> Company:
    """4 seats on Standard, 1 used, 2 people waiting: a directory brought them before its connector was removed."""
    partner = make_partner("Northwind")
    make_account(partner, email="nora@northwind.example", name="Nora Lindqvist")
    company = make_company(partner, name="Woodgrove Bank", seats=4, tier=Tier.ADVANCED)
    connector = make_connector(company, asks_approval=True)
    add_arrivals(connector, 2)
    remove_connector(connector, by=None)
    change_license(company, seats=4, tier=Tier.STANDARD, seen=None, by=None)
    return company


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def browser_context_args(browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    return browser_context_args | {"java_script_enabled": request.param}


def test_the_license_of_a_company_from_the_first_seat_to_the_downgrade(page: Page, woodgrove: Company) -> None:
    """R5, R7, R10 to R14, R16."""
    portal = Portal(page)
    portal.sign_in("nora@northwind.example", PASSWORD)

    # The License column says how many seats are used.
    expect(portal.company_row("Woodgrove Bank")).to_contain_text("1 of 4")
    page.get_by_role("link", name="Woodgrove Bank").click()
    expect(page.get_by_role("heading", name="1 user")).to_contain_text("2 pending approval")

    # People are added until the pool is full; one more is refused with the numbers, and what was typed stays.
    for count, first_name in enumerate(("Ann", "Bob", "Cem"), start=2):
        portal.add_user(first_name, "Lee", f"{first_name}@woodgrove.example".lower())
        expect(page.get_by_role("heading", name=f"{count} users")).to_be_visible()
    portal.add_user("Dee", "Lee", "dee@woodgrove.example")
    expect(page.get_by_role("alert")).to_contain_text(
        "Not enough seats: 1 seat is needed, 0 are available, 1 is missing."
    )
    expect(page.get_by_label("First name")).to_have_value("Dee")
    assert numbers(woodgrove) == (4, 4, 2)

    # The pencil: more seats; then the waiting people are approved.
    portal.open_tab("Settings")
    portal.edit_license(seats="6")
    expect(page.locator("#license")).to_contain_text("4 of 6")
    portal.open_tab("Users")
    page.get_by_role("textbox", name=re.compile("How many")).fill("2")
    page.get_by_role("button", name="Approve next").click()
    expect(page.get_by_role("heading", name="6 users")).to_be_visible()
    assert numbers(woodgrove) == (6, 6, 0)

    # Seats cannot go below those that are used.
    portal.open_tab("Settings")
    portal.edit_license(seats="5")
    expect(page.get_by_role("alert")).to_contain_text("5 seats are too few: 6 are used.")
    expect(portal.dialog.get_by_label("Seats")).to_have_value("5")
    portal.dialog.get_by_role("button", name="Cancel").click()

    # On Advanced, an Advanced policy is switched on and a connector added.
    portal.edit_license(tier="Advanced")
    expect(page.locator("#license")).to_contain_text("Advanced")
    page.get_by_role("button", name=SWITCH_ON).click()
    expect(page.get_by_role("button", name=SWITCH_OFF)).to_be_visible()
    portal.add_connector("Okta", "Woodgrove Okta")

    # The downgrade is refused with both reasons at once, each leading to where it can be settled.
    portal.edit_license(tier="Standard")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("1 Advanced policy is on")
    expect(alert).to_contain_text("1 connector exists")
    assert Company.objects.get(pk=woodgrove.pk).tier == Tier.ADVANCED
    alert.get_by_role("link", name="1 Advanced policy is on").click()
    page.get_by_role("button", name=SWITCH_OFF).click()
    expect(page.get_by_role("button", name=SWITCH_ON)).to_be_visible()

    portal.edit_license(tier="Standard")
    expect(page.get_by_role("alert")).not_to_contain_text("Advanced policy")
    page.get_by_role("alert").get_by_role("link", name="1 connector exists").click()
    page.get_by_role("button", name=re.compile("Remove.*Woodgrove Okta")).click()
    portal.dialog.get_by_role("button", name="Remove connector").click()
    expect(page.locator("#connectors")).to_contain_text("No connector yet.")

    portal.edit_license(tier="Standard", reason="Okta contract ended")
    expect(page.locator("#license")).to_contain_text("Standard")
    assert Company.objects.get(pk=woodgrove.pk).tier == Tier.STANDARD

    # All of it stands on the Activity tab, and the changes of the license in the ledger.
    portal.open_tab("Activity")
    activity = page.get_by_role("tabpanel")
    expect(activity).to_contain_text("Tier changed from Advanced to Standard")
    expect(activity).to_contain_text("Okta contract ended")
    expect(activity).to_contain_text("Seats changed from 4 to 6")
    page.get_by_role("link", name="License ledger").click()
    rows = page.get_by_role("tabpanel").locator("tbody tr")
    # Opened, Standard, 4 -> 6 seats, Advanced, Standard: newest first.
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("Nora Lindqvist")
    expect(rows.first).to_contain_text("Okta contract ended")


def test_a_company_from_its_opening_to_its_closing(page: Page, woodgrove: Company) -> None:
    """R1, R5, R7, R19, R24: set up by its checklist, given to a technician, and closed."""
    make_account(woodgrove.partner, role=Role.TECHNICIAN, name="Tom Berg")
    portal = Portal(page)
    portal.sign_in("nora@northwind.example", PASSWORD)

    # It is added with its first person; a mistake keeps what was typed.
    page.get_by_role("link", name="Add company").or_(page.get_by_role("button", name="Add company")).click()
    page.get_by_label("Company name").fill("Lucerne")
    page.get_by_label("Seats").fill("none")
    page.get_by_label("First name").fill("Mia")
    page.get_by_label("Last name").fill("Moser")
    page.get_by_label("E-mail").fill("mia@lucerne.example")
    page.get_by_role("button", name="Add company").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(page.get_by_label("First name")).to_have_value("Mia")
    page.get_by_label("Seats").fill("1")
    page.get_by_role("button", name="Add company").click()
    expect(page.get_by_role("heading", name="1 user")).to_be_visible()

    # Its checklist leads to what is left to do, and ticks it.
    page.get_by_role("link", name="What is left to set up").click()
    checklist = page.get_by_role("region", name="Set up this company")
    expect(checklist).to_contain_text("1 of 5 steps done")
    checklist.get_by_role("link", name="Choose the seats").click()
    portal.edit_license(seats="3")
    expect(checklist).to_contain_text("2 of 5 steps done")
    checklist.get_by_role("button", name="Mark as reviewed").click()
    expect(checklist).to_contain_text("3 of 5 steps done")
    checklist.get_by_role("button", name="Put away").click()
    expect(checklist).to_have_count(0)
    page.get_by_role("button", name="Show again").click()
    checklist.get_by_role("link", name="Add people by hand").click()
    page.get_by_label("First name").fill("Noa")
    page.get_by_label("Last name").fill("Frei")
    page.get_by_label("E-mail").fill("noa@lucerne.example")
    page.get_by_role("main").get_by_role("button", name="Add users").click()
    expect(page.get_by_role("heading", name="2 users")).to_be_visible()
    portal.open_tab("Settings")
    expect(checklist).to_have_count(0)

    # A technician is to look after it.
    page.get_by_role("button", name="Assign technicians").click()
    portal.dialog.get_by_role("checkbox", name="Tom Berg").check()
    portal.dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#company")).to_contain_text("Tom Berg")

    # Closed it can be when nobody but its first person is left.
    page.get_by_role("button", name="Close company").click()
    portal.dialog.get_by_label("Company name").fill("Lucerne")
    portal.dialog.get_by_role("button", name="Close company").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    portal.dialog.get_by_role("button", name="Cancel").click()
    portal.open_tab("Users")
    portal.user_row("Noa Frei").get_by_role("button", name="Remove").click()
    portal.dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="1 user")).to_be_visible()
    portal.open_tab("Settings")
    page.get_by_role("button", name="Close company").click()
    portal.dialog.get_by_label("Company name").fill("Lucerne")
    portal.dialog.get_by_role("button", name="Close company").click()
    expect(page.get_by_role("heading", name="Companies")).to_be_visible()
    expect(portal.company_row("Lucerne")).to_have_count(0)
    assert Company.objects.get(name="Lucerne").closed_at is not None
