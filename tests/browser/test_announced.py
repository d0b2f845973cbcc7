"""What a screen reader is told: names and roles of the dialog and the Users tab, and what happens meanwhile."""

import re
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.world import World, make_world


@pytest.fixture
def world(page: Page, live_server: LiveServer) -> World:
    """Ann is signed in."""
    world = make_world()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": world.cookies["admin"], "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    return world


def spoken(page: Page, selector: str) -> dict[str, Any]:
    """Role, name and live properties of an element in the accessibility tree."""
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    [part] = session.send("Accessibility.getPartialAXTree", {"nodeId": node, "fetchRelatives": False})["nodes"]
    properties = {entry["name"]: entry["value"].get("value") for entry in part["properties"]}
    session.detach()
    return {
        "role": part["role"]["value"],
        "live": properties.get("live"),
        "atomic": properties.get("atomic"),
        "busy": properties.get("busy", False),
    }


def test_the_dialog_of_the_license(page: Page, world: World) -> None:
    page.goto(f"/companies/{world.ids['company_id']}/settings/")
    page.get_by_role("button", name="Edit license").click()
    dialog = page.get_by_role("dialog", name="Edit license")
    expect(dialog).to_match_aria_snapshot("""
      - dialog "Edit license":
        - heading "Edit license" [level=2]
        - textbox "Seats": "4"
        - combobox "Tier":
          - option "Standard"
          - option "Advanced" [selected]
        - textbox "Reason (optional)"
        - region "What this changes":
          - heading "What this changes" [level=3]
          - table
          - list:
            - listitem:
              - link "1 Advanced policy is on"
            - listitem:
              - link "1 connector exists"
        - button "Cancel"
        - button "Save"
    """)
    assert spoken(page, "#license-summary") == {"role": "paragraph", "live": "polite", "atomic": True, "busy": False}
    seats = dialog.get_by_label("Seats")
    seats.fill("9")
    expect(page.locator("#license-summary")).to_contain_text("seats available then.")
    expect(seats).to_be_focused()
    seats.fill("none")
    dialog.get_by_role("button", name="Save").click()
    expect(seats).to_have_attribute("aria-invalid", "true")
    expect(seats).to_have_accessible_description(re.compile("Enter a whole number"))


def test_the_users_tab(page: Page, world: World) -> None:
    page.goto(f"/companies/{world.ids['company_id']}/users/")
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
      - main:
        - navigation "You are here"
        - heading "Adventure Works" [level=1]
        - tablist "Adventure Works":
          - tab "Users" [selected]
          - tab "Settings"
          - tab "Activity"
        - tabpanel "Users"
    """)
    expect(page.get_by_role("meter")).to_have_accessible_name("3 of 4 seats used, 1 available")
    approve = page.get_by_role("button", name="Approve", exact=True).first
    row = page.get_by_role("row").filter(has=approve)
    expect(approve).to_have_accessible_description(row.get_by_role("link").first.inner_text())
    unnamed = page.evaluate("""[...document.querySelectorAll('main :is(a, button, input, select)')]
      .filter((one) => one.checkVisibility() && !(one.innerText || one.ariaLabel || one.labels?.length
        || one.getAttribute('aria-labelledby'))).map((one) => one.outerHTML)""")
    assert unnamed == []


def test_what_was_done_is_announced_where_one_listens_already(page: Page, world: World) -> None:
    """A live region that comes together with its text says nothing: this one was there, and only its text is new."""
    page.goto(f"/companies/{world.ids['company_id']}/users/")
    place = page.locator("#messages").element_handle()
    assert place.inner_text() == ""
    assert spoken(page, "#messages") == {"role": "status", "live": "polite", "atomic": True, "busy": False}
    page.get_by_role("button", name="Approve", exact=True).first.click()
    expect(page.get_by_role("status")).to_contain_text("approved")
    assert place.evaluate("place => place.isConnected && place.innerText.includes('approved')")


def test_what_came_with_the_page_is_said_too(page: Page, world: World) -> None:
    """Its text is put in again once somebody can listen."""
    page.goto(f"/companies/{world.ids['company_id']}/settings/name/")
    page.add_init_script("""addEventListener('DOMContentLoaded', () => {
      window.spoken = [];
      new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
        (node) => window.spoken.push(node.textContent.trim())
      ))).observe(document.getElementById('messages'), { childList: true });
    })""")
    page.get_by_role("dialog").get_by_label("Name").fill("Adventure Works & Sons")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("status")).to_contain_text("Adventure Works & Sons")
    page.wait_for_timeout(1500)
    assert [text for text in page.evaluate("window.spoken") if text] == [
        page.get_by_role("status").inner_text().strip()
    ]
