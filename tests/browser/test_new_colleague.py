"""A new colleague, from the invitation to the first day: a passkey, and two companies of three (R24)."""

from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from tests.browser.portal import Portal
from tests.browser.test_passkeys import plug_in, sign_out
from tests.factories import PASSWORD, link_in_mail, make_account, make_company, make_partner
from tests.users.accounts.steps import SECRET, code_of_app, with_app
from users.accounts.models import Account


def test_a_colleague_is_invited_enrols_a_passkey_and_sees_two_companies(
    page: Page, browser: Browser, live_server: LiveServer, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    partner = make_partner("Northwind")
    with_app(make_account(partner, email="ada@partner.example", name="Ada"))
    for name in ("Alpha", "Beta", "Gamma"):
        make_company(partner, name=name)

    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("ada@partner.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code_of_app(SECRET))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Colleagues", exact=True).click()
    page.get_by_role("button", name="Invite a colleague").click()
    page.get_by_label("E-mail").fill("ivy@partner.example")
    page.get_by_label("Name", exact=True).fill("Ivy Lee")
    page.get_by_label("Role").select_option("Technician")
    page.get_by_label("Alpha").check()
    page.get_by_label("Gamma").check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("ivy@partner.example was invited.")).to_be_visible()

    with browser.new_context(base_url=live_server.url, locale="en-GB") as hers:
        ivy = hers.new_page()
        keys = hers.new_cdp_session(ivy)
        keys.send("WebAuthn.enable")
        plug_in(keys)
        ivy.goto(link_in_mail())
        ivy.get_by_label("Password").fill(PASSWORD)
        ivy.get_by_role("button", name="Create account").click()
        ivy.get_by_role("link", name="Add a passkey").click()
        ivy.get_by_role("button", name="Add the passkey").click()
        expect(ivy.get_by_role("heading", name="Recovery codes")).to_be_visible()
        sign_out(ivy)
        ivy.get_by_role("button", name="Use a passkey").click()
        expect(ivy.get_by_role("heading", name="Home")).to_be_visible()
        ivy.get_by_role("link", name="Companies").click()

        assert ivy.locator("#companies tbody th").all_inner_texts() == ["Alpha", "Gamma"]
        ivy.get_by_role("link", name="Gamma").click()
        Portal(ivy).add_user("Ben", "Ray", "ben@customer.example")
        expect(Portal(ivy).user_row("Ben Ray")).to_contain_text("Active")
        Portal(ivy).open_tab("Settings")
        expect(ivy.get_by_role("button", name="Edit license")).to_have_count(0)
        beta = Company.objects.get(name="Beta")
        answer = ivy.goto(f"/companies/{beta.pk}/users/")
        assert answer is not None
        assert answer.status == 404

    assert Account.objects.get(email="ivy@partner.example").role == "technician"
