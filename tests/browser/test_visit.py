"""Support staff view the portal as a partner does, and an Admin of the partner ends it (R25)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.partners.models import Partner
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_connector, make_partner, make_support

REASON = "Ticket 4711: seats do not add up"


@pytest.fixture
def partner() -> Partner:
    partner = make_partner("Northwind")
    make_account(partner, email="ada@partner.example", name="Ada Admin")
    make_support("ann@vendor.example")
    make_connector(make_company(partner, name="Fabrikam", seats=50, used=3, tier=Tier.ADVANCED))
    return partner


@pytest.fixture
def admins_page(browser: Browser, live_server: LiveServer, partner: Partner) -> Iterator[Page]:
    """In a browser of her own."""
    context = browser.new_context(base_url=live_server.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    Portal(page).sign_in("ada@partner.example", PASSWORD)
    yield page
    context.close()


def test_support_looks_and_the_partner_ends_it(page: Page, admins_page: Page, partner: Partner) -> None:
    page.goto(f"/accounts/login/?next=/admin/partners/partner/{partner.pk}/change/")
    page.get_by_label("E-mail").fill("ann@vendor.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Action").select_option("View as partner")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="View as partner").click()

    expect(page.get_by_role("heading", name="Companies")).to_be_visible()
    band = page.get_by_role("region", name="View as partner")
    expect(band).to_contain_text("You are viewing Northwind as support.")
    expect(band).to_contain_text(re.compile(r"Read-only, until \d\d:\d\d \(UTC\)\."))
    page.get_by_role("link", name="Fabrikam").click()
    for tab in ("Users", "Settings", "Activity"):
        Portal(page).open_tab(tab)
        expect(band).to_be_visible()
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(1 if tab == "Users" else 0)
    page.mouse.wheel(0, 5_000)
    expect(band).to_be_in_viewport()

    admins_page.goto("/companies/")
    notice = admins_page.get_by_role("region", name="Support is viewing")
    expect(notice).to_contain_text("Support (Support) is viewing your portal")
    expect(notice).to_contain_text(f"Reason: {REASON}")
    notice.get_by_role("button", name="End").click()
    expect(admins_page.get_by_role("status")).to_contain_text("You ended the visit of Support.")
    expect(notice).to_have_count(0)

    Portal(page).page.get_by_role("tab", name="Users").click()
    expect(page).to_have_url(re.compile(r"/admin/$"))
    expect(page.get_by_text("Northwind ended the visit")).to_be_visible()
    admins_page.get_by_role("link", name="Fabrikam").click()
    Portal(admins_page).open_tab("Activity")
    expect(admins_page.get_by_role("row").filter(has_text="Support: Support")).to_contain_text(
        "Company viewed as the partner sees it"
    )


def test_support_stops_by_the_button_on_the_band(page: Page, partner: Partner) -> None:
    page.goto(f"/accounts/login/?next=/admin/partners/partner/{partner.pk}/visit/")
    page.get_by_label("E-mail").fill("ann@vendor.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="View as partner").click()
    page.get_by_role("button", name="Stop viewing").click()
    expect(page).to_have_url(re.compile(rf"/admin/partners/partner/{partner.pk}/change/$"))
    expect(page.get_by_text("You do not view the portal any more.")).to_be_visible()
    page.goto("/companies/")
    expect(page).to_have_url(re.compile(r"/admin/$"))
