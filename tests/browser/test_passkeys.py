"""Passkeys in Chromium, by its own virtual authenticator: added, and signed in with alone (issue 3, section 3)."""

import re
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, CDPSession, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.factories import PASSWORD, make_account, make_partner, make_support
from users.accounts.models import Account

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ada() -> Account:
    return make_account(make_partner("Northwind"), email="ada@partner.example", name="Ada")


@pytest.fixture
def keys(page: Page) -> CDPSession:
    """A device that keeps passkeys, knows its owner's finger, and says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return session


def plug_in(keys: CDPSession, **options: Any) -> str:
    answer = keys.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})
    return str(answer["authenticatorId"])


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_the_second_factor_that_everybody_needs_and_signs_in_alone(
    page: Page, keys: CDPSession, ada: Account, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    plug_in(keys)
    sign_in(page, ada.email)
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    page.goto("/companies/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey was added.")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = download.value.path().read_text()
    assert [code for code in page.locator(".codes li").all_inner_texts() if code not in text] == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.goto("/accounts/2fa/")
    expect(page.get_by_text("Laptop").first).to_be_visible()
    expect(page.get_by_text(re.compile("last used on"))).to_be_visible()

    sign_out(page)
    sign_in(page, ada.email)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_the_only_passkey_stays_while_everybody_needs_one_and_goes_otherwise(
    page: Page, keys: CDPSession, ada: Account, settings: Settings
) -> None:
    plug_in(keys)
    sign_in(page, ada.email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    settings.REQUIRE_MFA = True
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Remove Phone").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This is your only second factor")
    settings.REQUIRE_MFA = False
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey was removed.")
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_support_staff_get_in_by_passkey_alone(page: Page, keys: CDPSession, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    plug_in(keys)
    sign_in(page, make_support("sue@vendor.example").email)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(r"/admin/$"))


def test_a_passkey_that_is_gone_or_belongs_to_a_withdrawn_account_is_unknown(
    page: Page, keys: CDPSession, ada: Account
) -> None:
    plug_in(keys)
    sign_in(page, ada.email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This passkey is not known here.")).to_be_visible()
    Account.objects.filter(pk=ada.pk).update(is_active=True)
    Authenticator.objects.filter(user=ada).delete()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This passkey is not known here.")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_device_that_does_not_check_its_owner_is_not_enough(page: Page, keys: CDPSession, ada: Account) -> None:
    """A passkey alone counts as two factors: whoever finds the device must not get in."""
    plug_in(keys, hasUserVerification=False, isUserVerified=False)
    sign_in(page, ada.email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used.")
    assert Authenticator.objects.filter(user=ada).count() == 0


def test_without_javascript_passkeys_are_not_offered_and_all_else_works(
    browser: Browser, live_server: LiveServer, ada: Account, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    with browser.new_context(java_script_enabled=False, base_url=live_server.url) as context:
        page = context.new_page()
        sign_in(page, ada.email)
        page.get_by_role("link", name="Set up an app").click()
        secret = page.locator("#secret").inner_text()
        page.get_by_label("Code that the app shows").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Switch on").click()
        code = page.locator(".codes li").first.inner_text()
        expect(page.get_by_role("button", name="Print")).to_be_hidden()
        page.get_by_role("link", name="I have kept them").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        sign_out(page)
        expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
        sign_in(page, ada.email)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.goto("/accounts/2fa/webauthn/add/")
        expect(page.get_by_text("Passkeys need a browser that knows them")).to_be_visible()
        expect(page.get_by_role("button", name="Add the passkey")).to_be_hidden()
