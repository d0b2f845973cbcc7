"""An Admin looks after a connector: token, pause, rules, and what it holds back (R20-R22)."""

import pytest
from playwright.sync_api import Page, expect

from companies.models import Company
from licensing.enums import Tier
from tests.browser.portal import Portal
from tests.factories import PASSWORD, make_account, make_company, make_connector, make_held, make_partner
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.tokens import connector_of
from users.enums import UserStatus
from users.models import User


@pytest.fixture
def connector() -> Connector:
    partner = make_partner("Northwind")
    make_account(partner, email="ann@northwind.example", name="Ann")
    company = make_company(partner, name="Fabrikam", seats=10, tier=Tier.ADVANCED)
    return make_connector(company, name="Head office")


@pytest.fixture
def ann(page: Page, connector: Connector) -> Portal:
    """Signed in, on the connector's page."""
    portal = Portal(page)
    portal.sign_in("ann@northwind.example", PASSWORD)
    page.goto(f"/companies/{connector.company_id}/settings/")
    page.get_by_role("region", name="Connectors").get_by_role("link", name="Head office").click()
    expect(page.get_by_role("heading", name="Head office")).to_be_visible()
    return portal


def test_a_new_token_a_pause_and_other_rules(page: Page, ann: Portal, connector: Connector) -> None:
    page.get_by_role("button", name="New token").click()
    ann.dialog.get_by_label("The present token").select_option("works for another hour")
    ann.dialog.get_by_role("button", name="Make a new token").click()
    token = ann.dialog.get_by_label("Token", exact=True).input_value()
    assert connector_of(token) == connector
    ann.dialog.get_by_role("button", name="Done").click()
    card = page.get_by_role("region", name="Token")
    expect(card).to_contain_text("The former token works until")
    expect(page.locator("body")).not_to_contain_text(token)

    page.get_by_role("button", name="Pause Head office").click()
    expect(page.locator("#messages")).to_contain_text("Head office is paused.")
    expect(page.get_by_role("region", name="Health")).to_contain_text("until you resume it")
    page.get_by_role("button", name="Resume Head office").click()
    expect(page.locator("#messages")).to_contain_text("Head office goes on.")

    page.get_by_role("button", name="Change rules").click()
    ann.dialog.get_by_label("More than so many people", exact=True).fill("some")
    ann.dialog.get_by_role("button", name="Save").click()
    expect(ann.dialog.get_by_role("alert")).to_have_text("Nothing was saved. Correct the marked fields.")
    ann.dialog.get_by_label("More than so many people", exact=True).fill("25")
    ann.dialog.get_by_label("deleted in the directory").select_option("Remove them here, which frees their seat")
    ann.dialog.get_by_role("button", name="Save").click()
    rules = page.get_by_role("region", name="Rules")
    expect(rules).to_contain_text("more than 25 people and more than 10 %")
    expect(rules).to_contain_text("remove them here, which frees their seat")


def test_r22_what_is_held_is_told_and_decided(page: Page, ann: Portal, connector: Connector) -> None:
    """One is confirmed, the other rejected; then nothing is held, and one differs from the directory."""
    first, second = [make_held(connector) for _ in range(2)]
    company = Company.objects.get(pk=connector.company_id)
    ann.open_tab("Users")
    page.get_by_role("link", name="Confirm or reject them").click()
    page.get_by_role("checkbox", name=str(first.entry.user)).check()
    page.get_by_role("button", name="Confirm chosen").click()
    expect(page.locator("#messages")).to_contain_text("1 change was carried out.")
    page.get_by_role("button", name="Reject all (1)").click()
    expect(page.locator("#messages")).to_contain_text("1 change was rejected: the person stays as before.")
    expect(page.get_by_role("link", name="Confirm or reject them")).to_have_count(0)
    held = [first.entry.user_id, second.entry.user_id]
    statuses = User.objects.of_company(company).filter(pk__in=held).order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [UserStatus.DISABLED, UserStatus.ACTIVE]


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, ann: Portal, connector: Connector, width: int) -> None:
    """320 px is also what a zoom of 400 % leaves of 1280."""
    make_held(connector)
    agent = make_connector(connector.company, kind=ConnectorKind.ACTIVE_DIRECTORY, name="x" * 100)
    page.set_viewport_size({"width": width, "height": 700})
    own = f"/companies/{connector.company_id}/settings/connectors"
    run = connector.runs.get()
    for path in (f"{connector.pk}/", f"{connector.pk}/held/", f"{connector.pk}/runs/{run.pk}/", f"{agent.pk}/"):
        page.goto(f"{own}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
