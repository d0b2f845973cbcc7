"""Licenses of many companies at once, as an Admin sees it: choosing, the preview, the two choices, the result."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import BulkState, Tier
from licensing.ledger import entries_of, newest_number
from licensing.models import BulkChange
from licensing.pools import change_license
from tests.factories import make_account, make_colleague, make_company, make_partner, sign_in, view_as
from tests.facts import facts, nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

LIST = "/companies/"
CHOOSE = "/companies/licenses/"
PREVIEW = "/companies/licenses/preview/"


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"), name="Ann")
    sign_in(client, account)
    return account


@pytest.fixture
def three(admin: Account) -> list[Company]:
    """Adventure Works is full, Fabrikam and Wingtip have room."""
    return [
        make_company(admin.partner, name="Adventure Works", seats=9, used=9),
        make_company(admin.partner, name="Fabrikam", seats=5, used=2),
        make_company(admin.partner, name="Wingtip", seats=20, used=3, tier=Tier.ADVANCED),
    ]


def preview(client: Client, companies: list[Company], **typed: Any) -> HttpResponse:
    data = {"companies": [company.pk for company in companies], "how": "set", "number": "8", "reason": ""} | typed
    return client.post(PREVIEW, data)  # type: ignore[return-value]


def confirm(client: Client, page: Page, choice: str) -> HttpResponse:
    """Press the button of a choice on a preview."""
    [form] = [
        form
        for form in page.all("form", action=PREVIEW)
        if [tag["value"] for tag in form.all(name="choice")] == [choice]
    ]
    return client.post(PREVIEW, {tag["name"]: tag["value"] for tag in form.all("input", type="hidden")})  # type: ignore[return-value]


def sums(page: Page) -> dict[str, str]:
    [found] = page.all("dl", class_="sums")
    return dict(zip(found.texts("dt"), found.texts("dd"), strict=True))


def seats(*companies: Company) -> list[int]:
    return [Company.objects.get(pk=company.pk).seats for company in companies]


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


def test_all_or_nothing_answers_with_the_refusal(client: Client, admin: Account, three: list[Company]) -> None:
    """R11: the button is there, and says why not."""
    page = Page(preview(client, three))
    with nothing_changes(three[0]):
        response = confirm(client, page, "all")
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.one("p").text == "Nothing was changed: 1 of the 3 companies cannot be changed."
    assert page.alert.texts("li") == [
        "Adventure Works: 8 seats are too few: 9 are used. Only unused seats can be taken away; remove users first."
    ]
    assert len(page.rows) == 3


def test_all_or_nothing_changes_all(client: Client, admin: Account, three: list[Company]) -> None:
    """R16: each with its entry and the one reason; the page afterwards says what was done."""
    page = Page(preview(client, three[1:], reason="New contract"))
    response = confirm(client, page, "all")
    assert response.status_code == 302
    assert seats(*three) == [9, 8, 8]
    assert [
        (entry.seats_to, entry.reason, entry.by_account) for entry in (entries_of(three[1])[0], entries_of(three[2])[0])
    ] == [(8, "New contract", admin)] * 2
    page = Page(client.get(response["Location"]))
    assert page.one("h1").text == "Licenses changed"
    assert page.rows == [
        ["Fabrikam", "5 → 8", "Standard", "Changed"],
        ["Wingtip", "20 → 8", "Advanced", "Changed"],
    ]
    assert sums(page) == {
        "Changed": "2",
        "Stayed as they were": "0",
        "Not changed": "0",
        "Difference a month": "\N{MINUS SIGN}72.00 EUR",
    }
    activity = Page(client.get(reverse("companies:activity", args=[three[1].pk])))
    assert activity.rows[0][1:] == ["Seats changed from 5 to 8Reason: New contract", "Ann"]
    audit = Page(client.get(reverse("audit:list")))
    assert sum("New contract" in " ".join(row) for row in audit.rows) == 2


def test_those_that_can_are_changed(client: Client, three: list[Company]) -> None:
    response = confirm(client, Page(preview(client, three)), "possible")
    assert seats(*three) == [9, 8, 8]
    page = Page(client.get(response["Location"]))
    assert [[row[0], row[3]] for row in page.rows] == [
        [
            "Adventure Works",
            "8 seats are too few: 9 are used. Only unused seats can be taken away; remove users first.",
        ],
        ["Fabrikam", "Changed"],
        ["Wingtip", "Changed"],
    ]


def test_r10_what_somebody_changed_meanwhile_is_not_changed_blindly(client: Client, three: list[Company]) -> None:
    """R10: all or nothing answers with a fresh preview that says which; confirmed again, it is done."""
    page = Page(preview(client, three[1:], how="add", number="5"))
    change_license(three[1], seats=6, tier=Tier.STANDARD, seen=1, by=None)
    with nothing_changes(three[0]):
        response = confirm(client, page, "all")
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.texts("li") == [
        "Fabrikam: Somebody changed this license meanwhile: it is now 6 seats on Standard. Look at the change, then "
        "save again if you still want yours."
    ]
    assert page.rows[0] == [
        "Fabrikam", "6 → 11", "Standard", "4 → 9", "+20.00 EUR", "ChangesSomebody changed this license meanwhile",
    ]  # fmt: skip
    assert "Somebody" not in page.rows[1][-1]
    confirm(client, page, "all")
    assert seats(*three) == [9, 11, 25]


def test_r10_those_that_can_leaves_out_what_somebody_changed(client: Client, three: list[Company]) -> None:
    page = Page(preview(client, three[1:], how="add", number="5"))
    change_license(three[1], seats=6, tier=Tier.STANDARD, seen=1, by=None)
    response = confirm(client, page, "possible")
    assert seats(*three) == [9, 6, 25]
    page = Page(client.get(response["Location"]))
    assert page.rows[0][-1].startswith("Somebody changed this license meanwhile: it is now 6 seats on Standard.")
    assert [row[0] for row in page.rows] == ["Fabrikam", "Wingtip"]


def test_a_company_that_was_closed_meanwhile_is_told(client: Client, three: list[Company]) -> None:
    closing = make_company(three[0].partner, name="Closing")
    page = Page(preview(client, [closing, three[1]]))
    close_company(closing, typed_name="Closing", by=None)
    response = confirm(client, page, "all")
    assert response.status_code == 422
    page = Page(response)
    assert page.alert.texts("li") == ["Closing: This company was closed meanwhile. Nothing was changed."]
    assert page.rows[0] == [
        "Closing",
        "0",
        "Standard",
        "0",
        "",
        "This company was closed meanwhile. Nothing was changed.",
    ]


def test_a_double_click_is_one_change(client: Client, three: list[Company]) -> None:
    page = Page(preview(client, three[1:], how="add", number="5"))
    first, second = confirm(client, page, "all"), confirm(client, page, "all")
    assert first["Location"] == second["Location"]
    assert seats(*three) == [9, 10, 25]
    assert [newest_number(company) for company in three] == [1, 2, 2]


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


@pytest.mark.parametrize("plan", ["", "nonsense", "a:b:c"])
def test_a_plan_that_is_none_changes_nothing(client: Client, three: list[Company], plan: str) -> None:
    with nothing_changes(three[0]):
        response = client.post(PREVIEW, {"plan": plan, "choice": "all"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert Page(client.get(LIST)).messages == [
        "This preview is too old. Nothing was changed: choose the companies again."
    ]


def test_a_plan_without_a_choice_is_no_request(client: Client, three: list[Company]) -> None:
    page = Page(preview(client, three))
    plan = page.all("input", name="plan")[0]["value"]
    assert client.post(PREVIEW, {"plan": plan, "choice": "some"}).status_code == 400
    assert client.post(PREVIEW, {"plan": plan}).status_code == 400
    assert seats(*three) == [9, 5, 20]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_others_are_refused(client: Client, three: list[Company], role: Role) -> None:
    page = Page(preview(client, three))
    sign_in(client, make_colleague(role, *three))
    before = facts(three[0])
    assert client.get(CHOOSE, {"companies": [three[0].pk]}).status_code == 403
    assert preview(client, three).status_code == 403
    assert confirm(client, page, "all").status_code == 403
    assert facts(three[0]) == before


def test_a_result_is_shown_to_its_account_alone(client: Client, admin: Account, three: list[Company]) -> None:
    address = confirm(client, Page(preview(client, three)), "possible")["Location"]
    assert client.get(address).status_code == 200
    sign_in(client, make_account(admin.partner))
    assert client.get(address).status_code == 404
    sign_in(client, make_account(make_partner()))
    assert client.get(address).status_code == 404


@pytest.fixture
def many(admin: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Company]]:
    """More than are changed while the browser waits."""
    monkeypatch.setattr("companies.views.bulk_license.AT_ONCE", 2)
    return [make_company(admin.partner, name=name, seats=5) for name in ("Alpha", "Beta", "Gamma")]  # type: ignore[return-value]


def test_many_are_left_to_a_worker(client: Client, many: list[Company]) -> None:
    """The page says how far it is, asks again by itself, and can be loaded again."""
    response = confirm(client, Page(preview(client, many)), "possible")
    bulk = BulkChange.objects.get()
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("change_licenses", {"partner_id": bulk.partner_id, "bulk_id": bulk.pk})
    assert seats(*many) == [5, 5, 5]
    page = Page(client.get(response["Location"]))
    assert page.one("h1").text == "Changing licenses"
    polling = page.one("div", hx_get=response["Location"])
    assert (polling["hx-trigger"], polling.one("p").text) == ("every 2s", "0 of 3 companies are done.")
    assert (polling.one("progress")["max"], polling.one("progress")["value"]) == ("3", "0")
    assert page.one("a", href=response["Location"]).text == "Look again"
    line = bulk.lines.get(company=many[0])
    line.outcome = "changed"
    line.save()
    part = Page(client.get(response["Location"], headers={"HX-Request": "true"}))
    assert (part.all("h1"), part.one("p").text) == ([], "1 of 3 companies are done.")


def test_when_it_is_done_the_page_is_loaded_again(client: Client, many: list[Company]) -> None:
    address = confirm(client, Page(preview(client, many)), "possible")["Location"]
    BulkChange.objects.update(state=BulkState.DONE)
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_what_a_worker_was_refused_can_be_previewed_again(client: Client, many: list[Company]) -> None:
    address = confirm(client, Page(preview(client, many, reason="Kept")), "all")["Location"]
    BulkChange.objects.update(state=BulkState.REFUSED)
    BulkChange.objects.get().lines.filter(company=many[1]).update(
        outcome="refused", code="stale", data={"seen": 1, "newest": 2, "seats": 6, "tier": "standard"}
    )
    page = Page(client.get(address))
    assert page.one("h1").text == "No license was changed"
    assert [row[0] for row in page.rows] == ["Beta"]
    form = page.one("form", action=PREVIEW)
    data: dict[str, list[str]] = {}
    for tag in form.all("input", type="hidden"):
        data.setdefault(tag["name"], []).append(tag["value"])
    again = Page(client.post(PREVIEW, data))
    assert [row[1] for row in again.rows] == ["5 → 8"] * 3
    assert again.value("reason") == "Kept"


@pytest.mark.parametrize("count", [1, 3])
def test_a_preview_costs_the_same_few_queries(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """Session, account, visits; whose the companies are; numbers, companies; names."""
    companies = [make_company(admin.partner) for _ in range(count)]
    with django_assert_num_queries(7):
        preview(client, companies, how="add", number="1")
