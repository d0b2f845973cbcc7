"""A bulk change that is confirmed: all or nothing, those that can, by a worker; and what became of it."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import BulkState, Tier
from licensing.ledger import entries_of, newest_number
from licensing.models import BulkChange
from licensing.pools import change_license
from tests.companies.bulk_pages import LIST, PREVIEW, confirm, make_three, preview, seats, sums
from tests.factories import make_account, make_company, make_partner, sign_in
from tests.facts import nothing_changes
from tests.page import Page
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
