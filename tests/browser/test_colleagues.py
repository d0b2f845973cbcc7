"""Colleagues are invited, limited to companies and withdrawn: on a phone, and without JavaScript."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from companies.partners.models import Partner
from tests.browser.portal import Portal
from tests.factories import PASSWORD, link_in_mail, make_account, make_company, make_partner
from users.accounts.enums import Role
from users.accounts.models import Account

NEW = "ivy@partner.example"
PHONE: ViewportSize = {"width": 375, "height": 740}


@pytest.fixture(autouse=True)
def partner() -> Partner:
    partner = make_partner("Northwind")
    make_account(partner, email="ada@partner.example", name="Ada")
    for name in ("Alpha", "Beta", "Gamma"):
        make_company(partner, name=name)
    return partner


def no_wider_than_the_screen(page: Page) -> bool:
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_colleague_is_invited_and_comes_in_on_a_phone(page: Page, browser: Browser, live_server: LiveServer) -> None:
    page.set_viewport_size(PHONE)
    Portal(page).sign_in("ada@partner.example", PASSWORD)
    page.get_by_role("link", name="Colleagues", exact=True).click()
    expect(page.get_by_role("heading", name="Colleagues")).to_be_visible()
    assert no_wider_than_the_screen(page)
    page.get_by_role("button", name="Invite a colleague").click()
    companies = page.get_by_role("group", name="Companies")
    expect(page.get_by_label("Role")).to_be_visible()
    expect(companies).to_be_hidden()
    page.get_by_label("E-mail").fill(NEW)
    page.get_by_label("Name", exact=True).fill("Ivy Lee")
    page.get_by_label("Role").select_option("Technician")
    page.get_by_label("Alpha").check()
    page.get_by_label("Search companies").fill("GAM")
    expect(page.get_by_label("Beta")).to_be_hidden()
    expect(page.get_by_label("Alpha")).to_be_visible()
    page.get_by_label("Search companies").fill("nothing like it")
    expect(companies.get_by_role("status")).to_have_text("No company matches.")
    page.get_by_label("Search companies").fill("gam")
    expect(companies.get_by_role("status")).to_have_text("")
    page.get_by_label("Search companies").press("Enter")
    page.get_by_label("Gamma").check()
    assert no_wider_than_the_screen(page)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("ivy@partner.example was invited.")).to_be_visible()
    assert no_wider_than_the_screen(page)

    other = browser.new_context(base_url=live_server.url, viewport=PHONE).new_page()
    other.goto(link_in_mail())
    expect(other).to_have_url(f"{live_server.url}/accounts/invitation/")
    expect(other.get_by_role("heading")).to_have_text("Join Northwind")
    other.get_by_label("Password").fill("short")
    other.get_by_role("button", name="Create account").click()
    expect(other.get_by_role("alert")).to_have_text(re.compile("Correct the marked fields"))
    assert no_wider_than_the_screen(other)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Create account").click()
    expect(other.get_by_role("heading", name="Home")).to_be_visible()
    other.get_by_role("link", name="Companies").click()
    assert other.locator("#companies tbody th").all_inner_texts() == ["Alpha", "Gamma"]
    expect(other.get_by_role("link", name="Colleagues", exact=True)).to_have_count(0)
    other.context.close()


def test_a_colleague_is_withdrawn_after_a_question(page: Page, partner: Partner) -> None:
    account = make_account(partner, role=Role.BILLING, name="Ben")
    Portal(page).sign_in("ada@partner.example", PASSWORD)
    page.goto("/colleagues/")
    row = page.get_by_role("row").filter(has_text="Ben")
    row.get_by_role("link", name="Withdraw").click()
    dialog = page.get_by_role("dialog", name="Withdraw the access of Ben?")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    dialog.get_by_role("link", name="Cancel").click()
    expect(row.get_by_role("link", name="Withdraw")).to_be_focused()
    row.get_by_role("link", name="Withdraw").click()
    dialog.get_by_role("button", name="Withdraw access").click()
    expect(page.get_by_text("The access of Ben was withdrawn.")).to_be_visible()
    expect(row).to_have_count(0)
    assert not Account.objects.get(pk=account.pk).is_active


def test_without_javascript_companies_are_searched_and_given(
    browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    page = context.new_page()
    Portal(page).sign_in("ada@partner.example", PASSWORD)
    page.goto("/colleagues/invite/")
    page.get_by_label("E-mail").fill(NEW)
    page.get_by_label("Name", exact=True).fill("Ivy Lee")
    page.get_by_label("Role").select_option("Technician")
    page.get_by_label("Alpha").check()
    page.get_by_label("Search companies").fill("gam")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_label("Beta")).to_have_count(0)
    expect(page.get_by_label("Alpha")).to_be_checked()
    expect(page.get_by_label("E-mail")).to_have_value(NEW)
    page.get_by_label("Gamma").check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("ivy@partner.example was invited.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=NEW)).to_contain_text("2 companies")
    context.close()
