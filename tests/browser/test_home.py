"""Home: from each number to its list and back, with and without JavaScript, on screens of every width."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_connector, make_held, make_partner


@pytest.fixture
def full() -> Company:
    """3 people wait and a change is held; beside it, a company with 18 of 20 seats unused."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    company = make_company(partner, name="Adventure Works", seats=2, used=2, pending=2, tier=Tier.ADVANCED)
    make_held(make_connector(company, name="Head office"))
    make_company(partner, name="Wingtip", seats=20, used=2)
    return company


def to_home(page: Page) -> None:
    Portal(page).sign_in("ann@northwind.example", PASSWORD)
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def names(page: Page) -> list[str]:
    return page.locator("#companies tbody th").all_inner_texts()


def from_numbers_to_lists(page: Page, full: Company) -> None:
    page.get_by_role("link", name="Waiting 3").click()
    expect(page.get_by_role("checkbox", name="People waiting")).to_be_checked()
    assert names(page) == ["Adventure Works"]
    page.go_back()
    page.get_by_role("region", name="Over-provided").get_by_role("link", name="Show 1").click()
    expect(page.get_by_role("checkbox", name="Over-provided")).to_be_checked()
    assert names(page) == ["Wingtip"]
    page.go_back()
    page.get_by_role("link", name="Confirm or reject").click()
    expect(page.get_by_role("heading", name="Held changes")).to_be_visible()
    assert f"/companies/{full.pk}/" in page.url


def test_every_number_leads_to_its_list_and_back(page: Page, full: Company) -> None:
    to_home(page)
    expect(page.get_by_role("link", name="Seats assigned 22")).to_be_visible()
    expect(page.get_by_role("meter", name="Used")).to_be_visible()
    from_numbers_to_lists(page, full)


def test_it_needs_no_javascript(browser: Browser, live_server: LiveServer, full: Company) -> None:
    with browser.new_context(base_url=live_server.url, locale="en-GB", java_script_enabled=False) as context:
        page = context.new_page()
        to_home(page)
        from_numbers_to_lists(page, full)


def test_the_list_is_narrowed_in_place_by_the_rules_of_home(page: Page, full: Company) -> None:
    """A tick is enough, and the address bar remembers it."""
    Portal(page).sign_in("ann@northwind.example", PASSWORD)
    page.get_by_role("checkbox", name="Nearly full").check()
    expect(page.get_by_role("link", name="Wingtip")).to_have_count(0)
    expect(page).to_have_url(re.compile("nearly_full=on"))
    page.get_by_role("checkbox", name="Nearly full").uncheck()
    page.get_by_role("checkbox", name="Connector in trouble").check()
    expect(page).to_have_url(re.compile("trouble=on"))
    expect(page.get_by_role("link", name="Wingtip")).to_have_count(0)
    assert names(page) == ["Adventure Works"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width(page: Page, full: Company, scheme: str) -> None:
    """320 pixels (200 % on a phone) to 2,560; and what is pressed is large enough."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    to_home(page)
    for width in (320, 375, 768, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    heights = page.locator("main a:not(.stat-number a), main button").evaluate_all(
        "links => links.map(link => link.getBoundingClientRect().height)"
    )
    assert [height for height in heights if height < 24] == []
