"""Home: the exact numbers, to which list each leads, and what is told of people, connectors and acts."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from companies.access import companies_for
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.pools import change_license
from tests.factories import (
    add_arrivals,
    make_account,
    make_company,
    make_connector,
    make_held,
    make_partner,
    switch_policy_on,
)
from tests.page import Page
from tests.portal.home_page import card, go_silent, home, link, refuse, rows, stats
from users.accounts.enums import Role
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.queries import State, health, in_trouble
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


# Numbers, and the lists to which they lead


def test_the_four_numbers_are_over_all_companies(
    client: Client, full: Company, spare: Company, between: Company
) -> None:
    page = home(client, Role.ADMIN, full)
    assert page.texts("h1") == ["Home"]
    assert stats(page) == ["28", "8", "20", "3"]
    assert page.texts("dd", class_="stat-more") == ["in 3 companies", "", "seats that nobody holds", "in 1 company"]
    assert page.one("nav", aria_label="Main").one("a", aria_current="true").text == "Home"


def test_every_number_leads_to_a_list_with_as_many(
    client: Client, full: Company, spare: Company, between: Company
) -> None:
    """The totals of the list are Seats, Used, Available and Pending too; a card's number is that of its rows."""
    make_held(make_connector(full))
    page = home(client, Role.ADMIN, full)
    for which, (number, shown) in enumerate(zip(stats(page), page.one("dl", class_="stats").all("a"), strict=True)):
        listed = Page(client.get(shown["href"])).one(id="totals").texts("dd")
        assert listed[1 + which] == number
    expected = {"nearly-full": ["Adventure Works"], "over-provided": ["Wingtip"], "trouble": ["Adventure Works"]}
    for name, companies in expected.items():
        all_of_them = Page(client.get(link(card(page, name), "Show 1")))
        assert [row[0] for row in all_of_them.rows] == companies
    waiting = Page(client.get(link(card(page, "waiting"), "Show all 4")))
    assert [row[0] for row in waiting.rows] == ["Adventure Works"]
    assert waiting.one(id="totals").texts("dd")[-1] == "4"


def test_where_the_links_of_the_page_lead_is_there(client: Client, full: Company, spare: Company) -> None:
    connector = make_connector(full)
    make_held(connector)
    refuse(connector, 2)
    page = home(client, Role.ADMIN, full)
    links = {each["href"] for each in page.one("main").all("a")}
    assert len(links) > 10
    assert {address: client.get(address).status_code for address in links} == dict.fromkeys(links, 200)


def test_a_link_keeps_to_filters_that_the_list_knows(client: Client, full: Company, spare: Company) -> None:
    """A filter of another name would be passed over, and the list would show all."""
    make_held(make_connector(full))
    page = home(client, Role.ADMIN, full)
    known = {field["name"] for field in Page(client.get("/companies/")).one(id="companies-filter").all("input")}
    asked = {name for each in page.all("a") for name in parse_qs(urlsplit(each["href"]).query) if "?" in each["href"]}
    assert asked - {"status", "sort"} == {"nearly_full", "over_provided", "trouble", "waiting"} & known


@pytest.mark.parametrize(
    ("seats", "used", "is_nearly_full"),
    [(10, 10, True), (10, 9, True), (10, 8, False), (19, 18, True), (19, 17, False), (20, 18, True), (1, 1, True)],
)
def test_nearly_full_is_at_most_a_tenth_available(
    client: Client, partner: Partner, seats: int, used: int, is_nearly_full: bool
) -> None:
    company = make_company(partner, seats=seats, used=used)
    page = home(client, Role.ADMIN, company)
    assert bool(card(page, "nearly-full").all("li")) == is_nearly_full
    listed = Page(client.get("/companies/?nearly_full=on"))
    assert [row[0] for row in listed.rows] == [company.name] * is_nearly_full


