"""Every page of the portal, by its address, and the states in which it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from playwright.sync_api import Page, expect

from tests.browser.world import World

LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 375)}
"""How axe sees each screen: colour scheme and width."""

type Act = Callable[[Page], object]


@dataclass(frozen=True)
class Screen:
    """The page `address`, as `by` sees it, after `act`: `state` says what that leads to."""

    address: str
    state: str = ""
    by: str = "admin"
    query: str = ""
    act: Act | None = None
    ids: dict[str, str] = field(default_factory=dict)
    """Other ids of the world than those of the same name."""
    status: int = 200

    def path(self, world: World, arguments: tuple[str, ...]) -> str:
        ids = {name: world.ids[self.ids.get(name, name)] for name in arguments}
        return reverse(self.address, kwargs=ids) + self.query

    def __str__(self) -> str:
        return f"{self.address} ({self.by}{', ' + self.state if self.state else ''})"


def press(name: str, *, role: Any = "button", then: str = "dialog") -> Act:
    """Press what has that name; afterwards there is a dialog, an alert, a status…"""

    def act(page: Page) -> None:
        page.get_by_role(role, name=_(name)).first.click()
        expect(page.get_by_role(then).first).to_be_visible()  # type: ignore[arg-type]

    return act


def send(button: str, **typed: str) -> Act:
    """Send the form of the page or dialog as it stands, or with what is `typed`: what is wrong with it is said."""

    def act(page: Page) -> None:
        for name, text in typed.items():
            page.locator(f"main [name={name}], dialog [name={name}]").fill(text)
        page.get_by_role("main").or_(page.get_by_role("dialog")).get_by_role(
            "button", name=_(button), exact=True
        ).last.click()
        expect(page.locator("[role=alert], [aria-invalid=true]").first).to_be_visible()

    return act


def open_menu(page: Page) -> None:
    page.locator("details[data-menu] > summary").first.click()
    expect(page.get_by_role("button", name=_("Sign out"))).to_be_visible()


def pick(page: Page) -> None:
    page.locator(".pick").first.check()


def pick_everyone(page: Page) -> None:
    page.locator(".pick-found").check()
    expect(page.locator(".bulk-found")).to_be_visible()


def bulk_preview(page: Page) -> None:
    page.locator(".pick").nth(1).check()
    page.locator(".pick").first.check()
    page.get_by_role("button", name=_("Change licenses")).click()
    page.get_by_role("radio", name=_("Set the number of seats")).check()
    page.get_by_label(_("Seats"), exact=True).fill("2")
    page.get_by_role("button", name=_("Preview")).click()
    expect(page.locator("form:has([value=all]) > button")).to_be_visible()


def bulk_refused(page: Page) -> None:
    bulk_preview(page)
    page.locator("form:has([value=all]) > button").click()
    expect(page.get_by_role("alert")).to_be_visible()


def bulk_result(page: Page) -> None:
    bulk_preview(page)
    page.locator("form:has([value=possible]) > button").click()
    expect(page.get_by_role("heading", name=_("Licenses changed"))).to_be_visible()


def license_blocked(page: Page) -> None:
    page.get_by_role("button", name=_("Edit license")).click()
    page.get_by_role("dialog").get_by_label(_("Tier")).select_option("standard")
    page.get_by_role("dialog").get_by_label(_("Seats")).fill("1")
    page.get_by_role("dialog").get_by_role("button", name=_("Save")).click()
    expect(page.get_by_role("alert").first).to_be_visible()


def connector_added(page: Page) -> None:
    page.get_by_role("button", name=_("Add connector")).click()
    page.get_by_role("dialog").get_by_label(_("Name")).fill("Another")
    page.get_by_role("dialog").get_by_role("button", name=_("Add connector")).click()
    expect(page.get_by_role("dialog").get_by_label(_("Token"))).to_be_visible()


def approved(page: Page) -> None:
    page.get_by_role("button", name=_("Approve"), exact=True).first.click()
    expect(page.locator("#messages .message")).to_be_visible()


def import_refused(page: Page) -> None:
    page.locator("[name=act][value=all]").click()
    expect(page.get_by_role("alert")).to_be_visible()


def columns_not_chosen(page: Page) -> None:
    page.get_by_label(_("E-mail"), exact=True).select_option("")
    page.get_by_role("button", name=_("Go on to the preview")).click()
    expect(page.get_by_role("alert")).to_be_visible()


def offline(page: Page) -> None:
    page.route("**/settings/license/*", lambda route: route.abort())
    page.get_by_role("button", name=_("Edit license")).click()
    expect(page.get_by_role("alert")).to_contain_text(
        _("The portal did not answer. Check your connection, then try again.")
    )
    page.unroute("**/settings/license/*")


HOME = [
    Screen("home"),
    Screen("home", "account menu open", act=open_menu),
    Screen("home", by="technician"),
    Screen("home", by="billing"),
    Screen("home", "nothing there yet", by="newcomer"),
    Screen("home", "support views it", by="visit"),
    Screen("companies:list"),
    Screen("companies:list", "a selection made", act=pick),
    Screen("companies:list", "all selected", act=pick_everyone),
    Screen("companies:list", "narrowed by filters", query="?q=a&tier=advanced&sort=-license&size=25"),
    Screen("companies:list", "nothing found", query="?q=zzz"),
    Screen("companies:list", "empty", by="newcomer"),
    Screen("companies:list", by="reader"),
    Screen("companies:bulk_license", query="?companies={standard}"),
    Screen("companies:list", "preview of a bulk change", act=bulk_preview),
    Screen("companies:list", "bulk change refused", act=bulk_refused),
    Screen("companies:list", "result of a bulk change", act=bulk_result),
    Screen("companies:add"),
    Screen("companies:add", "refused", act=send("Add company")),
    Screen("companies:add", "not allowed", by="reader", status=403),
]
LISTS = [
    Screen("statements:list"),
    Screen("statements:list", by="billing"),
    Screen("statements:list", "empty", by="newcomer"),
    Screen("audit:list"),
    Screen("audit:list", "narrowed by filters", query="?kind=users&date_from=2026-01-01"),
    Screen("audit:list", "empty", query="?account=nobody-of-that-name"),
    Screen("colleagues:list"),
    Screen("colleagues:list", "nobody invited", by="newcomer"),
    Screen("colleagues:invite"),
    Screen("colleagues:invite", "refused", act=send("Send invitation")),
    Screen("colleagues:edit"),
    Screen("colleagues:withdraw"),
    Screen("colleagues:invite_again"),
    Screen("colleagues:end_invitation"),
]
SETTINGS = [
    Screen("companies:settings"),
    Screen("companies:settings", "Standard", ids={"company_id": "standard"}),
    Screen("companies:settings", by="reader"),
    Screen("companies:settings", "offline", act=offline),
    Screen("companies:license"),
    Screen("companies:settings", "license dialog open", act=press("Edit license")),
    Screen("companies:settings", "license refused, with every blocker", act=license_blocked),
    Screen("companies:policy_on"),
    Screen("companies:policy_off", ids={"key": "switched_on"}),
    Screen("companies:rename"),
    Screen("companies:rename", "refused", act=send("Rename", name="")),
    Screen("companies:close"),
    Screen("companies:close", "blocked", ids={"company_id": "standard"}, act=send("Close company")),
    Screen("companies:technicians"),
    Screen("companies:settings", "technicians chosen", act=press("Assign technicians")),
    Screen("companies:activity"),
    Screen("companies:activity", "ledger", query="?show=ledger"),
]
CONNECTORS = [
    Screen("companies:connector"),
    Screen("companies:connector", by="reader"),
    Screen("companies:connector_add"),
    Screen("companies:settings", "token of a new connector", act=connector_added),
    Screen("companies:connector_rotate"),
    Screen("companies:connector_rules"),
    Screen("companies:connector_remove"),
    Screen("companies:connector_held"),
    Screen("companies:connector_held", "nothing chosen", act=press("Confirm chosen", then="alert")),
    Screen("companies:connector_run"),
]
USERS = [
    Screen("users:list"),
    Screen("users:list", by="reader"),
    Screen("users:list", "a selection made", act=pick),
    Screen("users:list", "everyone selected", act=pick_everyone),
    Screen("users:list", "narrowed by filters", query="?q=a&status=pending"),
    Screen("users:list", "a message", act=approved),
    Screen("users:list", "nobody found", query="?q=zzz"),
    Screen("users:list", "rejected people", query="?status=rejected"),
    Screen("users:list", "the line", query="?status=pending"),
    Screen("users:list", "asks before rejecting", query="?status=pending", act=press("Reject")),
    Screen("users:list", "asks before removing", act=press("Remove")),
    Screen("users:person"),
    Screen("users:person", by="reader"),
    Screen("users:edit"),
    Screen("users:list", "dialog open", act=press("Edit", role="link")),
    Screen("users:make_primary"),
]
ADDING = [
    Screen("users:add"),
    Screen("users:add", "refused", act=send("Add users")),
    Screen("users:add_many"),
    Screen("users:add_many", "refused", act=send("Go on to the names")),
    Screen("users:add_file"),
    Screen("users:add_file", "refused", act=send("Check file")),
    Screen("users:add_file_columns"),
    Screen("users:add_file_columns", "refused", act=columns_not_chosen),
    Screen("users:add_file_check"),
    Screen("users:add_file_check", "refused", act=import_refused),
    Screen("users:add_file_check", "a right row being corrected", query="?edit=2"),
    Screen("users:add_file_check", "in progress", ids={"token": "adding"}),
    Screen("users:add_file_check", "result", ids={"token": "added"}),
    Screen("users:add_file_check", "refused by the worker", ids={"token": "not_added"}),
]
ACCOUNT = [
    Screen("account"),
    Screen("account", by="factors"),
    Screen("account", by="support"),
    Screen("account_email"),
    Screen("account_email", by="factors"),
    Screen("account_change_password"),
    Screen("account_change_password", "refused", act=send("Change password")),
    Screen("account_reauthenticate"),
    Screen("account_logout"),
    Screen("usersessions_list"),
    Screen("second_factor_setup"),
    Screen("mfa_index"),
    Screen("mfa_index", by="factors"),
    Screen("mfa_activate_totp"),
    Screen("mfa_activate_totp", "refused", act=send("Switch on")),
    Screen("mfa_deactivate_totp", by="factors"),
    Screen("mfa_view_recovery_codes", by="factors"),
    Screen("mfa_generate_recovery_codes", by="factors"),
    Screen("mfa_add_webauthn"),
    Screen("mfa_edit_webauthn", by="factors"),
    Screen("mfa_remove_webauthn", by="factors"),
    Screen("mfa_reauthenticate", by="factors"),
]
DOOR = [
    Screen("account_login", by="visitor"),
    Screen("account_login", "refused", by="visitor", act=send("Sign in")),
    Screen("account_reset_password", by="visitor"),
    Screen("account_reset_password", "refused", by="visitor", act=send("Send the link")),
    Screen("account_reset_password_done", by="visitor"),
    Screen("account_reset_password_from_key", "no such link", by="visitor"),
    Screen("account_reset_password_from_key", by="reset", ids={"key": "set_password", "uidb36": "fay"}),
    Screen("account_reset_password_from_key_done", by="visitor"),
    Screen("account_invitation", "no such link", by="visitor", status=404),
    Screen("account_invitation_accept", by="invited"),
    Screen("account_invitation_accept", "refused", by="invited", act=send("Create account")),
    Screen("account_email_verification_sent", by="unproved"),
    Screen("account_email_verification_sent", "refused", by="unproved", act=send("Confirm")),
    Screen("account_email_verification_sent", by="changing"),
    Screen("mfa_authenticate", by="half"),
    Screen("mfa_authenticate", "refused", by="half", act=send("Continue")),
]
ERRORS = [
    Screen("users:person", "no such person", ids={"user_id": "nobody"}, status=404),
    Screen("users:list", "not allowed", by="billing", status=403),
]
AREAS = {
    "home": HOME,
    "lists": LISTS,
    "settings": SETTINGS,
    "connectors": CONNECTORS,
    "users": USERS,
    "adding": ADDING,
    "account": ACCOUNT,
    "door": DOOR + ERRORS,
}
WITHOUT_A_PAGE = {
    "account_preferences": "POST only; leads back",
    "account_set_password": "for accounts without a password, which there are none of; the same form",
    "audit:export": "a file",
    "companies:activity_export": "a file",
    "companies:auto_fill": "POST only",
    "companies:checklist": "POST only",
    "companies:bulk_license_preview": "reached by POST: 'preview of a bulk change'",
    "companies:bulk_license_result": "reached by POST: 'result of a bulk change'",
    "companies:connector_pause": "POST only",
    "companies:connector_run_export": "a file",
    "companies:export": "a file",
    "companies:policies_reviewed": "POST only",
    "healthz": "for machines",
    "mfa_list_webauthn": "leads to mfa_index",
    "mfa_login_webauthn": "for scripts",
    "mfa_reauthenticate_webauthn": "leads on",
    "readyz": "for machines",
    "statements:export": "a file",
    "scim": "for machines",
    "users:add_file_result": "a file",
    "users:add_file_template": "a file",
    "users:export": "a file",
    "usersessions_end": "POST only",
    "visit_end": "POST only",
    "visit_stop": "POST only",
}
