"""The pencil: the dialog "Edit license", what it shows, what it refuses, and what it keeps (R10 to R13, R16)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format

from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.ledger import entries_of
from licensing.pools import change_license
from tests.factories import make_account, make_colleague, make_company, make_connector, switch_policy_on
from tests.facts import nothing_changes, numbers
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


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


def url(company: Company) -> str:
    return f"/companies/{company.pk}/settings/license/"


def settings_url(company: Company) -> str:
    return f"/companies/{company.pk}/settings/"


def save(client: Client, company: Company, *, headers: dict[str, str] | None = None, **typed: Any) -> Any:
    """Open the dialog, type over what stands in it, save."""
    dialog = Page(client.get(url(company)))
    standing = {name: dialog.value(name) for name in ("seats", "tier", "reason", "seen")}
    return client.post(url(company), standing | typed, headers=headers)


def test_opens_with_what_stands_and_shows_floor_and_blockers(client: Client, company: Company) -> None:
    """R11, R13: the floor is the number of seat holders; the blockers show before anything is saved."""
    dialog = Page(client.get(url(company))).one("dialog")
    page = Page(client.get(url(company)))
    assert dialog.one("h2").text == "Edit license"
    assert (page.value("seats"), page.value("tier"), page.value("seen")) == ("10", "advanced", "1")
    assert page.input("tier").texts("option") == ["Standard", "Advanced"]
    assert "At least 3: that many seats are used." in dialog.text
    assert [(item.text, item.one("a")["href"]) for item in dialog.all("li")] == [
        ("2 Advanced policies are on", f"{settings_url(company)}#policies"),
        ("1 connector exists", f"{settings_url(company)}#connectors"),
    ]
    assert dialog.texts("button") == ["", "Show what this changes", "Cancel", "Save"]
    assert all("disabled" not in button.attributes for button in dialog.all("button"))
    assert "novalidate" in dialog.one("form", method="post").attributes


def test_htmx_gets_the_dialog_alone(client: Client, company: Company) -> None:
    page = Page(client.get(url(company), headers=HTMX))
    assert [tag.name for tag in page.children if not isinstance(tag, str)] == ["dialog"]


def test_can_be_opened_with_the_upgrade_chosen(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    assert Page(client.get(url(company) + "?tier=advanced")).value("tier") == "advanced"
    assert Page(client.get(url(company) + "?tier=platinum")).value("tier") == "standard"


def test_r10_r16_saves_seats_and_tier_together_with_one_entry(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=10, used=2)
    response = save(client, company, seats=" 25 ", tier="advanced", reason="Grew")
    assert (response.status_code, response["Location"]) == (302, f"{settings_url(company)}#license")
    company.refresh_from_db()
    assert (company.seats, company.tier) == (25, "advanced")
    entry = entries_of(company)[0]
    assert (entry.number, entry.seats_from, entry.seats_to) == (2, 10, 25)
    assert (entry.tier_from, entry.tier_to) == ("standard", "advanced")
    assert (entry.by_account, entry.reason) == (admin, "Grew")
    page = Page(client.get(settings_url(company)))
    assert page.messages == ["License saved: 25 seats on Advanced."]
    assert page.one(id="license").one("strong").text == "2 of 25"


def test_htmx_shows_the_settings_tab_again(client: Client, company: Company) -> None:
    here = {"HX-Current-URL": f"http://testserver{settings_url(company)}"}
    response = save(client, company, seats="11", headers=HTMX | here)
    assert (response.status_code, response["HX-Refresh"]) == (200, "true")
    elsewhere = {"HX-Current-URL": f"http://testserver{url(company)}"}
    response = save(client, company, seats="12", headers=HTMX | elsewhere)
    assert (response.status_code, response["HX-Redirect"]) == (200, settings_url(company))


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Fill this in."),
        ("   ", "Fill this in."),
        ("0", "Enter a whole number of seats from 1 to 1000000."),
        ("-3", "Enter a whole number of seats from 1 to 1000000."),
        ("2.5", "Enter a whole number of seats from 1 to 1000000."),
        ("2,5", "Enter a whole number of seats from 1 to 1000000."),
        ("1e3", "Enter a whole number of seats from 1 to 1000000."),
        ("1000001", "Enter a whole number of seats from 1 to 1000000."),
        ("1000000000000", "Enter a whole number of seats from 1 to 1000000."),
        ("9" * 5000, "Enter a whole number of seats from 1 to 1000000."),
        ("many", "Enter a whole number of seats from 1 to 1000000."),
        ("\uff11\uff12", "Enter a whole number of seats from 1 to 1000000."),
        ("٤٢", "Enter a whole number of seats from 1 to 1000000."),
        ("<b>5</b>", "Enter a whole number of seats from 1 to 1000000."),
        ("5\x00", "Null characters are not allowed."),
    ],
    ids=lambda value: value[:12] or "empty",
)
def test_r1_nonsense_seats_are_answered_at_the_field_and_stay(
    client: Client, company: Company, typed: str, error: str
) -> None:
    with nothing_changes(company):
        response = save(client, company, seats=typed, reason="why")
    page = Page(response)
    assert response.status_code == 422
    assert page.errors("seats") == [error]
    assert (page.value("seats"), page.value("reason")) == (typed, "why")
    assert page.alert.text == "Nothing was saved. Correct the marked fields."


def test_an_unknown_tier_and_a_long_reason_are_answered_at_their_fields(client: Client, company: Company) -> None:
    with nothing_changes(company):
        page = Page(save(client, company, tier="platinum", reason="x" * 501))
    assert page.errors("tier") == ["Choose a tier."]
    assert page.errors("reason") == ["Use at most 500 characters; these are 501."]


def test_a_reason_that_cannot_be_shown_never_gets_into_the_ledger(client: Client, company: Company) -> None:
    with nothing_changes(company):
        page = Page(save(client, company, seats="12", reason="rang\x07"))
    assert page.errors("reason") == ["Take out the control characters."]


def test_r11_below_used_is_refused_with_the_numbers(client: Client, company: Company) -> None:
    with nothing_changes(company):
        response = save(client, company, seats="2")
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == (
        "2 seats are too few: 3 are used. Only unused seats can be taken away; remove users first."
    )
    assert page.value("seats") == "2"
    assert page.one(id="license_seats_helptext").text == "At least 3: that many seats are used."


def test_r13_a_blocked_downgrade_lists_every_blocker_once_and_keeps_both_numbers(
    client: Client, company: Company
) -> None:
    """R10: the seats, which alone would have been fine, are not saved either."""
    with nothing_changes(company):
        response = save(client, company, seats="12", tier="standard", headers=HTMX)
    page = Page(response)
    assert response.status_code == 422
    assert [(item.text, item.one("a")["href"]) for item in page.alert.all("li")] == [
        (
            "2 Advanced policies are on: Backup all business items, Password auditing",
            f"{settings_url(company)}#policies",
        ),
        ("1 connector exists: Head office", f"{settings_url(company)}#connectors"),
    ]
    assert page.text.count("The company cannot go to Standard yet") == 1
    assert (page.value("seats"), page.value("tier")) == ("12", "standard")


def test_the_second_of_two_admins_is_shown_what_the_first_saved(client: Client, company: Company) -> None:
    """R16: the number in the form moves on, so saving again is a knowing act."""
    first = make_account(company.partner, name="Bob Builder")
    Partner.objects.filter(pk=company.partner_id).update(time_zone="Asia/Tokyo")
    opened = Page(client.get(url(company)))
    change_license(company, seats=20, tier=Tier.ADVANCED, seen=1, by=first)
    with nothing_changes(company):
        response = client.post(
            url(company), {"seats": "15", "tier": "advanced", "seen": opened.value("seen"), "reason": "mine"}
        )
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.one("p").text == (
        "Somebody changed this license meanwhile: it is now 20 seats on Advanced. Look at the change, then save again "
        "if you still want yours."
    )
    [change] = page.alert.texts("li")
    at = entries_of(company).get(number=2).at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert change == f"Seats changed from 10 to 20 (Bob Builder, {date_format(at, 'DATETIME_FORMAT')})"
    assert (page.value("seats"), page.value("reason"), page.value("seen")) == ("15", "mine", "2")
    again = client.post(url(company), {name: page.value(name) for name in ("seats", "tier", "seen", "reason")})
    assert again.status_code == 302
    assert numbers(company) == (15, 3, 0)


def test_somebody_elses_newest_tier_is_told_too(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=10)
    change_license(company, seats=10, tier=Tier.ADVANCED, seen=1, by=None)
    change_license(company, seats=11, tier=Tier.STANDARD, seen=2, by=None)
    page = Page(client.post(url(company), {"seats": "12", "tier": "standard", "seen": "1"}))
    assert [item.split(" (the system, ")[0] for item in page.alert.texts("li")] == [
        "Seats changed from 10 to 11, tier from Advanced to Standard",
        "Tier changed from Standard to Advanced",
    ]


@pytest.mark.parametrize("seen", ["", "x", "-1", "99", "\uff19"])
def test_a_number_that_is_missing_or_made_up_never_overwrites(client: Client, company: Company, seen: str) -> None:
    with nothing_changes(company):
        response = client.post(url(company), {"seats": "15", "tier": "advanced", "seen": seen})
    assert response.status_code == 422
    assert Page(response).value("seen") == "1"


def test_a_double_click_saves_once_and_both_succeed(client: Client, company: Company) -> None:
    form = {"seats": "15", "tier": "advanced", "seen": "1"}
    assert [client.post(url(company), form).status_code for _ in range(2)] == [302, 302]
    assert [entry.number for entry in entries_of(company)] == [2, 1]


def test_saving_what_stands_writes_nothing(client: Client, company: Company) -> None:
    with nothing_changes(company):
        assert save(client, company).status_code == 302


def test_r7_more_seats_tell_who_came_in_from_the_waiting_line(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    client.post(f"{settings_url(company)}auto-fill/", {"on": "1"})
    save(client, company, seats="4")
    assert numbers(company) == (4, 4, 1)
    assert Page(client.get(settings_url(company))).messages[-2:] == [
        "License saved: 4 seats on Advanced.",
        "2 users came in from the waiting line.",
    ]


def test_one_seat_is_one_seat(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2)
    save(client, company, seats="1")
    assert Page(client.get(settings_url(company))).messages == ["License saved: 1 seat on Standard."]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_other_roles_see_no_pencil_and_get_a_403(client: Client, company: Company, role: Role) -> None:
    client.force_login(make_colleague(role, company))
    assert "Edit license" not in Page(client.get(settings_url(company))).texts("button")
    with nothing_changes(company):
        answers = [client.get(url(company)), client.post(url(company), {"seats": "9", "tier": "advanced", "seen": "1"})]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_r23_another_partners_company_does_not_exist(client: Client, company: Company) -> None:
    client.force_login(make_account())
    with nothing_changes(company):
        answers = [client.get(url(company)), client.post(url(company), {"seats": "9", "tier": "advanced", "seen": "1"})]
    assert [answer.status_code for answer in answers] == [404, 404]