def test_nearly_full_shows_what_lacks_most_first(client: Client, partner: Partner, full: Company) -> None:
    make_company(partner, name="B full", seats=3, used=3)
    make_company(partner, name="a full", seats=2, used=2)
    make_company(partner, name="Almost", seats=10, used=9)
    for number in range(2):
        make_company(partner, name=f"Large {number}", seats=20, used=18)
    page = home(client, Role.ADMIN, full)
    assert rows(page, "nearly-full") == [
        "Adventure Works 2 of 2 used 0 available 3 waiting",
        "a full 2 of 2 used 0 available",
        "B full 3 of 3 used 0 available",
        "Almost 9 of 10 used 1 available",
        "Large 0 18 of 20 used 2 available",
    ]
    assert link(card(page, "nearly-full"), "Show all 6") == "/companies/?nearly_full=on&sort=available"
    assert link(card(page, "nearly-full"), "Almost").endswith("/settings/")


@pytest.mark.parametrize(
    ("seats", "used", "is_over_provided"),
    [(20, 15, True), (20, 16, False), (21, 16, False), (6, 1, True), (5, 1, False), (100, 75, True), (100, 76, False)],
)
def test_over_provided_is_five_seats_and_a_quarter_available(
    client: Client, partner: Partner, seats: int, used: int, is_over_provided: bool
) -> None:
    company = make_company(partner, seats=seats, used=used)
    page = home(client, Role.ADMIN, company)
    assert bool(card(page, "over-provided").all("li")) == is_over_provided
    listed = Page(client.get("/companies/?over_provided=on"))
    assert [row[0] for row in listed.rows] == [company.name] * is_over_provided


def test_seats_for_which_somebody_waits_are_not_too_many(client: Client, partner: Partner) -> None:
    company = make_company(partner, seats=20, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company, asks_approval=True), 1)
    assert rows(home(client, Role.ADMIN, company), "over-provided") == []
    assert Page(client.get("/companies/?over_provided=on")).rows == []


def test_over_provided_companies_come_with_what_they_cost_a_month(
    client: Client, partner: Partner, spare: Company
) -> None:
    """R15: seats assigned are paid for, used or not: 4 for a Standard seat, 7 for an Advanced one."""
    make_company(partner, name="Proseware", seats=310, used=4, tier=Tier.ADVANCED)
    page = home(client, Role.BILLING, spare)
    assert rows(page, "over-provided") == [
        "Proseware 4 of 310 used 306 available 2,142.00 EUR a month",
        "Wingtip 2 of 20 used 18 available 72.00 EUR a month",
    ]
    assert "In all 324 seats for 2,214.00 EUR a month." in card(page, "over-provided").text


def test_without_prices_nothing_is_said_of_money(client: Client, partner: Partner, spare: Company) -> None:
    Partner.objects.filter(pk=partner.pk).update(price_standard=0, price_advanced=0)
    assert "EUR" not in home(client, Role.ADMIN, spare).text


# People


