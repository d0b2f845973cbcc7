"""What each role sees and may do on a company's pages, and a Technician of which companies (R24)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.ledger import newest_number
from licensing.pools import change_license
from tests.factories import (
    add_people,
    give,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_import,
    make_partner,
    make_person,
    sign_in,
    switch_policy_on,
)
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def full(partner: Partner) -> Company:
    return make_company(partner, name="Adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)


@pytest.fixture
def withheld(partner: Partner) -> Company:
    return make_company(partner, name="Fabrikam", seats=5, used=3, tier=Tier.ADVANCED)


@pytest.fixture
def roomy(partner: Partner) -> Company:
    return make_company(partner, name="Wingtip", seats=8, used=2)


@pytest.fixture
def technician(client: Client, full: Company, withheld: Company, roomy: Company) -> Account:
    """Signed in; two of the three companies are given."""
    account = make_colleague(Role.TECHNICIAN, full, roomy)
    sign_in(client, account)
    return account


def page_as(client: Client, role: Role, company: Company, tab: str, query: str = "") -> Page:
    sign_in(client, make_colleague(role, company))
    response = client.get(f"/companies/{company.pk}/{tab}/{query}")
    assert response.status_code == 200
    return Page(response)


def names(client: Client, query: str = "", headers: dict[str, str] | None = None) -> list[str]:
    return [row[0] for row in Page(client.get(f"/companies/{query}", headers=headers)).rows]


def totals(client: Client, query: str = "") -> list[str]:
    return Page(client.get(f"/companies/{query}")).one(id="totals").texts("dd")


# The companies of a Technician


def test_r24_the_list_and_the_totals_are_of_given_companies(client: Client, technician: Account) -> None:
    page = Page(client.get("/companies/"))
    assert page.rows == [
        ["Adventure Works", "2 of 2", "Advanced", "0", "3"],
        ["Wingtip", "2 of 8", "Standard", "6", "0"],
    ]
    assert page.one(id="totals").texts("dd") == ["2", "10", "4", "6", "3"]


@pytest.mark.parametrize("headers", [None, HTMX])
def test_r24_search_and_filters_find_given_companies_alone(
    client: Client, technician: Account, headers: dict[str, str] | None
) -> None:
    assert names(client, "?q=fabrikam", headers) == []
    assert names(client, "?q=i", headers) == ["Wingtip"]
    assert names(client, "?tier=advanced", headers) == ["Adventure Works"]
    assert names(client, "?sort=-available", headers) == ["Wingtip", "Adventure Works"]


def test_r24_totals_of_a_search_count_given_companies_alone(client: Client, technician: Account) -> None:
    assert totals(client, "?tier=advanced") == ["1", "2", "2", "0", "3"]
    assert totals(client, "?q=fabrikam") == []


@pytest.mark.parametrize("count", [1, 3])
def test_narrowing_costs_no_query(
    client: Client, partner: Partner, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """Session, account with its partner, totals and count in one, rows: as for an Admin."""
    client.force_login(make_colleague(Role.TECHNICIAN, *[make_company(partner) for _ in range(count)]))
    with django_assert_num_queries(4):
        response = client.get("/companies/?q=o&sort=-license")
    assert len(Page(response).rows) == count


def test_r24_no_company_given_says_whom_to_ask(client: Client, full: Company) -> None:
    client.force_login(make_account(full.partner, role=Role.TECHNICIAN))
    page = Page(client.get("/companies/"))
    assert page.texts("p", class_="table-empty") == ["No company was given to you yet. Ask an Admin."]
    assert (page.one(id="totals").texts("dd"), page.all(id="companies-filter")) == ([], [])


@pytest.mark.parametrize("role", [Role.BILLING, Role.READ_ONLY])
def test_r24_no_company_at_all_offers_nothing(client: Client, partner: Partner, role: Role) -> None:
    client.force_login(make_account(partner, role=role))
    assert Page(client.get("/companies/")).texts("p", class_="table-empty") == ["There are no companies yet."]


def test_r24_what_was_given_to_others_is_not_given(client: Client, technician: Account, withheld: Company) -> None:
    make_colleague(Role.TECHNICIAN, withheld)
    assert names(client) == ["Adventure Works", "Wingtip"]
    assert client.get(f"/companies/{withheld.pk}/users/").status_code == 404


def test_r24_a_company_taken_away_is_gone_at_once(client: Client, technician: Account, roomy: Company) -> None:
    """A file that was checked before can be confirmed no longer."""
    run = make_import(roomy, technician, [make_person()])
    preview = f"/companies/{roomy.pk}/users/add/file/{run.token}/"
    assert client.get(preview).status_code == 200
    Assignment.objects.filter(account=technician, company=roomy).delete()
    with nothing_changes(roomy):
        answers = [client.get(f"/companies/{roomy.pk}/users/"), client.get(preview)]
        answers.append(client.post(preview, {"act": "all"}))
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert names(client) == ["Adventure Works"]


def test_r19_a_closed_company_says_so_to_those_to_whom_it_was_given(client: Client, partner: Partner) -> None:
    given, other = make_company(partner, name="Given"), make_company(partner, name="Other")
    client.force_login(make_colleague(Role.TECHNICIAN, given))
    for company in (given, other):
        close_company(company, typed_name=company.name, by=None)
    answers = [client.get(f"/companies/{company.pk}/users/") for company in (given, other)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert Page(answers[0]).one("h1").text == "This company was closed"
    assert Page(answers[1]).one("h1").text == "This page does not exist"
    assert names(client) == []


def test_r24_people_and_connectors_of_a_withheld_company_are_404_under_a_given_one(
    client: Client, technician: Account, full: Company, withheld: Company
) -> None:
    [user] = add_people(withheld, 1)
    connector = make_connector(withheld)
    below = [f"users/{user.pk}/edit/", f"users/{user.pk}/primary/", f"settings/connectors/{connector.pk}/remove/"]
    with nothing_changes(full):
        for path in below:
            assert client.get(f"/companies/{full.pk}/{path}").status_code == 404
            assert client.post(f"/companies/{full.pk}/{path}", {"first_name": "A"}).status_code == 404


@pytest.mark.parametrize("role", [Role.ADMIN, Role.BILLING, Role.READ_ONLY])
def test_r24_who_is_no_technician_sees_all_companies_whatever_was_given(
    client: Client, full: Company, withheld: Company, role: Role
) -> None:
    account = make_account(full.partner, role=role)
    give(account, full)
    client.force_login(account)
    assert names(client) == ["Adventure Works", "Fabrikam"]


# What is shown to whom


@pytest.mark.parametrize(
    ("role", "links"),
    [
        (Role.ADMIN, ["Home", "Companies", "Statements", "Audit", "Colleagues"]),
        (Role.TECHNICIAN, ["Home", "Companies"]),
        (Role.BILLING, ["Home", "Companies", "Statements"]),
        (Role.READ_ONLY, ["Home", "Companies"]),
    ],
)
def test_r24_navigation_and_tabs_lead_only_where_a_role_gets(
    client: Client, full: Company, role: Role, links: list[str]
) -> None:
    page = page_as(client, role, full, "settings")
    assert page.one("nav", class_="top-nav").texts("a") == links
    assert page.texts("a", role="tab") == ["Users", "Settings", "Activity"][role == Role.BILLING :]
    for link in [*page.one("nav", class_="top-nav").all("a"), *page.all("a", role="tab")]:
        assert client.get(link["href"]).status_code == 200


@pytest.mark.parametrize(
    ("role", "below"),
    [
        (Role.ADMIN, ["users/", "users/?status=pending"]),
        (Role.TECHNICIAN, ["users/", "users/?status=pending"]),
        (Role.BILLING, ["settings/"]),
        (Role.READ_ONLY, ["users/", "users/?status=pending"]),
    ],
)
def test_r24_a_company_in_the_list_leads_to_a_tab_that_the_role_may_open(
    client: Client, full: Company, role: Role, below: list[str]
) -> None:
    sign_in(client, make_colleague(role, full))
    page = Page(client.get("/companies/"))
    assert page.rows == [["Adventure Works", "2 of 2", "Advanced", "0", "3"]]
    links = [link["href"] for link in page.one("tbody").all("a")]
    assert links == [f"/companies/{full.pk}/{path}" for path in below]
    assert [client.get(link).status_code for link in links] == [200] * len(links)


CARDS = ["License", "Policies", "Connectors", "Company"]
CHECKLIST = "Set up this company"


@pytest.mark.parametrize(
    ("role", "cards", "buttons"),
    [
        (
            Role.ADMIN,
            [CHECKLIST, *CARDS],
            [
                "Put away Set-up checklist",
                "Mark as reviewed",
                "Edit license",
                "Add connector",
                "Remove Directory",
                "Rename",
                "Switch on Automatic filling",
                "Assign technicians",
                "Close company",
            ],
        ),
        (Role.TECHNICIAN, [CHECKLIST, *CARDS], ["Mark as reviewed", "Add connector", "Remove Directory"]),
        (Role.BILLING, CARDS[:1], []),
        (Role.READ_ONLY, CARDS, []),
    ],
)
def test_r24_cards_and_buttons_of_the_settings_tab(
    client: Client, full: Company, role: Role, cards: list[str], buttons: list[str]
) -> None:
    """Buttons of policies are counted apart: there are twelve policies."""
    panel = page_as(client, role, full, "settings").one(id="panel")
    policies = [text for card in panel.all(id="policies") for text in card.texts("button")]
    assert panel.texts("h2") == cards
    assert [text for text in panel.texts("button") if text not in policies] == buttons
    assert len(policies) == (12 if role in {Role.ADMIN, Role.TECHNICIAN} else 0)


def test_r24_billing_reads_no_name_of_a_person(client: Client, full: Company) -> None:
    page = page_as(client, Role.BILLING, full, "settings")
    assert full.primary_user.last_name not in page.text
    assert page.one(id="license").texts("dd") == ["Advanced", "0", "3", "0"]
    assert client.get(f"/companies/{full.pk}/users/").status_code == 403


@pytest.mark.parametrize(
    ("role", "buttons"),
    [(Role.TECHNICIAN, ["Approve next", "Add users", "Search"]), (Role.READ_ONLY, ["Search"])],
)
def test_r24_buttons_above_the_list_of_users(client: Client, full: Company, role: Role, buttons: list[str]) -> None:
    panel = page_as(client, role, full, "users").one(id="panel")
    assert [text for text in panel.texts("button") if text in {"Approve next", "Add users", "Search"}] == buttons
    assert len(panel.one("tbody").all("button")) == (11 if role == Role.TECHNICIAN else 0)


# The Activity tab


@pytest.fixture
def changed(partner: Partner) -> Company:
    company = make_company(partner, seats=2, tier=Tier.ADVANCED)
    switch_policy_on(company)
    add_people(company, 1)
    change_license(company, seats=3, tier=Tier.ADVANCED, seen=newest_number(company), by=None)
    return company


def test_r24_billing_reads_of_the_license_alone(client: Client, changed: Company) -> None:
    page = page_as(client, Role.BILLING, changed, "activity")
    assert [row[1] for row in page.rows] == ["Seats changed from 2 to 3"]
    assert (page.all("nav", class_="pills"), page.texts("h2")) == ([], ["Changes of the license"])
    ledger = Page(client.get(f"/companies/{changed.pk}/activity/?view=ledger"))
    assert [row[0] for row in ledger.rows] == ["2", "1"]
    assert [row[1] for row in Page(client.get(f"/companies/{changed.pk}/activity/?kind=license")).rows] == [
        "Seats changed from 2 to 3"
    ]
    for kind in ("users", "policies", "connectors", "company", "support"):
        with nothing_changes(changed):
            assert client.get(f"/companies/{changed.pk}/activity/?kind={kind}").status_code == 403
    assert client.get(f"/companies/{changed.pk}/activity/?kind=nonsense").status_code == 200


@pytest.mark.parametrize("role", [Role.ADMIN, Role.TECHNICIAN, Role.READ_ONLY])
def test_r24_the_others_read_all_of_it(client: Client, changed: Company, role: Role) -> None:
    page = page_as(client, role, changed, "activity")
    assert len(page.rows) == 4
    pills = page.one("nav", class_="pills")
    assert pills.texts("a") == ["All", "License", "Users", "Policies", "Connectors", "Company", "Support"]
    assert {client.get(link["href"]).status_code for link in pills.all("a")} == {200}


# Whom to ask


def test_r24_a_technician_without_seats_is_told_whom_to_ask(client: Client, technician: Account, full: Company) -> None:
    page = Page(client.get(f"/companies/{full.pk}/users/"))
    assert "Ask an Admin for more seats." in page.one(class_="users-count").texts("p")
    with nothing_changes(full):
        person = {"first_name": "Ann", "last_name": "Ahn", "email": "ann@x.example"}
        refused = client.post(f"/companies/{full.pk}/users/add/", person)
    assert refused.status_code == 422
    assert Page(refused).alert.text == (
        "Not enough seats: 1 seat is needed, 0 are available, 1 is missing. "
        "Ask an Admin for more seats, or remove users, then try again."
    )
    assert "/settings/license/" not in refused.text + client.get(f"/companies/{full.pk}/settings/").text


def test_an_admin_without_seats_is_not_sent_to_an_admin(client: Client, full: Company) -> None:
    sign_in(client, make_account(full.partner))
    person = {"first_name": "Ann", "last_name": "Ahn", "email": "ann@x.example"}
    refused = client.post(f"/companies/{full.pk}/users/add/", person)
    assert refused.status_code == 422
    assert "Ask an Admin" not in refused.text + client.get(f"/companies/{full.pk}/users/").text


def test_r14_a_technician_on_standard_is_told_whom_to_ask(client: Client, technician: Account, roomy: Company) -> None:
    page = Page(client.get(f"/companies/{roomy.pk}/settings/"))
    for card in ("policies", "connectors"):
        assert "This company is on Standard. Ask an Admin to upgrade the company." in page.one(id=card).text
    with nothing_changes(roomy):
        refused = client.post(f"/companies/{roomy.pk}/settings/policies/{PolicyKey.PASSWORD_AUDITING}/on/")
    assert refused.status_code == 422
    assert Page(refused).alert.text == "This policy needs the tier Advanced. Ask an Admin to upgrade the company."


# Access that has ended


@pytest.mark.parametrize("role", list(Role))
def test_whose_partner_has_no_access_any_more_is_told_so_everywhere(client: Client, full: Company, role: Role) -> None:
    sign_in(client, make_colleague(role, full))
    Partner.objects.filter(pk=full.partner_id).update(access_ends_at=timezone.now())
    with nothing_changes(full):
        for address in ("/", "/companies/", f"/companies/{full.pk}/users/", "/companies/0/users/", "/statements/"):
            response = client.get(address)
            assert response.status_code == 403
            assert Page(response).one("h1").text == "Your organization's access to this portal has ended"
        person = {"first_name": "Ann", "last_name": "Ahn", "email": "ann@x.example"}
        refused = client.post(f"/companies/{full.pk}/users/add/", person, headers=HTMX)
        assert (refused.status_code, refused["Content-Type"]) == (403, "text/plain; charset=utf-8")
    page = Page(client.get("/companies/"))
    assert (page.all("nav", class_="top-nav"), "Sign out" in page.texts("button")) == ([], True)
    assert page.one("main").all("a") == []


def test_access_that_ends_later_is_access(client: Client, full: Company) -> None:
    sign_in(client, make_account(full.partner))
    Partner.objects.filter(pk=full.partner_id).update(access_ends_at=timezone.now() + dt.timedelta(minutes=1))
    assert client.get("/companies/").status_code == 200
