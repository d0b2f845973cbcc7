"""Licenses of many companies at once, as an Admin sees it: choosing them, and the preview."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from tests.companies.bulk_pages import CHOOSE, LIST, PREVIEW, confirm, make_three, preview, sums
from tests.factories import make_account, make_colleague, make_company, make_partner, sign_in, view_as
from tests.facts import facts, nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"), name="Ann")
    sign_in(client, account)
    return account


@pytest.fixture
def three(admin: Account) -> list[Company]:
    return make_three(admin.partner)


def test_the_list_offers_a_box_for_each_company_and_one_for_all(client: Client, three: list[Company]) -> None:
    page = Page(client.get(f"{LIST}?q=i&sort=-company&page=1"))
    boxes = page.one("tbody").all("input", type="checkbox")
    assert [box["value"] for box in boxes] == [str(three[2].pk), str(three[1].pk)]
    assert {(box["name"], box["form"]) for box in boxes} == {("companies", "bulk")}
    assert [page.one(id=box["aria-labelledby"]).text for box in boxes] == ["Wingtip", "Fabrikam"]
    assert page.one(class_="picking").texts("label") == ["Select this page", "Select all 2 companies that match"]
    bulk = page.one("form", id="bulk")
    assert (bulk["action"], bulk.one(name="filter")["value"]) == (CHOOSE, "?q=i")
    assert bulk.texts("button") == ["Change licenses", "Clear selection"]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_others_find_no_boxes(client: Client, role: Role) -> None:
    sign_in(client, make_colleague(role, make_company()))
    page = Page(client.get(LIST))
    assert len(page.rows) == 1
    assert (page.all("input", type="checkbox", form="bulk"), page.all(id="bulk")) == ([], [])


def test_r25_a_visit_finds_no_boxes(client: Client) -> None:
    partner = make_partner()
    make_company(partner)
    view_as(client, partner)
    page = Page(client.get(LIST))
    assert (len(page.rows), page.all(id="bulk")) == (1, [])


def test_ticked_companies_come_to_the_form(client: Client, three: list[Company]) -> None:
    page = Page(client.get(f"{CHOOSE}?companies={three[0].pk}&companies={three[2].pk}&filter=%3Fq%3Dx"))
    assert page.one("h1").text == "Change the licenses of 2 companies"
    assert page.one(class_="bulk-names").text == "Adventure Works, Wingtip"
    assert [tag["value"] for tag in page.all("input", name="companies")] == [str(three[0].pk), str(three[2].pk)]


def test_all_that_match_are_found_again_by_the_filter(client: Client, admin: Account, three: list[Company]) -> None:
    """R23: beyond the page, among one's own; what matches at that moment."""
    make_company(make_partner(), name="Fabrikam Foreign")
    for number in range(55):
        make_company(admin.partner, name=f"Fabrik {number:02}")
    page = Page(client.get(f"{CHOOSE}?all=yes&filter=%3Fq%3Dfabri&companies={three[0].pk}"))
    assert page.one("h1").text == "Change the licenses of 56 companies"
    assert page.one(class_="bulk-names").text.endswith("Fabrik 09 and 46 more")
    make_company(admin.partner, name="Fabrik 99")
    typed = {"all": "yes", "filter": page.value("filter"), "how": "add", "number": "1"}
    assert sums(Page(client.post(PREVIEW, typed)))["Change"] == "57"