def test_whoever_waits_longest_comes_first_across_companies(client: Client, partner: Partner, full: Company) -> None:
    other = make_company(partner, name="Woodgrove", seats=1, pending=4, tier=Tier.ADVANCED)
    first, second = User.objects.of_company(other).in_line()[:2]
    User.objects.filter(pk=first.pk).update(since=timezone.now() - dt.timedelta(days=40))
    User.objects.filter(pk=second.pk).update(since=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
    page = home(client, Role.READ_ONLY, full)
    assert rows(page, "waiting")[0] == f"{second.full_name} Woodgrove since March 1, 2026"
    names = card(page, "waiting").texts("a", class_="home-name")
    rest = User.objects.filter(partner=partner).in_line().exclude(pk__in=[first.pk, second.pk]).order_by("since", "pk")
    assert names == [second.full_name, first.full_name, *(user.full_name for user in rest[:3])]
    assert link(card(page, "waiting"), second.full_name) == f"/companies/{other.pk}/users/{second.pk}/"


def test_nobody_waits(client: Client, spare: Company) -> None:
    page = home(client, Role.ADMIN, spare)
    assert card(page, "waiting").texts("p") == ["Nobody is waiting."]
    assert page.texts("dd", class_="stat-more")[-1] == "Nobody is waiting."
    assert card(page, "waiting").all("a") == []


def test_r20_those_inactive_in_their_directory_are_not_in_the_line(client: Client, full: Company) -> None:
    line = User.objects.of_company(full).in_line()
    last = line.last()
    assert last is not None
    line.exclude(pk=last.pk).update(is_inactive_in_directory=True, arrival=None)
    page = home(client, Role.ADMIN, full)
    assert card(page, "waiting").texts("a", class_="home-name") == [last.full_name]
    User.objects.filter(pk=last.pk).update(is_inactive_in_directory=True, arrival=None)
    assert card(Page(client.get("/")), "waiting").texts("p") == ["Everyone who waits is inactive in the directory."]


# Connectors


def test_connectors_in_trouble_say_why_and_held_changes_are_to_confirm(
    client: Client, partner: Partner, full: Company
) -> None:
    """R22: what is held comes first."""
    company = make_company(partner, name="Contoso", tier=Tier.ADVANCED)
    holding, refusing, silent = (make_connector(company, name=name) for name in ("Holding", "Refusing", "Silent"))
    make_held(holding)
    refuse(refusing, 2)
    go_silent(silent)
    page = home(client, Role.ADMIN, company)
    assert [text.split(" Since ")[0] for text in rows(page, "trouble")] == [
        "Holding Contoso 1 change is held until an Admin decides. Confirm or reject",
        "Refusing Contoso 2 people could not be brought in during the last run.",
        "Silent Contoso",
    ]
    assert rows(page, "trouble")[2].endswith("nothing was heard of the directory.")
    held = f"/companies/{company.pk}/settings/connectors/{holding.pk}/held/"
    assert link(card(page, "trouble"), "Confirm or reject") == held
    assert link(card(page, "trouble"), "Show all 3") == "/companies/?trouble=on"
    assert [row[0] for row in Page(client.get("/companies/?trouble=on")).rows] == ["Contoso"]


def test_no_trouble_no_card(client: Client, full: Company) -> None:
    assert home(client, Role.ADMIN, full).all("section", id="trouble") == []


def test_trouble_is_what_the_connectors_own_page_calls_so(partner: Partner) -> None:
    """In whatever state: the quick look at all connectors leaves none out and adds none."""
    company = make_company(partner, tier=Tier.ADVANCED, seats=50)
    kinds = (ConnectorKind.ENTRA_ID, ConnectorKind.OKTA)
    connectors = [
        make_connector(company, kind=kind, name=f"{kind} {situation}") for kind in kinds for situation in range(16)
    ]
    for number, connector in enumerate(connectors):
        if number & 1:
            make_held(connector)
        if number & 2:
            refuse(connector, 1)
        if number & 4:
            go_silent(connector)
        if number & 8:
            Connector.objects.filter(pk=connector.pk).update(paused_at=timezone.now())
    ours = companies_for(make_account(partner))
    expected = {connector.pk for connector in connectors if health(connector).state == State.TROUBLE}
    assert {each.connector.pk for each in in_trouble(ours)} == expected
    assert len(expected) == 13


# What was done


def test_recent_activity_is_told_as_on_the_activity_tab(client: Client, partner: Partner, between: Company) -> None:
    account = make_account(partner, name="Ada Admin")
    switch_policy_on(between, PolicyKey.TWO_FACTOR)
    for seats in range(7, 15):
        change_license(between, seats=seats, tier=Tier.STANDARD, seen=None, by=account)
    page = home(client, Role.ADMIN, between)
    told = card(page, "latest").texts("p", class_="home-act")
    tab = [row[1] for row in Page(client.get(f"/companies/{between.pk}/activity/")).rows]
    assert len(told) == 8
    assert told == tab[:8]
    assert told[0] == "Seats changed from 13 to 14"
    assert rows(page, "latest")[0].startswith("Seats changed from 13 to 14 Fabrikam Ada Admin ")
    assert link(card(page, "latest"), "Show all") == "/audit/"


def test_times_are_in_the_partners_time_zone(client: Client, partner: Partner, between: Company) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="Pacific/Auckland")
    page = home(client, Role.ADMIN, between)
    assert card(page, "latest").texts("p")[-1] == "Times are in the time zone Pacific/Auckland."
    assert card(page, "latest").all("time")[0]["datetime"][-6:] in {"+12:00", "+13:00"}
