"""What people do in the portal, by the names that they see."""

from playwright.sync_api import Locator, Page, expect


class Portal:
    """A signed-in person's hands. Everything is found by role and name, as a screen reader would."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Home")).to_be_visible()
        self.page.get_by_role("link", name="Companies").click()
        expect(self.page.get_by_role("heading", name="Companies")).to_be_visible()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def company_row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=name))

    def user_row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=name)

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()
        expect(self.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")

    def add_user(self, first_name: str, last_name: str, email: str) -> None:
        """Fill in and send the form behind "Add users" of the Users tab."""
        self.open_tab("Users")
        self.page.get_by_role("button", name="Add users").click()
        self.page.get_by_label("First name").fill(first_name)
        self.page.get_by_label("Last name").fill(last_name)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_role("button", name="Add users").click()

    def edit_license(self, *, seats: str = "", tier: str = "", reason: str = "") -> None:
        """Open the pencil's dialog on the Settings tab, fill in what is given, and save."""
        if self.dialog.count() == 0:
            self.page.get_by_role("button", name="Edit license").click()
        dialog = self.page.get_by_role("dialog", name="Edit license")
        if seats:
            dialog.get_by_label("Seats").fill(seats)
        if tier:
            dialog.get_by_label("Tier").select_option(tier)
        if reason:
            dialog.get_by_label("Reason").fill(reason)
        dialog.get_by_role("button", name="Save").click()

    def add_connector(self, kind: str, name: str) -> str:
        """Add a connector on the Settings tab; returns the token that is shown this once."""
        self.page.get_by_role("button", name="Add connector").click()
        self.dialog.get_by_label("Directory").select_option(kind)
        self.dialog.get_by_label("Name").fill(name)
        self.dialog.get_by_role("button", name="Add connector").click()
        token = self.dialog.get_by_label("Token").input_value()
        self.dialog.get_by_role("button", name="Done").click()
        expect(self.page.locator("#connectors")).to_contain_text(name)
        return token
