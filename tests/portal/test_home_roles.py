"""Home: what each role finds there (R24), whose rows are never counted (R23), and at what price in queries."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from licensing.pools import change_license
from tests.factories import (
    add_people,
    give,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_held,
    make_partner,
    view_as,
)
from tests.page import Page
from tests.portal.home_page import CARDS, card, home, rows, stats
from users.accounts.enums import Role
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def full(partner: Partner) -> Company:
    """Three people wait; its connector has never been used."""
    return make_company(partner, name="Adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)


@pytest.fixture
def spare(partner: Partner) -> Company:
    """18 of 20 Standard seats are unused, for 4 each."""
    return make_company(partner, name="Wingtip", seats=20, used=2)


@pytest.fixture
def between(partner: Partner) -> Company:
    """Neither nearly full nor over-provided."""
    return make_company(partner, name="Fabrikam", seats=6, used=4)


# Roles


@pytest.mark.parametrize(
    ("role", "cards", "shows_money", "adds"),
    [
        (Role.ADMIN, CARDS, True, True),
        (Role.TECHNICIAN, CARDS, False, False),
        (Role.BILLING, {"nearly-full", "over-provided", "latest"}, True, False),
        (Role.READ_ONLY, CARDS, False, False),
    ],
)
def test_r24_each_role_finds_what_it_may_see(
    client: Client, full: Company, spare: Company, role: Role, cards: set[str], shows_money: bool, adds: bool
) -> None:
    waiting = User.objects.of_company(full).in_line()[0]
    make_held(make_connector(full, name="Head office"))
    page = home(client, role, full, spare)
    assert {section["id"] for section in page.one("main").all("section")} == cards
    assert ("EUR" in page.text, "Add company" in page.texts("button")) == (shows_money, adds)
    assert (waiting.full_name in page.text, "Head office" in page.text) == (role != Role.BILLING,) * 2
    deciding = [text for text in page.texts("a") if text in {"Confirm or reject", "See whom it is about"}]
    expected = {Role.ADMIN: ["Confirm or reject"], Role.BILLING: []}
    assert deciding == expected.get(role, ["See whom it is about"])
    assert stats(page) == ["22", "4", "18", "4"]
    links = {each["href"] for each in page.one("main").all("a")}
    assert {address: client.get(address).status_code for address in links} == dict.fromkeys(links, 200)


def test_r24_billing_reads_of_licenses_alone(client: Client, full: Company) -> None:
    page = home(client, Role.BILLING, full)
    assert card(page, "latest").one("h2").text == "Recent changes of licenses"
    change_license(full, seats=3, tier=Tier.ADVANCED, seen=None, by=None)
    assert card(Page(client.get("/")), "latest").texts("p", class_="home-act") == ["Seats changed from 2 to 3"]


def test_r24_billing_has_no_filter_for_connectors(client: Client, full: Company, spare: Company) -> None:
    make_held(make_connector(full))
    client.force_login(make_colleague(Role.BILLING, full))
    page = Page(client.get("/companies/?trouble=on"))
    assert [row[0] for row in page.rows] == ["Adventure Works", "Wingtip"]
    assert page.all("input", name="trouble") == []


def test_r24_a_technician_counts_given_companies_alone(
    client: Client, full: Company, spare: Company, between: Company
) -> None:
    make_held(make_connector(full, name="Head office"))
    page = home(client, Role.TECHNICIAN, spare, between)
    assert stats(page) == ["26", "6", "20", "0"]
    assert page.texts("dd", class_="stat-more")[0] == "in 2 companies"
    assert {section["id"] for section in page.one("main").all("section")} == CARDS - {"trouble"}
    assert rows(page, "nearly-full") == []
    assert rows(page, "over-provided") == ["Wingtip 2 of 20 used 18 available"]
    assert "Adventure Works" not in page.text
    assert [row[0] for row in Page(client.get("/companies/?trouble=on")).rows] == []


def test_r25_a_visit_of_support_reads_what_an_admin_reads_and_is_offered_nothing(
    client: Client, full: Company, spare: Company
) -> None:
    make_held(make_connector(full))
    view_as(client, full.partner)
    page = Page(client.get("/"))
    assert stats(page) == ["22", "4", "18", "4"]
    assert {section["id"] for section in page.one("main").all("section")} == CARDS
    assert page.one("main").all("button") == []
    assert "See whom it is about" in page.texts("a")


# Isolation


def test_r23_and_r2_another_partners_rows_and_closed_companies_are_never_counted(
    client: Client, partner: Partner, between: Company
) -> None:
    foreign = make_company(name="Foreign", seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    make_held(make_connector(foreign))
    make_company(foreign.partner, name="Foreign too", seats=40)
    closed = make_company(partner, name="Closed", seats=30)
    close_company(closed, typed_name="Closed", by=None)
    page = home(client, Role.ADMIN, between)
    assert stats(page) == ["6", "4", "2", "0"]
    assert {section["id"] for section in page.one("main").all("section")} == CARDS - {"trouble"}
    assert [rows(page, name) for name in ("nearly-full", "over-provided", "waiting")] == [[], [], []]
    assert card(page, "latest").texts("p", class_="home-act") == [
        row[1] for row in Page(client.get(f"/companies/{between.pk}/activity/")).rows
    ]
    assert ("Foreign" in page.text, "Closed" in page.text) == (False, False)


# Nothing there


@pytest.mark.parametrize(
    ("role", "title", "buttons"),
    [
        (Role.ADMIN, "Start with your first company", ["Add company"]),
        (Role.TECHNICIAN, "No company was given to you yet.", []),
        (Role.BILLING, "There are no companies yet.", []),
        (Role.READ_ONLY, "There are no companies yet.", []),
    ],
)
def test_a_new_partner_is_shown_where_to_start(
    client: Client, partner: Partner, role: Role, title: str, buttons: list[str]
) -> None:
    client.force_login(make_account(partner, role=role))
    main = Page(client.get("/")).one("main")
    assert (main.texts("h2"), main.texts("button")) == ([title], buttons)
    assert [form["action"] for form in main.all("form")] == ["/companies/add/"] * len(buttons)
    assert main.all("dl") == []


def test_r24_a_technician_without_companies_learns_of_none(client: Client, full: Company) -> None:
    client.force_login(make_account(full.partner, role=Role.TECHNICIAN))
    page = Page(client.get("/"))
    assert page.one("main").texts("h2") == ["No company was given to you yet."]
    assert "Adventure Works" not in page.text


def test_names_are_shown_as_text(client: Client, partner: Partner) -> None:
    company = make_company(partner, name="<b>Bold</b> & Söhne", seats=1)
    assert rows(home(client, Role.ADMIN, company), "nearly-full") == ["<b>Bold</b> & Söhne 1 of 1 used 0 available"]


# The price


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("role", "queries"), [(Role.ADMIN, 9), (Role.TECHNICIAN, 8), (Role.BILLING, 5)])
def test_few_queries_whatever_the_size(
    client: Client,
    partner: Partner,
    django_assert_num_queries: DjangoAssertNumQueries,
    role: Role,
    queries: int,
    count: int,
) -> None:
    """Session, account, numbers, companies, events; for whom it is, those in line, connectors and people in events; and
    of an Admin, who of support views the portal."""
    account = make_account(partner, role=role)
    for _ in range(count):
        company = make_company(partner, seats=2, used=2, pending=2, tier=Tier.ADVANCED)
        make_held(make_connector(company))
        add_people(make_company(partner, seats=9), 1)
        give(account, company)
    client.force_login(account)
    with django_assert_num_queries(queries):
        page = Page(client.get("/"))
    assert page.one("dl", class_="stats").one("a", id="stat-seats-number").text == str(
        count * (2 if role == Role.TECHNICIAN else 11)
    )
