"""The Settings tab as a whole, and its Company card: name, automatic filling, closing (R7, R18, R19)."""

import threading
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from licensing.enums import Tier
from licensing.locks import locked
from tests.factories import (
    add_arrivals,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    sign_in,
    switch_policy_on,
)
from tests.facts import nothing_changes, numbers
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    sign_in(client, account)
    return account


def url(company: Company, below: str = "") -> str:
    return f"/companies/{company.pk}/settings/{below}"


def test_license_card_shows_the_numbers_and_the_pencil(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3, used=3, pending=2, tier=Tier.ADVANCED)
    page = Page(client.get(url(company)))
    card = page.one(id="license")
    assert card.one(class_="pool").text == "3 of 3 seats used"
    assert list(zip(card.texts("dt"), card.texts("dd"), strict=True)) == [
        ("Tier", "Advanced"),
        ("Available", "0"),
        ("Pending approval", "2"),
        ("Disabled, holding a seat", "0"),
    ]
    assert card.texts("button") == ["Edit license"]
    assert page.texts("button").count("Edit license") == 1
    assert card.one(class_="hint hint-warning").text == (
        "2 people wait for a seat. Add seats or remove users, then approve them."
    )
    assert [(tab.text, tab["aria-selected"]) for tab in page.all(role="tab")] == [
        ("Users", "false"),
        ("Settings", "true"),
        ("Activity", "false"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_ten_queries_whatever_the_number_of_policies_and_connectors(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """Session, account, company, policies, disabled people, primary user, connectors, technicians; visits, held."""
    company = make_company(admin.partner, tier=Tier.ADVANCED, seats=20)
    for _ in range(count):
        add_arrivals(make_connector(company), count)
        switch_policy_on(company)
    with django_assert_num_queries(10):
        response = client.get(url(company))
    assert len(Page(response).one(id="connectors").all("li")) == count


def test_renames(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    assert Page(client.get(url(company, "name/"))).value("name") == "Fabrikam"
    response = client.post(url(company, "name/"), {"name": "  Fabrikam   Retail "})
    assert (response.status_code, response["Location"]) == (302, url(company, "#company"))
    company.refresh_from_db()
    assert company.name == "Fabrikam Retail"


@pytest.mark.parametrize(
    ("typed", "errors", "alert"),
    [
        ("", ["Fill this in."], "Nothing was saved. Correct the marked fields."),
        ("wingtip", [], "A company named “wingtip” exists already."),
    ],
)
def test_names_that_are_missing_or_taken_are_refused(
    client: Client, admin: Account, typed: str, errors: list[str], alert: str
) -> None:
    make_company(admin.partner, name="Wingtip")
    company = make_company(admin.partner, name="Fabrikam")
    with nothing_changes(company):
        response = client.post(url(company, "name/"), {"name": typed})
    page = Page(response)
    assert response.status_code == 422
    assert (page.errors("name"), page.alert.text, page.value("name")) == (errors, alert, typed)


def test_r7_automatic_filling_fills_at_once_and_twice_is_once(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    client.post(url(company, "license/"), {"seats": "4", "tier": "advanced", "seen": "1"})
    for _ in range(2):
        assert client.post(url(company, "auto-fill/"), {"on": "1"}).status_code == 302
    assert numbers(company) == (4, 4, 1)
    assert Page(client.get(url(company))).messages[1:] == [
        "Automatic filling is on.",
        "2 users came in from the waiting line.",
        "Automatic filling is on.",
    ]
    assert client.post(url(company, "auto-fill/"), {"on": "0"}).status_code == 302
    company.refresh_from_db()
    assert not company.fills_automatically


def test_r18_says_that_the_directory_took_the_primary_user_away(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    Company.objects.filter(pk=company.pk).update(primary_withdrawal="disable")
    card = Page(client.get(url(company))).one(id="company")
    assert card.one(class_="hint hint-warning").text.startswith("The directory took this person away.")


def test_r19_closing_lists_every_blocker_before_and_after(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, name="Fabrikam", seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    expected = [
        ("1 user is left beside the primary user", f"/companies/{company.pk}/users/"),
        ("3 users are pending approval", f"/companies/{company.pk}/users/?status=pending"),
        ("1 connector exists: Directory", url(company, "#connectors")),
    ]
    dialog = Page(client.get(url(company, "close/"))).one("dialog")
    assert [(item.text, item.one("a")["href"]) for item in dialog.all("li")] == expected
    with nothing_changes(company):
        response = client.post(url(company, "close/"), {"typed_name": "Fabrikam"})
    page = Page(response)
    assert response.status_code == 422
    assert [(item.text, item.one("a")["href"]) for item in page.alert.all("li")] == expected
    assert len(page.all("li")) == 3


@pytest.mark.parametrize("typed", ["", "fabrikam", "Fabrikam Inc"])
def test_r19_closing_needs_the_name(client: Client, admin: Account, typed: str) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    with nothing_changes(company):
        response = client.post(url(company, "close/"), {"typed_name": typed, "reason": "Left"})
    page = Page(response)
    assert (response.status_code, page.alert.text) == (422, "What you typed is not the company's name.")
    assert (page.value("typed_name"), page.value("reason")) == (typed, "Left")


def test_r19_a_closed_company_leaves_the_tabs(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    response = client.post(url(company, "close/"), {"typed_name": " Fabrikam "})
    assert (response.status_code, response["Location"]) == (302, "/companies/")
    page = Page(client.get("/companies/"))
    assert (page.messages, page.rows) == (["Fabrikam was closed."], [])
    gone = client.post(url(company, "license/"), {"seats": "5", "tier": "standard", "seen": "2"})
    assert gone.status_code == 404
    assert "This company was closed" in gone.content.decode()


def test_r7_automatic_filling_without_a_form_leads_to_its_card(client: Client, admin: Account) -> None:
    """After a sign-in that had ended the browser comes back here by itself."""
    company = make_company(admin.partner)
    with nothing_changes(company):
        response = client.get(url(company, "auto-fill/"))
    assert (response.status_code, response["Location"]) == (302, f"{url(company)}#company")


WRITES = ["name/", "auto-fill/", "close/"]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_other_roles_see_no_buttons_and_get_a_403(client: Client, role: Role) -> None:
    company = make_company(name="Fabrikam")
    sign_in(client, make_colleague(role, company))
    cards = Page(client.get(url(company))).all(id="company")
    assert [card.all("button") for card in cards] == ([] if role == Role.BILLING else [[]])
    with nothing_changes(company):
        answers = [client.post(url(company, below), {"typed_name": "Fabrikam", "on": "1"}) for below in WRITES]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_r23_another_partners_company_does_not_exist(client: Client, admin: Account) -> None:
    company = make_company(name="Fabrikam")
    with nothing_changes(company):
        answers = [client.post(url(company, below), {"typed_name": "Fabrikam", "on": "1"}) for below in WRITES]
        answers.append(client.get(url(company)))
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


def test_visitors_are_sent_to_sign_in(client: Client) -> None:
    company = make_company()
    response = client.get(url(company))
    assert (response.status_code, response["Location"]) == (
        302,
        f"/accounts/login/?next={quote(url(company), safe='')}",
    )


@pytest.fixture
def busy() -> Callable[[Company], threading.Event]:
    """Hold the company's lock in another session until the event is set."""

    def hold(company: Company) -> threading.Event:
        held, release = threading.Event(), threading.Event()

        def session() -> None:
            with locked(company):
                held.set()
                release.wait(20)
            connection.close()

        threading.Thread(target=session).start()
        assert held.wait(10)
        return release

    return hold


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_a_locked_company_answers_busy_and_keeps_what_was_typed(
    client: Client, admin: Account, busy: Callable[[Company], threading.Event], headers: dict[str, str]
) -> None:
    company = make_company(admin.partner)
    release = busy(company)
    try:
        with nothing_changes(company):
            typed = {"seats": "77", "tier": "standard", "seen": "1"}
            response = client.post(url(company, "license/"), typed, headers=headers)
    finally:
        release.set()
    sentence = "Others are working on this company at the moment. Nothing was changed; try again in a few seconds."
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    if headers:
        assert response.content.decode() == sentence
    else:
        assert (Page(response).alert.text, Page(response).value("seats")) == (sentence, "77")
