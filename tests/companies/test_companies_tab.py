"""The Companies tab: what it lists, in which order, and at what price in queries."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from licensing.enums import Tier
from tests.factories import make_account, make_colleague, make_company, make_partner
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

URL = "/companies/"


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"))
    client.force_login(account)
    return account


def names(client: Client, query: str = "") -> list[str]:
    return [row[0] for row in Page(client.get(URL + query)).rows]


def make_three(admin: Account) -> None:
    make_company(admin.partner, name="Fabrikam", seats=5, used=3, tier=Tier.ADVANCED)
    make_company(admin.partner, name="adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    make_company(admin.partner, name="Wingtip", seats=8, used=2)


def test_shows_license_tier_available_and_pending_of_each_company(client: Client, admin: Account) -> None:
    make_three(admin)
    page = Page(client.get(URL))
    assert page.texts("th", scope="col") == ["Company", "License", "Tier", "Available", "Pending"]
    assert page.rows == [
        ["adventure Works", "2 of 2", "Advanced", "0", "3"],
        ["Fabrikam", "3 of 5", "Advanced", "2", "0"],
        ["Wingtip", "2 of 8", "Standard", "6", "0"],
    ]


def test_the_name_leads_to_the_company(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    link = Page(client.get(URL)).one("tbody").one("a")
    assert (link.text, link["href"]) == ("Fabrikam", reverse("users:list", args=[company.pk]))


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("company", ["adventure Works", "Fabrikam", "Wingtip"]),
        ("-company", ["Wingtip", "Fabrikam", "adventure Works"]),
        ("license", ["adventure Works", "Wingtip", "Fabrikam"]),
        ("-license", ["Fabrikam", "Wingtip", "adventure Works"]),
        ("tier", ["Fabrikam", "adventure Works", "Wingtip"]),
        ("available", ["adventure Works", "Fabrikam", "Wingtip"]),
        ("-pending", ["adventure Works", "Wingtip", "Fabrikam"]),
        ("nonsense", ["adventure Works", "Fabrikam", "Wingtip"]),
    ],
)
def test_sorts_by_every_column_and_keeps_equals_in_one_order(
    client: Client, admin: Account, sort: str, expected: list[str]
) -> None:
    make_three(admin)
    assert names(client, f"?sort={sort}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=FABRI", ["Fabrikam"]),
        ("?q=++works++", ["adventure Works"]),
        ("?q=100%25", []),
        ("?q=_", []),
        ("?tier=standard", ["Wingtip"]),
        ("?tier=advanced", ["adventure Works", "Fabrikam"]),
        ("?tier=platinum", ["adventure Works", "Fabrikam", "Wingtip"]),
        ("?full=on", ["adventure Works"]),
        ("?waiting=on", ["adventure Works"]),
        ("?tier=advanced&q=a&sort=-company", ["Fabrikam", "adventure Works"]),
    ],
)
def test_searches_and_filters(client: Client, admin: Account, query: str, expected: list[str]) -> None:
    make_three(admin)
    assert names(client, query) == expected


def test_finds_names_in_other_scripts_whatever_their_case(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="Éclair Ünal")
    make_company(admin.partner, name="株式会社 サクラ")
    assert names(client, "?q=éCLAIR") == ["Éclair Ünal"]
    assert names(client, "?q=サクラ") == ["株式会社 サクラ"]


def test_totals_are_those_of_the_whole_filtered_list(client: Client, admin: Account) -> None:
    make_three(admin)

    def totals(query: str) -> list[str]:
        return Page(client.get(URL + query)).one(id="totals").texts("dd")

    assert totals("") == ["3", "15", "7", "8", "3"]
    assert totals("?tier=standard") == ["1", "8", "2", "6", "0"]


def test_fifty_on_a_page_and_the_totals_of_all(client: Client, admin: Account) -> None:
    for number in range(51):
        make_company(admin.partner, name=f"Company {number:02}", seats=2)
    first, second = Page(client.get(URL)), Page(client.get(f"{URL}?page=2"))
    assert [len(first.rows), len(second.rows)] == [50, 1]
    assert second.rows == [["Company 50", "1 of 2", "Standard", "1", "0"]]
    assert second.one(id="totals").texts("dd") == ["51", "102", "51", "51", "0"]
    assert names(client, "?page=99") == ["Company 50"]
    assert len(names(client, "?page=x")) == 50


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("headers", "queries"), [({}, 5), ({"HX-Request": "true"}, 4)])
def test_few_queries_whatever_the_size(
    client: Client,
    admin: Account,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    headers: dict[str, str],
    queries: int,
) -> None:
    """Session, account with its partner, totals and count in one, rows; and on a page, who of support views it."""
    for _ in range(count):
        make_company(admin.partner)
    with django_assert_num_queries(queries):
        response = client.get(f"{URL}?q=o&sort=-license", headers=headers)
    assert len(Page(response).rows) == count


def test_htmx_gets_the_table_and_the_totals_out_of_band(client: Client, admin: Account) -> None:
    make_three(admin)
    page = Page(client.get(f"{URL}?q=fab&sort=-license", headers={"HX-Request": "true"}))
    assert page.all("html") == []
    assert [row[0] for row in page.rows] == ["Fabrikam"]
    assert page.one(id="totals")["hx-swap-oob"] == "true"
    assert page.value("sort") == "-license"


def test_empty_list_says_so_and_offers_to_add(client: Client, admin: Account) -> None:
    page = Page(client.get(URL))
    assert page.texts("p", class_="table-empty") == ["There are no companies yet. Add the first one"]
    assert page.all(id="companies-filter") == []


def test_nothing_found_offers_the_whole_list(client: Client, admin: Account) -> None:
    make_three(admin)
    page = Page(client.get(f"{URL}?q=contoso"))
    assert page.texts("p", class_="table-empty") == ["No company matches. Show all companies"]
    assert page.value("q") == "contoso"


def test_r2_and_r23_closed_companies_and_those_of_other_partners_are_absent(client: Client, admin: Account) -> None:
    closed = make_company(admin.partner, name="Closed")
    close_company(closed, typed_name="Closed", by=None)
    make_company(name="Foreign")
    make_company(admin.partner, name="Own", seats=4)
    page = Page(client.get(URL))
    assert [row[0] for row in page.rows] == ["Own"]
    assert page.one(id="totals").texts("dd") == ["1", "4", "1", "3", "0"]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_only_admins_are_offered_to_add(client: Client, role: Role) -> None:
    client.force_login(make_colleague(role, make_company()))
    page = Page(client.get(URL))
    assert len(page.rows) == 1
    assert "Add company" not in page.texts("button")


def test_names_are_shown_as_text(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="<b>Bold</b> & “Söhne” 🚀")
    assert names(client) == ["<b>Bold</b> & “Söhne” 🚀"]
