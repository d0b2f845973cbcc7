"""Long lists: filters as chips, the address bar and the way back, the key for the search, selecting, files."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from companies.models import Company
from licensing.enums import Tier
from tests.factories import PASSWORD, add_people, make_account, make_company, make_partner
from tests.spreadsheet import csv_rows, xlsx_rows
from users.models import User
from users.people import Person
from users.provisioning import add_users


@pytest.fixture
def company() -> Company:
    """Fabrikam with 31 people, Adventure Works that is full, and Wingtip."""
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    make_company(partner, name="Adventure Works", seats=2, used=2, tier=Tier.ADVANCED)
    make_company(partner, name="Wingtip", seats=20)
    company = make_company(partner, name="Fabrikam", seats=40, tier=Tier.ADVANCED)
    add_users(company, people=[Person("Member", f"{n:02}", f"m{n}@x.example") for n in range(30)], by=None)
    return company


def at(page: Page, path: str) -> None:
    page.goto(f"/accounts/login/?next={path}")
    page.get_by_label("E-mail").fill("ann@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    # What is chosen before the scripts are there is sent by the button alone.
    page.wait_for_load_state()


def users_of(company: Company) -> str:
    return f"/companies/{company.pk}/users/"


def chips(page: Page) -> list[str]:
    return page.locator(".chip bdi").all_inner_texts()


def back(page: Page) -> None:
    """As the button of the browser does. A page that htmx has changed is asked for anew: no load event of the old."""
    page.evaluate("history.back()")


def query(page: Page) -> str:
    return page.evaluate("location.search")  # type: ignore[no-any-return]


def test_filters_are_in_the_address_and_back_takes_the_last_one_away(page: Page, company: Company) -> None:
    """The list, the chips and the form come back together, as does a link that somebody was sent."""
    at(page, "/companies/")
    page.get_by_label("Tier").select_option("Advanced")
    expect(page.locator(".chip")).to_have_count(1)
    assert query(page) == "?tier=advanced"
    page.get_by_role("checkbox", name="Full", exact=True).check()
    expect(page.locator(".chip")).to_have_count(2)
    assert query(page) == "?tier=advanced&full=on"
    page.get_by_role("link", name="License").click()
    expect(page.locator("th[aria-sort]")).to_have_text("License")
    assert query(page) == "?tier=advanced&full=on&sort=license"
    page.get_by_label("Search by name").fill("adv")
    expect(page.locator(".chip")).to_have_count(3)
    assert chips(page) == ["Search by name: adv", "Tier: Advanced", "Full"]
    assert sorted(query(page)[1:].split("&")) == ["full=on", "q=adv", "sort=license", "tier=advanced"]
    shared = page.url

    back(page)
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.get_by_label("Search by name")).to_have_value("")
    back(page)
    expect(page.locator("th[aria-sort]")).to_have_text("Company")
    back(page)
    expect(page.locator(".chip")).to_have_count(1)
    assert query(page) == "?tier=advanced"
    expect(page.get_by_role("checkbox", name="Full", exact=True)).not_to_be_checked()
    expect(page.get_by_label("Tier")).to_have_value("advanced")
    expect(page.get_by_role("row")).to_have_count(3)
    page.evaluate("history.forward()")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.get_by_role("checkbox", name="Full", exact=True)).to_be_checked()

    page.goto(shared)
    assert chips(page) == ["Search by name: adv", "Tier: Advanced", "Full"]
    expect(page.get_by_label("Search by name")).to_have_value("adv")


def test_chips_are_taken_away_by_keyboard_and_the_focus_goes_on(page: Page, company: Company) -> None:
    at(page, "/companies/%3Ftier=advanced%26full=on%26sort=-license")
    page.get_by_role("link", name="Remove filter Tier: Advanced").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    assert query(page) == "?full=on&sort=-license"
    expect(page.get_by_label("Tier")).to_have_value("")
    expect(page.get_by_role("checkbox", name="Full", exact=True)).to_be_checked()
    expect(page.get_by_role("link", name="Remove filter Full")).to_be_focused()
    expect(page.locator("#list-status")).to_have_text("1–1 of 1")  # noqa: RUF001 - the dash of a range
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Clear all")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    assert query(page) == "?sort=-license"
    expect(page.get_by_role("checkbox", name="Full", exact=True)).not_to_be_checked()
    expect(page.get_by_label("Search by name")).to_be_focused()
    back(page)
    expect(page.locator(".chip")).to_have_count(1)


def test_the_number_of_rows_stays_while_one_searches(page: Page, company: Company) -> None:
    at(page, users_of(company))
    page.get_by_role("navigation", name="Rows on a page").get_by_role("link", name="25").press("Enter")
    expect(page.get_by_role("row")).to_have_count(26)
    expect(page.locator("#users-table-size-25")).to_be_focused()
    page.get_by_label("Name or e-mail").fill("member")
    expect(page.locator(".chip")).to_have_count(1)
    assert query(page) in {"?q=member&size=25", "?size=25&q=member"}
    expect(page.get_by_role("row")).to_have_count(26)
    page.get_by_role("link", name="Remove filter").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert query(page) == "?size=25"
    back(page)
    expect(page.locator(".chip")).to_have_count(1)
    back(page)
    expect(page.locator(".chip")).to_have_count(0)
    back(page)
    expect(page.get_by_role("row")).to_have_count(32)


def test_a_key_goes_to_the_search_until_it_is_switched_off(page: Page, company: Company) -> None:
    """WCAG 2.1.4; not while one types, not with another key, not over a dialog."""
    at(page, users_of(company))
    search = page.get_by_label("Name or e-mail")
    expect(search).to_have_attribute("aria-keyshortcuts", "/")
    expect(page.locator(".search-key")).to_be_visible()
    page.keyboard.press("Control+/")
    expect(search).not_to_be_focused()
    page.locator(".pick").first.focus()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    expect(page.locator(".search-key")).to_be_hidden()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")
    expect(page.locator(".table-empty")).to_be_visible()
    page.get_by_role("link", name="Clear all").press("Enter")
    expect(page.get_by_role("row")).to_have_count(32)
    page.get_by_role("link", name="Edit").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").focus()
    page.keyboard.press("/")
    expect(dialog.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Escape")

    foot = page.get_by_role("contentinfo")
    foot.get_by_label("goes to the search").select_option("Off")
    foot.get_by_role("button", name="Apply").click()
    expect(foot.get_by_label("goes to the search")).to_have_value("off")
    expect(page.locator(".search-key")).to_be_hidden()
    page.locator(".pick").first.focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Name or e-mail")).not_to_be_focused()
    assert page.get_by_label("Name or e-mail").get_attribute("aria-keyshortcuts") is None


def test_selecting_is_announced_and_reaches_the_people_of_all_pages(page: Page, company: Company) -> None:
    at(page, f"{users_of(company)}%3Fsize=25")
    status = page.locator("#list-status")
    page.locator(".pick").first.check()
    expect(status).to_have_text("Selected: 1")
    page.locator(".pick").nth(1).check()
    expect(status).to_have_text("Selected: 2")
    page.get_by_role("checkbox", name="Select everyone on this page").check()
    expect(status).to_have_text("Selected: 25")
    page.get_by_role("button", name="Clear selection").click()
    expect(status).to_have_text("Selected: 0")
    everyone = page.get_by_role("checkbox", name="Select all 30 users")
    everyone.check()
    expect(status).to_have_text("All 30 users selected")
    expect(page.locator(".pick:not(:checked)")).to_have_count(0)
    page.locator(".pick").first.uncheck()
    expect(everyone).not_to_be_checked()
    expect(status).to_have_text("Selected: 24")
    everyone.focus()
    page.keyboard.press("Space")
    expect(status).to_have_text("All 30 users selected")
    page.get_by_role("button", name="Disable", exact=True).locator("visible=true").click()
    expect(page.locator("#messages")).to_contain_text("30 users were disabled.")
    assert User.objects.of_company(company).filter(status="disabled").count() == 30
    assert page.evaluate("document.querySelector('#users-table .bulk').checkVisibility()") is False


def test_everyone_is_removed_after_a_question(page: Page, company: Company) -> None:
    at(page, f"{users_of(company)}%3Fsize=25")
    page.get_by_role("checkbox", name="Select all 30 users").check()
    page.locator(".bulk").get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove 30 users?")
    expect(dialog).to_contain_text("and 20 more")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#messages")).to_contain_text("30 users were removed.")
    assert User.objects.of_company(company).filter(status="active").count() == 1


def test_selecting_companies_is_announced_too(page: Page, company: Company) -> None:
    at(page, "/companies/")
    status = page.locator("#list-status")
    page.get_by_role("checkbox", name="Select this page").check()
    expect(status).to_have_text("Selected: 3")
    page.get_by_role("checkbox", name="Select all 3 companies").check()
    expect(status).to_have_text("All 3 companies selected")
    page.get_by_role("checkbox", name="Select all 3 companies").uncheck()
    expect(status).to_have_text("Selected: 0")
    assert page.locator("#list-status").get_attribute("aria-live") == "polite"


def test_what_is_shown_is_taken_away_as_a_file(page: Page, company: Company, tmp_path: Path) -> None:
    at(page, "/companies/")
    page.get_by_label("Tier").select_option("Advanced")
    expect(page.locator(".chip")).to_have_count(1)
    files = []
    for name in ("CSV", "Excel"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Export as {name}").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files.append(path.read_bytes())
        assert path.name.startswith("companies-")
    header = ["Company", "Used", "Seats", "Tier", "Available", "Pending"]
    assert csv_rows(files[0]) == [
        header,
        ["Adventure Works", "2", "2", "Advanced", "0", "0"],
        ["Fabrikam", "31", "40", "Advanced", "9", "0"],
    ]
    assert xlsx_rows(files[1]) == [
        header,
        ["Adventure Works", 2, 2, "Advanced", 0, 0],
        ["Fabrikam", 31, 40, "Advanced", 9, 0],
    ]
    expect(page.get_by_role("heading", name="Companies")).to_be_visible()


def test_all_of_it_works_without_javascript(browser: Browser, live_server: LiveServer, company: Company) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="en-GB")
    page = context.new_page()
    at(page, f"{users_of(company)}%3Fsize=25%26sort=-name")
    expect(page.locator(".search-key")).to_be_hidden()
    page.get_by_label("Name or e-mail").fill("member")
    page.get_by_label("Status").select_option("Active")
    page.get_by_role("button", name="Search").click()
    assert chips(page) == ["Name or e-mail: member", "Status: Active"]
    expect(page.get_by_role("row")).to_have_count(26)
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Name")
    page.get_by_role("checkbox", name="Select all 30 users that match").check()
    expect(page.locator(".bulk")).to_contain_text("All 30 users selected")
    page.locator(".bulk").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("30 users were disabled.")).to_be_visible()
    expect(page.locator(".table-empty")).to_contain_text("Nobody fits this search.")
    page.get_by_role("link", name="Remove filter Status: Active").click()
    assert chips(page) == ["Name or e-mail: member"]
    page.go_back()
    assert chips(page) == ["Name or e-mail: member", "Status: Active"]
    context.close()


@pytest.mark.parametrize("width", [320, 375, 700, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, company: Company, width: int) -> None:
    add_people(company, 3)
    page.set_viewport_size({"width": width, "height": 800})
    at(page, "/companies/")
    long = "q=" + "Donaudampfschifffahrtsgesellschaft" * 3
    for path in (
        f"/companies/?{long}&tier=advanced&full=on&nearly_full=on&over_provided=on&waiting=on&trouble=on",
        "/companies/?tier=advanced",
        f"{users_of(company)}?{long}&status=pending",
        f"{users_of(company)}?q=member&size=25",
        f"/audit/?kind=users&account=support&company={long[2:]}",
        "/audit/?kind=company",
        f"/companies/{company.pk}/activity/",
        f"/companies/{company.pk}/activity/?view=ledger",
        "/statements/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = page.evaluate("""[...document.querySelectorAll('.chips a, .sizes a, .table-files a, .picking label')]
          .map((one) => [one.outerHTML, one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)""")
        assert small == [], path
