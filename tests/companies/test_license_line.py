"""Who would come in from the waiting line, in the dialog "Edit license", and who does with its save (R7, R10, R20)."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.ledger import newest_number
from licensing.pools import change_license
from licensing.rejections import reject_users
from tests.factories import add_arrivals, make_account, make_company, make_connector
from tests.facts import history, nothing_changes, numbers
from tests.page import Page, Tag
from users.accounts.models import Account
from users.enums import Withdrawal
from users.models import User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(name="Alice Admin")
    client.force_login(account)
    return account


def url(company: Company) -> str:
    return f"/companies/{company.pk}/settings/license/"


def settings_url(company: Company) -> str:
    return f"/companies/{company.pk}/settings/"


def save(client: Client, company: Company, *, headers: dict[str, str] | None = None, **typed: Any) -> Any:
    """Open the dialog, type over what stands in it, save."""
    dialog = Page(client.get(url(company)))
    standing = {name: dialog.value(name) for name in ("seats", "tier", "reason", "seen")}
    return client.post(url(company), standing | typed, headers=headers)


@pytest.fixture
def crowded(admin: Account) -> Company:
    """Full, with 3 people in the waiting line."""
    return make_company(admin.partner, name="Adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)


def in_line(company: Company) -> list[str]:
    return [f"{user.full_name} {user.email}" for user in User.objects.of_company(company).in_line()]


def typed(client: Client, company: Company, **query: str) -> Tag:
    """Who comes in, of what htmx asks for while a number of seats is typed."""
    seen = query.get("seen") or str(newest_number(company))
    query = {"tier": "advanced", "seen": seen} | query
    response = client.get(url(company), query, headers={"HX-Request": "true", "HX-Target": "license-plan"})
    assert response.status_code == 200
    return Page(response).one(id="license-line")


def test_r7_the_dialog_says_that_people_wait_and_names_nobody_before_there_are_more_seats(
    client: Client, crowded: Company
) -> None:
    line = Page(client.get(url(crowded))).one(id="license-line")
    assert line.text == "3 people wait in line. Enter more seats to see who comes in."


def test_r7_nothing_is_said_where_nobody_waits(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=10, used=3, tier=Tier.ADVANCED)
    page = Page(client.get(url(company)))
    assert page.all(id="license-line") == []
    assert page.all(name="approve") == []


@pytest.mark.parametrize(
    ("seats", "count", "text"),
    [
        ("3", 1, "This person comes in if you approve now:"),
        (" 4 ", 2, "These 2 people come in if you approve now:"),
        ("5", 3, "These 3 people come in if you approve now:"),
        ("99", 3, "These 3 people come in if you approve now:"),
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
    assert page.texts("p") == ["These 12 people come in if you approve now:", "and 2 more"]


def test_r7_seats_that_were_available_before_count_too(client: Client, crowded: Company) -> None:
    """They waited for an approval, not for a seat."""
    change_license(crowded, seats=4, tier=Tier.ADVANCED, seen=None, by=None)
    assert typed(client, crowded, seats="4").texts("li") == []
    assert typed(client, crowded, seats="5").one("p").text == "These 3 people come in if you approve now:"


def test_r7_automatic_filling_says_that_they_come_in_by_themselves(client: Client, crowded: Company) -> None:
    choose_auto_fill(crowded, on=True, by=None)
    page = typed(client, crowded, seats="4")
    assert page.one("p").text == "These 2 people come in by themselves, from the waiting line:"
    assert (page.texts("li"), page.all("input")) == (in_line(crowded)[:2], [])


def test_r7_automatic_filling_leaves_those_whose_connector_asks_for_approval(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company, asks_approval=True), 2)
    add_arrivals(make_connector(company), 1)
    choose_auto_fill(company, on=True, by=None)
    ann, _bob, cy = in_line(company)
    page = typed(client, company, seats="3")
    assert page.texts("p") == [
        "This person comes in by itself, from the waiting line:",
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
    assert page.one("noscript").one("button", name="preview").text == "Show what this changes"
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
    with django_assert_num_queries(9):
        assert len(typed(client, company, seats="9", seen="1").texts("li")) == pending