@pytest.mark.parametrize("query", ["", "companies=", "all=yes&filter=q%3Dnothing-like-it"])
def test_nothing_chosen_leads_back_to_the_list(client: Client, three: list[Company], query: str) -> None:
    response = client.get(f"{CHOOSE}?{query}") if query != "companies=" else client.post(PREVIEW, {"how": "add"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert Page(client.get(LIST)).messages == ["Choose at least one company first."]


def test_more_than_a_thousand_are_too_many(client: Client, admin: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companies.views.bulk_license.MOST", 2)
    for _ in range(3):
        make_company(admin.partner)
    assert client.get(CHOOSE, {"all": "yes"}).status_code == 302
    assert Page(client.get(LIST)).messages == [
        "At most 2 companies can be changed at once; 3 are chosen. Narrow the list down first."
    ]


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"how": ""}, "how", "Choose what to change."),
        ({"how": "shrink"}, "how", "Choose what to change."),
        ({"how": "add", "number": ""}, "number", "Fill this in."),
        ({"how": "add", "number": "0"}, "number", "Enter a whole number of seats from 1 to 1000000."),
        ({"how": "set", "number": "many"}, "number", "Enter a whole number of seats from 1 to 1000000."),
        ({"how": "trim", "number": "-1"}, "number", "Enter a whole number of seats from 0 to 1000000."),
        ({"how": "trim", "number": "1000001"}, "number", "Enter a whole number of seats from 0 to 1000000."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    client: Client, three: list[Company], typed: dict[str, str], field: str, error: str
) -> None:
    response = preview(client, three, reason="Kept", **typed)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "Nothing was saved. Correct the marked fields."
    assert (page.one(id=f"id_{field}_error").texts("li"), page.value("reason")) == ([error], "Kept")
    assert page.all("table") == []


def test_a_preview_shows_every_company_and_changes_nothing(client: Client, three: list[Company]) -> None:
    """R11, R15: now and after, the money, and the refusal in the words of the pencil."""
    with nothing_changes(three[0]):
        response = preview(client, three, reason="New contract")
    page = Page(response)
    assert response.status_code == 200
    assert page.rows == [
        [
            "Adventure Works", "9", "Standard", "0", "",
            "8 seats are too few: 9 are used. Only unused seats can be taken away; remove users first.",
        ],
        ["Fabrikam", "5 → 8", "Standard", "3 → 6", "+12.00 EUR", "Changes"],
        ["Wingtip", "20 → 8", "Advanced", "17 → 5", "\N{MINUS SIGN}84.00 EUR", "Changes"],
    ]  # fmt: skip
    assert sums(page) == {
        "Change": "2",
        "Stay as they are": "0",
        "Cannot be changed": "1",
        "Difference a month": "\N{MINUS SIGN}72.00 EUR",
    }
    assert [form.one("button").text for form in page.all("form", class_="choice")] == [
        "Change all 3, or nothing",
        "Change the 2 that can",
    ]
    assert (
        page.one("details", class_="card-plain bulk-again").one("summary").text
        == "Give each company 8 seats · New contract"
    )


def test_an_upgrade_needs_no_number(client: Client, three: list[Company]) -> None:
    page = Page(preview(client, three, how="upgrade", number="nonsense"))
    assert page.rows[0] == ["Adventure Works", "9", "Standard → Advanced", "0", "+27.00 EUR", "Changes"]
    assert page.rows[2] == ["Wingtip", "20", "Advanced", "17", "", "Stays as it is"]


def test_where_nothing_would_change_there_is_nothing_to_confirm(client: Client, three: list[Company]) -> None:
    page = Page(preview(client, three[2:], how="upgrade"))
    assert page.all("form", class_="choice") == []
    assert page.one("p", class_="hint").text == "Nothing is to be changed: every company has this license already."


@pytest.mark.parametrize("choice", ["all", "possible"])
def test_r23_companies_of_others_are_404_and_change_nothing(client: Client, three: list[Company], choice: str) -> None:
    """R23: the whole request, whatever stands beside them; a number that never was is the same."""
    foreign = make_company(make_partner("Theirs"), name="Their company", seats=5)
    before = facts(foreign), facts(three[0])
    for stranger in (str(foreign.pk), "999999999", "9" * 30, "x", "-1", "²"):
        chosen = [str(three[1].pk), stranger]
        assert client.get(CHOOSE, {"companies": chosen}).status_code == 404
        response = client.post(PREVIEW, {"companies": chosen, "how": "add", "number": "1"})
        assert response.status_code == 404
        assert b"Their company" not in response.content
    page = Page(preview(client, three))
    other = make_account(foreign.partner)
    sign_in(client, other)
    answer = confirm(client, page, choice)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert (facts(foreign)["companies.Company"], facts(three[0])) == (before[0]["companies.Company"], before[1])


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_others_are_refused(client: Client, three: list[Company], role: Role) -> None:
    page = Page(preview(client, three))
    sign_in(client, make_colleague(role, *three))
    before = facts(three[0])
    assert client.get(CHOOSE, {"companies": [three[0].pk]}).status_code == 403
    assert preview(client, three).status_code == 403
    assert confirm(client, page, "all").status_code == 403
    assert facts(three[0]) == before


@pytest.mark.parametrize("count", [1, 3])
def test_a_preview_costs_the_same_few_queries(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """Session, account, visits; whose the companies are; numbers, companies; names."""
    companies = [make_company(admin.partner) for _ in range(count)]
    with django_assert_num_queries(7):
        preview(client, companies, how="add", number="1")
