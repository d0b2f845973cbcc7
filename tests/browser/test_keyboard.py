"""The story of test_story.py by keyboard: every stop is seen, dialogs give the focus back, Escape closes them."""

import re

from playwright.sync_api import Locator, Page, expect

from companies.models import Company
from licensing.enums import Tier
from tests.browser.keyboard import Keyboard
from tests.browser.test_story import SWITCH_OFF, SWITCH_ON, woodgrove
from tests.factories import PASSWORD
from tests.facts import numbers

__all__ = ["woodgrove"]


class Story(Keyboard):
    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def pencil(self) -> Locator:
        return self.page.get_by_role("button", name="Edit license")

    def sign_in(self) -> None:
        self.page.goto("/")
        self.type(self.page.get_by_label("E-mail"), "nora@northwind.example")
        self.type(self.page.get_by_label("Password"), PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", name="Home")).to_be_visible()

    def open_tab(self, name: str) -> None:
        self.press(self.page.get_by_role("tab", name=name))
        expect(self.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")

    def add(self, first_name: str) -> None:
        self.open_tab("Users")
        self.press(self.page.get_by_role("button", name="Add users"))
        self.type(self.page.get_by_label("First name"), first_name)
        self.type(self.page.get_by_label("Last name"), "Lee")
        self.type(self.page.get_by_label("E-mail"), f"{first_name}@woodgrove.example".lower())
        self.page.keyboard.press("Enter")

    def choose(self, field: Locator, option: str) -> None:
        """Typing its first letter chooses it."""
        self.go_to(field)
        self.page.keyboard.type(option[0])
        expect(field.locator("option:checked")).to_have_text(option)

    def edit_license(self, *, seats: str = "", tier: str = "") -> None:
        self.press(self.pencil)
        expect(self.dialog).to_be_visible()
        if seats:
            self.type(self.dialog.get_by_label("Seats"), seats)
        if tier:
            self.choose(self.dialog.get_by_label("Tier"), tier)
        self.press(self.dialog.get_by_role("button", name="Save"))

    def leave(self) -> None:
        """Escape closes the dialog, and the focus is where it came from."""
        self.page.keyboard.press("Escape")
        expect(self.dialog).to_have_count(0)
        expect(self.pencil).to_be_focused()


def test_the_whole_story_by_keyboard(page: Page, woodgrove: Company) -> None:
    # Else the page slides to where the focus is.
    page.emulate_media(reduced_motion="reduce")
    story = Story(page)
    story.sign_in()
    story.press(page.get_by_role("link", name="Companies", exact=True))
    story.press(page.get_by_role("link", name="Woodgrove Bank"))

    for count, first_name in enumerate(("Ann", "Bob", "Cem"), start=2):
        story.add(first_name)
        expect(page.get_by_role("heading", name=f"{count} users")).to_be_visible()
    story.add("Dee")
    expect(page.get_by_role("alert")).to_contain_text("1 seat is needed, 0 are available, 1 is missing.")
    expect(page.get_by_role("alert")).to_be_focused()

    story.open_tab("Settings")
    story.press(story.pencil)
    expect(story.dialog.get_by_label("Seats")).to_be_focused()
    story.leave()
    story.edit_license(seats="6")
    expect(page.locator("#license")).to_contain_text("4 of 6")
    story.open_tab("Users")
    story.type(page.get_by_role("textbox", name=re.compile("How many")), "2")
    story.press(page.get_by_role("button", name="Approve next"))
    expect(page.get_by_role("heading", name="6 users")).to_be_visible()

    story.open_tab("Settings")
    story.edit_license(seats="5")
    expect(page.get_by_role("alert")).to_contain_text("5 seats are too few: 6 are used.")
    expect(page.get_by_role("alert")).to_be_focused()
    story.leave()
    assert numbers(woodgrove) == (6, 6, 0)

    story.edit_license(tier="Advanced")
    expect(page.locator("#license")).to_contain_text("Advanced")
    story.press(page.get_by_role("button", name=SWITCH_ON))
    expect(page.get_by_role("button", name=SWITCH_OFF)).to_be_visible()
    adding = page.get_by_role("button", name="Add connector")
    story.press(adding)
    story.choose(story.dialog.get_by_label("Directory"), "Okta")
    story.type(story.dialog.get_by_label("Name"), "Woodgrove Okta")
    page.keyboard.press("Enter")
    expect(story.dialog.get_by_label("Token")).to_be_visible()
    story.press(story.dialog.get_by_role("button", name="Done"))
    expect(page.locator("#connectors")).to_contain_text("Woodgrove Okta")
    expect(story.dialog).to_have_count(0)

    story.edit_license(tier="Standard")
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    story.press(alert.get_by_role("link", name="1 Advanced policy is on"))
    story.press(page.get_by_role("button", name=SWITCH_OFF))
    expect(page.get_by_role("button", name=SWITCH_ON)).to_be_visible()
    story.edit_license(tier="Standard")
    story.press(page.get_by_role("alert").get_by_role("link", name="1 connector exists"))
    story.press(page.get_by_role("button", name=re.compile("Remove.*Woodgrove Okta")))
    expect(story.dialog).to_be_visible()
    story.press(story.dialog.get_by_role("button", name="Remove connector"))
    expect(page.locator("#connectors")).to_contain_text("No connector yet.")
    story.edit_license(tier="Standard")
    expect(page.locator("#license")).to_contain_text("Standard")
    assert Company.objects.get(pk=woodgrove.pk).tier == Tier.STANDARD
