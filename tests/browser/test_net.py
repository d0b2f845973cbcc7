"""A net that is slow, gone or broken, a session that is over: it is told, what was typed stays, the page goes on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, add_arrivals, make_account, make_company, make_connector, make_partner
from tests.facts import numbers

OFFLINE = "The portal did not answer. Check your connection, then try again."
FAILED = "Something went wrong. Reload the page and try again."


@pytest.fixture
def company() -> Company:
    """2 of 8 seats used."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    return make_company(partner, name="Fabrikam", seats=8, used=2, tier=Tier.ADVANCED)


def at(page: Page, company: Company, path: str = "settings/") -> Portal:
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{company.pk}/{path}")
    return portal


def type_license(page: Page) -> Locator:
    """Open the dialog and type; what follows the typing is over."""
    page.get_by_role("button", name="Edit license").click()
    dialog = page.get_by_role("dialog", name="Edit license")
    dialog.get_by_label("Seats").fill("12")
    dialog.get_by_label("Reason").fill("Ticket 7")
    expect(dialog.get_by_role("row", name="Available").get_by_role("cell").last).to_have_text("10")
    return dialog


def plainly(status: int, text: str) -> Callable[[Route], None]:
    """As the portal itself answers htmx."""
    return lambda route: route.fulfill(status=status, content_type="text/plain; charset=utf-8", body=text)


def as_page(status: int) -> Callable[[Route], None]:
    """As a proxy answers whose portal is away."""
    return lambda route: route.fulfill(status=status, content_type="text/html", body="<h1>Bad gateway</h1>")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (lambda route: route.abort(), OFFLINE),
        (lambda route: route.abort("timedout"), OFFLINE),
        (as_page(500), FAILED),
        (as_page(502), FAILED),
        (plainly(500, "Something went wrong. This is our mistake."), "Something went wrong. This is our mistake."),
        (plainly(503, "The portal is busy. Wait a few seconds."), "The portal is busy. Wait a few seconds."),
        (plainly(429, "Too many attempts. Wait a minute."), "Too many attempts. Wait a minute."),
    ],
    ids=["offline", "timeout", "500", "502", "500-told", "503", "429"],
)
def test_r10_a_save_that_fails_is_told_in_the_dialog_and_can_be_tried_again(
    page: Page, company: Company, trouble: Callable[[Route], None], told: str
) -> None:
    at(page, company)
    dialog = type_license(page)
    page.route("**/settings/license/", trouble)
    dialog.get_by_role("button", name="Save").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text(told)
    expect(dialog.get_by_label("Seats")).to_have_value("12")
    expect(dialog.get_by_label("Reason")).to_have_value("Ticket 7")
    expect(dialog.get_by_role("button", name="Save")).to_be_enabled()
    assert numbers(company) == (8, 2, 0)
    page.unroute("**/settings/license/")
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator("#license")).to_contain_text("2 of 12")
    assert numbers(company) == (12, 2, 0)


def test_a_dialog_that_does_not_open_can_be_tried_again(page: Page, company: Company) -> None:
    portal = at(page, company)
    page.context.set_offline(True)
    page.get_by_role("button", name="Edit license").click()
    expect(page.get_by_role("alert")).to_contain_text(OFFLINE)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(portal.dialog).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_refused_for_good_is_not_tried_again(page: Page, company: Company) -> None:
    at(page, company)
    page.route("**/settings/license/", plainly(403, "Your role does not allow this."))
    page.get_by_role("button", name="Edit license").click()
    expect(page.get_by_role("alert")).to_have_text("Your role does not allow this.")


def test_while_one_types_trouble_is_told_once_and_goes_by_itself(page: Page, company: Company) -> None:
    """R10: not said anew at every letter; the next answer takes it away."""
    at(page, company)
    dialog = type_license(page)
    page.context.set_offline(True)
    dialog.get_by_label("Seats").fill("13")
    expect(dialog.get_by_role("alert")).to_contain_text(OFFLINE)
    dialog.get_by_label("Seats").fill("14")
    expect(dialog.get_by_role("alert")).to_have_count(1)
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(dialog.get_by_role("row", name="Available").get_by_role("cell").last).to_have_text("12")
    expect(dialog.get_by_label("Seats")).to_have_value("14")


def test_a_plain_form_is_not_lost_without_a_net(page: Page, company: Company) -> None:
    """The browser would put its own page in place of this one."""
    at(page, company, "users/add/")
    page.get_by_label("First name").fill("Dee")
    page.get_by_label("Last name").fill("Lee")
    page.get_by_label("E-mail").fill("dee@fabrikam.example")
    page.context.set_offline(True)
    page.get_by_role("main").get_by_role("button", name="Add users").click()
    expect(page.get_by_role("alert")).to_contain_text(OFFLINE)
    expect(page.get_by_label("First name")).to_have_value("Dee")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="3 users")).to_be_visible()


