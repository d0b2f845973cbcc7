"""The pencil: the dialog "Edit license", what it shows, what it refuses, and what it keeps (R10 to R13, R16)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.ledger import entries_of
from licensing.pools import change_license
from licensing.rejections import reject_users
from tests.factories import add_arrivals, make_account, make_colleague, make_company, make_connector, switch_policy_on
from tests.facts import history, nothing_changes, numbers
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.enums import Withdrawal
from users.models import User
from users.withdrawals import withdraw

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
        (
            "2 Advanced policies are on: Backup all business items, Password auditing",
            f"{settings_url(company)}#policies",
        ),
        ("1 connector exists: Head office", f"{settings_url(company)}#connectors"),
    ]
    assert dialog.texts("button") == ["Cancel", "Save"]
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
    assert len(page.all("li")) == 2
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


@pytest.fixture
def crowded(admin: Account) -> Company:
    """Full, with 3 people in the waiting line."""
    return make_company(admin.partner, name="Adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)


def in_line(company: Company) -> list[str]:
    return [f"{user.full_name} {user.email}" for user in User.objects.of_company(company).in_line()]


def typed(client: Client, company: Company, **query: str) -> Page:
    """What htmx asks for while a number of seats is typed."""
    response = client.get(url(company), query, headers={"HX-Request": "true", "HX-Target": "license-line"})
    assert response.status_code == 200
    return Page(response)


def test_r7_the_dialog_says_that_people_wait_and_names_nobody_before_there_are_more_seats(
    client: Client, crowded: Company
) -> None:
    line = Page(client.get(url(crowded))).one(id="license-line")
    assert line.text == "3 people wait in line. Enter more seats to see who comes in."
    assert (line["hx-get"], line["hx-include"]) == (url(crowded), "#license_seats, #license_approve")


def test_r7_nothing_is_said_where_nobody_waits(client: Client, company: Company) -> None:
    page = Page(client.get(url(company)))
    assert page.all(id="license-line") == []
    assert page.all(name="approve") == []
    assert typed(client, company, seats="20").text == ""


@pytest.mark.parametrize(
    ("seats", "count", "text"),
    [
        ("3", 1, "1 more seat: this person comes in if you approve now:"),
        (" 4 ", 2, "2 more seats: these 2 people come in if you approve now:"),
        ("5", 3, "3 more seats: these 3 people come in if you approve now:"),
        ("99", 3, "97 more seats: these 3 people come in if you approve now:"),
    ],
)
def test_r7_typing_shows_who_comes_in_in_the_order_of_the_line(
    client: Client, crowded: Company, seats: str, count: int, text: str
) -> None:
    page = typed(client, crowded, seats=seats)
    assert (page.one("p").text, page.texts("li")) == (text, in_line(crowded)[:count])
    assert "checked" not in page.one("input", name="approve").attributes
    assert page.one("label").text == "Approve them now"


@pytest.mark.parametrize("seats", ["", "2", "1", "0", "-5", "many", "1000001", "9" * 5000])
def test_r7_no_more_seats_and_nonsense_name_nobody(client: Client, crowded: Company, seats: str) -> None:
    page = typed(client, crowded, seats=seats)
    assert page.text == "3 people wait in line. Enter more seats to see who comes in."
    assert page.all("input") == []


def test_r7_a_tick_stays_while_typing_goes_on(client: Client, crowded: Company) -> None:
    assert "checked" in typed(client, crowded, seats="4", approve="on").one("input", name="approve").attributes


def test_r7_ten_are_named_and_the_rest_is_counted(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=13, tier=Tier.ADVANCED)
    page = typed(client, company, seats="13")
    assert page.texts("li") == in_line(company)[:10]
    assert page.texts("p") == ["12 more seats: these 12 people come in if you approve now:", "and 2 more"]


def test_r7_seats_that_were_available_before_count_too(client: Client, crowded: Company) -> None:
    """They waited for an approval, not for a seat."""
    change_license(crowded, seats=4, tier=Tier.ADVANCED, seen=None, by=None)
    assert typed(client, crowded, seats="4").texts("li") == []
    assert typed(client, crowded, seats="5").one("p").text == "1 more seat: these 3 people come in if you approve now:"


def test_r7_automatic_filling_says_that_they_come_in_by_themselves(client: Client, crowded: Company) -> None:
    choose_auto_fill(crowded, on=True, by=None)
    page = typed(client, crowded, seats="4")
    assert page.one("p").text == "2 more seats: these 2 people come in by themselves, from the waiting line:"
    assert (page.texts("li"), page.all("input")) == (in_line(crowded)[:2], [])


def test_r7_automatic_filling_leaves_those_whose_connector_asks_for_approval(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company, asks_approval=True), 2)
    add_arrivals(make_connector(company), 1)
    choose_auto_fill(company, on=True, by=None)
    ann, _bob, cy = in_line(company)
    page = typed(client, company, seats="3")
    assert page.texts("p") == [
        "2 more seats: this person comes in by itself, from the waiting line:",
        "This person, whose connector asks for approval, comes in if you approve now:",
    ]
    assert page.texts("li") == [cy, ann]
    page = typed(client, company, seats="2")
    assert (page.texts("li"), page.all("input")) == ([cy], [])


def test_r20_whoever_is_inactive_in_the_directory_is_not_named(client: Client, crowded: Company) -> None:
    first = User.objects.of_company(crowded).in_line()[0]
    assert first.connector is not None
    withdraw(first, how=Withdrawal.DISABLE, by=first.connector)
    assert typed(client, crowded, seats="9").texts("li") == in_line(crowded)
    assert len(in_line(crowded)) == 2


def test_r7_r10_a_ticked_save_approves_them_and_says_so(client: Client, admin: Account, crowded: Company) -> None:
    people = list(User.objects.of_company(crowded).in_line())
    save(client, crowded, seats="4", approve="on", reason="Grew")
    assert numbers(crowded) == (4, 4, 1)
    assert history(people[0])[-1] == ("pending", "active", "portal")
    assert people[0].status_changes.latest("pk").by_account == admin
    assert Page(client.get(settings_url(crowded))).messages == [
        "License saved: 4 seats on Advanced.",
        "2 users were approved.",
    ]


def test_r7_a_save_without_the_tick_approves_nobody(client: Client, crowded: Company) -> None:
    save(client, crowded, seats="4")
    assert numbers(crowded) == (4, 2, 3)
    assert Page(client.get(settings_url(crowded))).messages == ["License saved: 4 seats on Advanced."]


def test_r7_a_stale_preview_approves_as_many_as_wait_by_then(client: Client, crowded: Company) -> None:
    """R7: two of the three who were named are gone; nobody is short of a seat, and the message has the true number."""
    assert len(typed(client, crowded, seats="5").texts("li")) == 3
    reject_users(crowded, users=[user.pk for user in User.objects.of_company(crowded).in_line()[:2]], by=None)
    save(client, crowded, seats="5", approve="on")
    assert numbers(crowded) == (5, 3, 0)
    assert Page(client.get(settings_url(crowded))).messages[-1] == "1 user was approved."


def test_r7_a_tick_that_meets_nobody_any_more_is_told(client: Client, crowded: Company) -> None:
    reject_users(crowded, users=[user.pk for user in User.objects.of_company(crowded).in_line()], by=None)
    save(client, crowded, seats="5", approve="on")
    assert Page(client.get(settings_url(crowded))).messages == [
        "License saved: 5 seats on Advanced.",
        "Nobody was approved: nobody was waiting any more, or no seat was available.",
    ]


def test_r10_a_refused_save_approves_nobody_and_keeps_the_tick(client: Client, crowded: Company) -> None:
    with nothing_changes(crowded):
        response = save(client, crowded, seats="4", tier="standard", approve="on")
    page = Page(response)
    assert response.status_code == 422
    assert "checked" in page.one("input", name="approve").attributes
    assert page.one(id="license-line").texts("li") == in_line(crowded)[:2]


def test_r7_without_javascript_a_button_shows_who_comes_in_and_saves_nothing(client: Client, crowded: Company) -> None:
    page = Page(client.get(url(crowded)))
    assert page.one("noscript").one("button", name="preview").text == "Show who comes in"
    with nothing_changes(crowded):
        response = save(client, crowded, seats="4", reason="Grew", preview="yes")
    page = Page(response)
    assert (response.status_code, page.all(role="alert")) == (200, [])
    assert (page.value("seats"), page.value("reason"), page.value("seen")) == ("4", "Grew", "1")
    assert page.one(id="license-line").texts("li") == in_line(crowded)[:2]


@pytest.mark.parametrize("pending", [1, 3])
def test_looking_at_who_comes_in_costs_the_same_few_queries(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, pending: int
) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=pending, tier=Tier.ADVANCED)
    with django_assert_num_queries(6):
        assert len(typed(client, company, seats="9").texts("li")) == pending
