"""The dialog "Edit license" as a planner: what it says while one types, and how it settles blockers (R10 to R15)."""

from typing import Any

import pytest
from django.test import Client

from companies.models import Company
from companies.policies.catalogue import PolicyKey
from companies.policies.models import Policy
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from tests.factories import add_arrivals, make_account, make_colleague, make_company, make_connector, switch_policy_on
from tests.facts import nothing_changes, numbers
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.models import Connector

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
LIVE = {"HX-Request": "true", "HX-Target": "license-plan"}
TYPED = {"seats": "12", "tier": "standard", "reason": "Okta ended", "seen": "1", "approve": "on"}
"""What stands in the dialog when somebody settles a blocker."""


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(name="Alice Admin")
    client.force_login(account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    """Advanced, 3 of 10 seats used, two policies and a connector in the way of Standard."""
    company = make_company(admin.partner, name="Fabrikam", seats=10, used=3, tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    make_connector(company, name="Head office")
    return company


def url(company: Company, path: str = "license/") -> str:
    return f"/companies/{company.pk}/settings/{path}"


def live(client: Client, company: Company, **typed: str) -> Page:
    """What htmx asks for while one types."""
    query = {"seats": "10", "tier": "advanced", "seen": "1"} | typed
    with nothing_changes(company):
        response = client.get(url(company), query, headers=LIVE)
    assert response.status_code == 200
    return Page(response)


def connector_of(company: Company) -> Connector:
    return Connector.objects.of_company(company).get()


def obstacles(page: Tag) -> list[tuple[str, str]]:
    return [(button["value"], button.text) for button in page.all("button", name="settle")]


def carried(form: Tag) -> dict[str, str]:
    """What a form sends, but for its token."""
    sent = {field["name"]: field.attributes.get("value", "") for field in form.all("input")}
    return {name: value for name, value in sent.items() if name not in {"csrfmiddlewaretoken", "once"}}


def still_on(company: Company) -> list[str]:
    return sorted(Policy.objects.of_company(company).filter(is_on=True).values_list("key", flat=True))


@pytest.mark.parametrize(
    ("typed", "rows", "money", "summary"),
    [
        (
            {"seats": "12"},
            [["Seats", "10", "12"], ["Used", "3", "3"], ["Available", "7", "9"], ["A month", "70.00 EUR", "84.00 EUR"]],
            "+14.00 EUR a month",
            "9 seats available then. +14.00 EUR a month.",
        ),
        (
            {"seats": "3"},
            [["Seats", "10", "3"], ["Used", "3", "3"], ["Available", "7", "0"], ["A month", "70.00 EUR", "21.00 EUR"]],
            "\N{MINUS SIGN}49.00 EUR a month",
            "0 seats available then. \N{MINUS SIGN}49.00 EUR a month.",
        ),
        (
            {},
            [["Seats", "10", "10"], ["Used", "3", "3"], ["Available", "7", "7"], ["A month", "70.00 EUR", "70.00 EUR"]],
            "No change in price",
            "7 seats available then. No change in price.",
        ),
        (
            {"seats": "2"},
            [
                ["Seats", "10", "2"],
                ["Used", "3", "\N{EN DASH}"],
                ["Available", "7", "\N{EN DASH}"],
                ["A month", "70.00 EUR", "\N{EN DASH}"],
            ],
            "\N{EN DASH}",
            "2 seats are too few: 3 are used. Only unused seats can be taken away; remove users first.",
        ),
        (
            {"seats": "many"},
            [
                ["Seats", "10", "\N{EN DASH}"],
                ["Used", "3", "\N{EN DASH}"],
                ["Available", "7", "\N{EN DASH}"],
                ["A month", "70.00 EUR", "\N{EN DASH}"],
            ],
            "\N{EN DASH}",
            "Enter a whole number of seats from 1 to 1000000.",
        ),
        (
            {"seats": " "},
            [
                ["Seats", "10", "\N{EN DASH}"],
                ["Used", "3", "\N{EN DASH}"],
                ["Available", "7", "\N{EN DASH}"],
                ["A month", "70.00 EUR", "\N{EN DASH}"],
            ],
            "\N{EN DASH}",
            "",
        ),
    ],
    ids=["more", "fewer", "the same", "too few", "nonsense", "nothing yet"],
)
def test_r11_r15_typing_shows_numbers_and_money(
    client: Client, company: Company, typed: dict[str, str], rows: list[list[str]], money: str, summary: str
) -> None:
    page = live(client, company, **typed)
    assert page.rows == rows
    assert page.one("strong").text == money
    assert "What counts is the pool as it stands when the month ends." in page.text
    assert page.one(id="license-summary").text == summary
    assert page.all(role="alert") == []


@pytest.mark.parametrize("seats", ["2", "0", "1000001", "many", "2.5"])
def test_r1_r11_what_is_wrong_is_said_at_the_field_in_the_words_of_the_save(
    client: Client, company: Company, seats: str
) -> None:
    said = live(client, company, seats=seats).one(id="license_seats_helptext").text
    with nothing_changes(company):
        page = Page(client.post(url(company), {"seats": seats, "tier": "advanced", "seen": "1"}))
    assert [said] == (page.errors("seats") or [page.alert.text])


def test_r11_the_floor_is_said_while_nothing_is_wrong(client: Client, company: Company) -> None:
    said = live(client, company, seats="12").one(id="license_seats_helptext")
    assert (said["hx-swap-oob"], said.text) == ("innerHTML", "At least 3: that many seats are used.")


def test_r13_a_downgrade_lists_every_blocker_with_its_count_and_what_settles_it(
    client: Client, company: Company
) -> None:
    page = live(client, company, tier="standard")
    assert [(link.text, link["href"]) for link in page.all("a")] == [
        ("2 Advanced policies are on", url(company, "#policies")),
        ("1 connector exists", url(company, "#connectors")),
    ]
    assert obstacles(page) == [
        ("policy:backup_all", "Switch off Backup all business items"),
        ("policy:password_auditing", "Switch off Password auditing"),
        (f"connector:{connector_of(company).pk}", "Remove Head office"),
    ]
    assert page.all("ul")[0].all("li")[0].text == (
        "Backup all business items "
        "Switching this off deletes the backups of all business items. This cannot be undone. "
        "Switch off Backup all business items"
    )
    assert page.one("strong").text == "\N{MINUS SIGN}30.00 EUR a month"
    assert page.one(id="license-summary").text == (
        "The company cannot go to Standard yet: 2 Advanced policies are on; 1 connector exists."
    )


def test_r12_an_upgrade_meets_no_blocker(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=10)
    page = live(client, company, tier="advanced")
    assert (obstacles(page), page.all("a"), page.one("strong").text) == ([], [], "+30.00 EUR a month")


def test_a_downgrade_that_nothing_stops_says_so(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=10, tier=Tier.ADVANCED)
    page = live(client, company, tier="standard")
    assert "Nothing stands in the way of Standard." in page.text
    assert obstacles(page) == []


def test_what_somebody_else_saved_meanwhile_is_said_at_once(client: Client, company: Company) -> None:
    change_license(company, seats=20, tier=Tier.ADVANCED, seen=1, by=None)
    said = (
        "Somebody changed this license meanwhile: it is now 20 seats on Advanced. Look at the change, then save again "
        "if you still want yours."
    )
    page = live(client, company, seats="12")
    assert (page.one(class_="hint hint-warning").text, page.one(id="license-summary").text) == (said, said)
    assert page.rows[0] == ["Seats", "20", "12"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_r13_settling_a_policy_asks_first_and_carries_what_was_typed(
    client: Client, company: Company, headers: dict[str, str]
) -> None:
    """The same dialog as on the Settings tab, with its warning; both ways out lead back to the planner."""
    with nothing_changes(company):
        response = client.post(url(company), TYPED | {"settle": "policy:backup_all"}, headers=headers)
    dialog = Page(response).one("dialog")
    assert (response.status_code, dialog.one("h2").text) == (200, "Switch off: Backup all business items")
    assert dialog.one(class_="hint hint-warning").text == (
        "Switching this off deletes the backups of all business items. This cannot be undone."
    )
    assert dialog.texts("button") == ["Cancel", "Switch off and delete backups"]
    confirm, back = dialog.all("form")
    assert (confirm["action"], carried(confirm)) == (
        url(company, "policies/backup_all/off/"),
        TYPED | {"plan": "policy:backup_all", "confirmed": "1"},
    )
    assert (back["id"], back["action"]) == ("dialog-back", url(company))
    assert carried(back) == TYPED | {"plan": "policy:backup_all"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_r13_a_settled_policy_leads_back_to_the_planner_with_what_was_typed(
    client: Client, company: Company, headers: dict[str, str]
) -> None:
    settle = TYPED | {"plan": "policy:backup_all", "confirmed": "1"}
    response = client.post(url(company, "policies/backup_all/off/"), settle, headers=headers)
    page = Page(response)
    assert (response.status_code, still_on(company)) == (200, ["password_auditing"])
    assert page.one("dialog").one("h2").text == "Edit license"
    assert {name: page.value(name) for name in ("seats", "tier", "reason", "seen")} == {
        name: TYPED[name] for name in ("seats", "tier", "reason", "seen")
    }
    assert page.one(id="license-settled").text == "Backup all business items is off."
    assert [value for value, _text in obstacles(page)] == [
        "policy:password_auditing",
        f"connector:{connector_of(company).pk}",
    ]
    [focused] = [button for button in page.all("button") if "autofocus" in button.attributes]
    assert (focused["value"], focused["aria-describedby"]) == ("policy:password_auditing", "license-settled")


def test_r13_backup_is_not_switched_off_from_the_planner_without_its_confirmation(
    client: Client, company: Company
) -> None:
    with nothing_changes(company):
        response = client.post(url(company, "policies/backup_all/off/"), TYPED | {"plan": "policy:backup_all"})
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == (
        "Switching this off deletes the backups of all business items. Confirm that this is what you want."
    )
    assert carried(page.one(id="dialog-back")) == TYPED | {"plan": "policy:backup_all"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_r13_the_last_connector_is_removed_from_the_planner_and_save_is_next(
    client: Client, admin: Account, headers: dict[str, str]
) -> None:
    company = make_company(admin.partner, seats=10, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Head office")
    value = f"connector:{connector.pk}"
    with nothing_changes(company):
        dialog = Page(client.post(url(company), TYPED | {"settle": value}, headers=headers)).one("dialog")
    assert dialog.one("h2").text == "Remove Head office"
    confirm = dialog.all("form")[0]
    assert carried(confirm) == TYPED | {"plan": value}
    page = Page(client.post(confirm["action"], carried(confirm), headers=headers))
    assert page.one(id="license-settled").text == "The connector Head office was removed."
    assert "Nothing stands in the way of Standard." in page.text
    [focused] = [button for button in page.all("button") if "autofocus" in button.attributes]
    assert focused.text == "Save"
    sent = {name: page.value(name) for name in ("seats", "tier", "reason", "seen")}
    assert client.post(url(company), sent).status_code == 302
    company.refresh_from_db()
    assert (company.seats, company.tier) == (12, Tier.STANDARD)


def test_r7_removing_a_connector_tells_who_came_in_and_keeps_the_tick(client: Client, admin: Account) -> None:
    """Those of the removed connector ask for no approval any more: the line fills at once."""
    company = make_company(admin.partner, seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Directory", asks_approval=True)
    add_arrivals(connector, 4)
    choose_auto_fill(company, on=True, by=None)
    assert numbers(company) == (3, 1, 4)
    typed = {"seats": "5", "tier": "advanced", "reason": "", "seen": "1", "approve": "on"}
    value = f"connector:{connector.pk}"
    page = Page(client.post(url(company, f"connectors/{connector.pk}/remove/"), typed | {"plan": value}))
    assert numbers(company) == (3, 3, 2)
    assert page.one(id="license-settled").texts("p") == [
        "The connector Directory was removed.",
        "2 users came in from the waiting line.",
    ]
    assert page.rows[:3] == [["Seats", "3", "5"], ["Used", "3", "5"], ["Available", "0", "0"]]
    assert (page.value("seats"), len(page.one(id="license-line").all("li"))) == ("5", 2)


def test_a_tick_is_kept_on_the_way_back(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    typed = {"seats": "4", "tier": "advanced", "reason": "", "seen": "1", "approve": "on"}
    for sent, is_ticked in ((typed, True), ({name: typed[name] for name in typed if name != "approve"}, False)):
        page = Page(client.post(url(company), sent | {"plan": "policy:backup_all"}))
        assert ("checked" in page.input("approve").attributes) is is_ticked
        assert page.rows[1] == ["Used", "2", "4" if is_ticked else "2"]


def test_the_way_back_without_settling_puts_the_focus_where_it_was(client: Client, company: Company) -> None:
    with nothing_changes(company):
        page = Page(client.post(url(company), TYPED | {"plan": "policy:password_auditing"}))
    assert page.all(id="license-settled") == []
    [focused] = [button for button in page.all("button") if "autofocus" in button.attributes]
    assert focused["value"] == "policy:password_auditing"
    assert (page.value("seats"), page.value("reason")) == ("12", "Okta ended")


def test_nonsense_that_was_typed_comes_back_as_it_was(client: Client, company: Company) -> None:
    typed = TYPED | {"seats": "many", "reason": "x" * 600, "plan": "policy:password_auditing", "confirmed": "1"}
    page = Page(client.post(url(company, "policies/password_auditing/off/"), typed))
    assert (page.value("seats"), page.value("reason")) == ("many", "x" * 600)
    assert (page.all(role="alert"), page.errors("seats")) == ([], [])
    assert page.one(id="license_seats_helptext").text == "Enter a whole number of seats from 1 to 1000000."


def test_a_blocker_that_somebody_else_settled_leads_back_too(client: Client, company: Company) -> None:
    connector = connector_of(company)
    client.post(url(company, f"connectors/{connector.pk}/remove/"))
    page = Page(client.post(url(company), TYPED | {"settle": f"connector:{connector.pk}"}))
    assert page.one(id="license-settled").text == "This connector was removed already."
    assert page.value("seats") == "12"


@pytest.mark.parametrize(
    "settle", ["", "policy", "policy:teleport", "connector:", "connector:x", "connector:" + "9" * 30, "user:1"]
)
def test_what_is_no_blocker_is_a_404(client: Client, company: Company, settle: str) -> None:
    with nothing_changes(company):
        assert client.post(url(company), TYPED | {"settle": settle}).status_code == 404


def test_r23_another_companys_connector_is_a_404(client: Client, company: Company, admin: Account) -> None:
    other = make_connector(make_company(admin.partner, tier=Tier.ADVANCED))
    with nothing_changes(company):
        response = client.post(url(company), TYPED | {"settle": f"connector:{other.pk}"})
    assert response.status_code == 404


def test_htmx_renews_the_cards_below_where_the_settings_tab_is_open(client: Client, company: Company) -> None:
    settle = TYPED | {"plan": "policy:password_auditing", "confirmed": "1"}
    off = url(company, "policies/password_auditing/off/")
    here = HTMX | {"HX-Current-URL": f"http://testserver{url(company, '')}"}
    page = Page(client.post(off, settle, headers=here))
    cards = [card["id"] for card in page.all("section") if "hx-swap-oob" in card.attributes]
    assert cards == ["license", "policies", "connectors"]
    assert page.one(id="policies").all("button", id="policy-password_auditing-switch")[0].text.startswith("Switch on")
    elsewhere = HTMX | {"HX-Current-URL": f"http://testserver{url(company)}"}
    assert Page(client.post(off, settle, headers=elsewhere)).all(id="policies") == []


def test_r24_a_technician_who_makes_up_a_plan_is_shown_no_license(client: Client, company: Company) -> None:
    """The policy is switched off, as the role may; it leads to the Settings tab."""
    client.force_login(make_colleague(Role.TECHNICIAN, company))
    settle = TYPED | {"plan": "policy:password_auditing", "confirmed": "1"}
    response: Any = client.post(url(company, "policies/password_auditing/off/"), settle)
    assert (response.status_code, response["Location"]) == (302, url(company, "#policies"))
    assert still_on(company) == ["backup_all"]


def test_enter_saves_whatever_buttons_the_plan_shows(client: Client, company: Company) -> None:
    """A browser presses the first submit button of the form: it has no name, and so asks for nothing but the save."""
    page = Page(client.post(url(company), TYPED | {"plan": "policy:backup_all"}))
    first = next(button for button in page.one("dialog").all("button") if button.attributes.get("type") == "submit")
    assert (first["tabindex"], first["aria-hidden"], "name" in first.attributes) == ("-1", "true", False)