WATCH = """() => {
  const line = document.getElementById('progress');
  document.addEventListener('htmx:beforeSend', () => { window.sentAt = performance.now(); });
  new MutationObserver(() => { if (!line.hidden) window.shownAt ??= performance.now(); })
    .observe(line, { attributes: true });
}"""


def test_what_takes_long_shows_that_it_is_under_way(page: Page, company: Company) -> None:
    """After 300 milliseconds, in the dialog; and no longer than it lasts."""
    at(page, company)
    page.get_by_role("button", name="Edit license").click()
    dialog = page.get_by_role("dialog", name="Edit license")
    expect(dialog).to_be_visible()
    page.evaluate(WATCH)
    waiting: list[Route] = []
    page.route("**/settings/license/", lambda route: waiting.append(route))
    bar = page.get_by_role("progressbar", name="Loading")
    expect(bar).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(bar).to_be_visible()
    assert page.evaluate("shownAt - sentAt") >= 300
    assert bar.evaluate("element => element.closest('dialog') !== null")
    expect(page.locator("#dialog")).to_have_attribute("aria-busy", "true")
    expect(dialog.locator("form[aria-busy=true]")).to_have_count(1)
    waiting[0].abort()
    expect(bar).to_be_hidden()
    expect(page.locator("#dialog")).not_to_have_attribute("aria-busy", "true")
    expect(dialog.get_by_role("alert")).to_contain_text(OFFLINE)


def test_the_line_stands_still_for_whoever_wants_less_motion(page: Page, company: Company) -> None:
    at(page, company)
    page.emulate_media(reduced_motion="reduce")
    name = "getComputedStyle(document.getElementById('progress'), '::before').animationName"
    assert page.evaluate(name) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(name) == "progress-line"


def sign_in_again(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("then what you typed comes back")
    page.get_by_label("E-mail").fill("ann@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_an_expired_session_brings_the_dialog_back_with_what_was_typed(page: Page, company: Company) -> None:
    at(page, company)
    dialog = type_license(page)
    page.context.clear_cookies(name="sessionid")
    dialog.get_by_role("button", name="Save").click()
    sign_in_again(page)
    back = page.get_by_role("dialog", name="Edit license")
    expect(back.get_by_role("alert")).to_contain_text("This is what you typed before.")
    expect(back.get_by_role("alert")).to_be_focused()
    expect(back.get_by_label("Seats")).to_have_value("12")
    expect(back.get_by_label("Reason")).to_have_value("Ticket 7")
    assert numbers(company) == (8, 2, 0)
    back.get_by_role("button", name="Save").click()
    expect(page.locator("#license")).to_contain_text("2 of 12")


def test_also_while_one_types(page: Page, company: Company) -> None:
    """R10: the request that follows the typing finds the session over."""
    at(page, company)
    dialog = type_license(page)
    page.context.clear_cookies(name="sessionid")
    dialog.get_by_label("Seats").fill("13")
    sign_in_again(page)
    back = page.get_by_role("dialog", name="Edit license")
    expect(back.get_by_label("Seats")).to_have_value("13")
    expect(back.get_by_label("Reason")).to_have_value("Ticket 7")


@pytest.mark.parametrize("java_script", [True, False], ids=["javascript", "no-javascript"])
def test_an_expired_session_brings_a_plain_form_back(
    browser: Browser, live_server: LiveServer, company: Company, java_script: bool
) -> None:
    with browser.new_context(base_url=live_server.url, java_script_enabled=java_script) as context:
        page = context.new_page()
        at(page, company, "users/add/")
        page.get_by_label("First name").fill("Dee")
        page.get_by_label("E-mail").fill("dee@fabrikam.example")
        context.clear_cookies(name="sessionid")
        page.get_by_role("main").get_by_role("button", name="Add users").click()
        sign_in_again(page)
        expect(page.get_by_role("alert")).to_contain_text("This is what you typed before.")
        expect(page.get_by_label("First name")).to_have_value("Dee")
        page.get_by_label("Last name").fill("Lee")
        page.get_by_role("main").get_by_role("button", name="Add users").click()
        expect(page.get_by_role("heading", name="3 users")).to_be_visible()


@pytest.mark.parametrize("java_script", [True, False], ids=["javascript", "no-javascript"])
def test_r7_two_clicks_approve_as_many_as_one(
    browser: Browser, live_server: LiveServer, company: Company, java_script: bool
) -> None:
    add_arrivals(make_connector(company, asks_approval=True), 4)
    with browser.new_context(base_url=live_server.url, java_script_enabled=java_script) as context:
        page = context.new_page()
        at(page, company, "users/")
        page.get_by_role("textbox", name=re.compile("How many")).fill("2")
        page.get_by_role("button", name="Approve next").dblclick()
        expect(page.get_by_role("heading", name="4 users")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="4 users")).to_be_visible()
    assert numbers(company) == (8, 4, 2)
