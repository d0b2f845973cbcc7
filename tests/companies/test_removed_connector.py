"""What a removed connector did stays to be read, and its people are handed over (R2, R21, R22)."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from licensing.enums import Tier
from licensing.ledger import newest_number
from licensing.pools import change_license
from tests.factories import make_account, make_colleague, make_company, make_connector, make_held, sign_in, view_as
from tests.facts import nothing_changes, statuses
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.claims import Claim
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, HeldChange, Run
from users.directory.rules import remove_connector
from users.directory.runs import note_refused
from users.directory.sync import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(name="Ada")
    sign_in(client, account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, seats=9, tier=Tier.ADVANCED)


@pytest.fixture
def connector(company: Company) -> Connector:
    """It brought Ann and somebody without a name, refused Bob, and holds a change; then it was removed."""
    connector = make_connector(company, name="Head office", kind=ConnectorKind.OKTA)
    bring(connector, Claim("ann", email="ann@customer.example", first_name="Ann", last_name="Lee"))
    bring(connector, Claim("zoe", email="zoe@customer.example"))
    note_refused(connector, named="bob", code="email_taken")
    make_held(connector)
    remove_connector(connector, by=None)
    connector.refresh_from_db()
    return connector


def url(connector: Connector, place: str = "") -> str:
    return f"/companies/{connector.company_id}/settings/connectors/{connector.pk}/{place}"


def settings(client: Client, company: Company) -> Page:
    return Page(client.get(f"/companies/{company.pk}/settings/"))


def test_the_card_lists_it_apart(client: Client, company: Company) -> None:
    assert settings(client, company).all("details", class_="former") == []
    living = make_connector(company, name="Lab")
    gone = make_connector(company, name="Head office")
    remove_connector(gone, by=None)
    card = settings(client, company).one(id="connectors")
    former = card.one("details", class_="former")
    assert former.one("summary").text == "1 removed connector"
    assert [(link.text, link["href"]) for link in former.all("a")] == [("Head office", url(gone))]
    assert [link.text for link in card.all("a") if link not in former.all("a")] == ["Lab"]
    assert former.all("button") == []
    assert card.texts("button") == ["Add connector", f"Remove {living.name}"]


def test_r13_it_is_reached_on_standard_too(client: Client, company: Company, connector: Connector) -> None:
    change_license(company, seats=9, tier=Tier.STANDARD, seen=newest_number(company), by=None)
    former = settings(client, company).one("details", class_="former")
    assert client.get(former.one("a")["href"]).status_code == 200


def test_its_page_is_for_reading(client: Client, connector: Connector) -> None:
    """Health, rules, runs and last errors; nothing that would do anything to it."""
    page = Page(client.get(url(connector)))
    panel = page.one(id="panel")
    assert panel.one(class_="badge-status badge-status-disabled").text == "Removed"
    assert panel.one(class_="connector-state").text.startswith("Removed ")
    assert panel.texts("button") == ["Manage 2 users in portal"]
    assert page.all(id="setup") == page.all(id="token-card") == []
    facts = dict(zip(panel.texts("dt"), panel.texts("dd"), strict=True))
    assert (facts["People managed"], facts["Held"]) == ("3", "1 Show")
    assert panel.one(id="health").one("li").texts("p")[:2] == ["bob", "somebody else has this e-mail"]
    assert len(page.rows) == 1


def test_its_runs_tell_of_each_person(client: Client, connector: Connector) -> None:
    page = Page(client.get(url(connector, f"runs/{Run.objects.get().pk}/")))
    assert [row[1] for row in page.rows] == ["Added", "Added", "Refused", "Added"]


def test_r22_what_it_held_is_read_and_decided_by_nobody(client: Client, connector: Connector) -> None:
    change = HeldChange.objects.get()
    page = Page(client.get(url(connector, "held/")))
    assert [row[0] for row in page.rows] == [f"{change.entry.user} {change.entry.user.email}"]
    assert "removed before anybody decided, so the people stay as they are." in page.one(id="panel").text
    assert page.one(id="panel").all("button") == page.one(id="panel").all("input") == []
    with nothing_changes(connector.company):
        assert client.post(url(connector, "held/"), {"act": "confirm", "held": change.pk}).status_code == 404


def test_nothing_is_done_to_it(client: Client, connector: Connector) -> None:
    """R2: as if it never was."""
    with nothing_changes(connector.company):
        for place in ("rules/", "token/", "pause/"):
            assert client.get(url(connector, place)).status_code == 404
            assert client.post(url(connector, place), {"on": "1"}).status_code == 404


def test_r21_its_people_are_handed_over_together(client: Client, connector: Connector) -> None:
    """R9: all but who lacks a name; status and seat stay."""
    company = connector.company
    form = Page(client.get(url(connector))).one(id="panel").one("form")
    sent = {"act": form.one("button")["value"], "connector": form.one("input", name="connector")["value"]}
    response = client.post(form["action"], sent)
    assert (response.status_code, response["Location"]) == (302, f"/companies/{company.pk}/users/")
    page = Page(client.get(url(connector)))
    assert page.messages == ["2 users are managed in the portal now."]
    assert page.one(id="panel").all("form") == []
    left = company.users.filter(connector=connector)
    assert [user.email for user in left] == ["zoe@customer.example"]
    assert statuses(company) == ["active"] * 4


def test_r21_an_existing_connectors_people_are_not(client: Client, company: Company) -> None:
    """R23: nor those of another company's removed one."""
    living = make_connector(company)
    bring(living, Claim("ann", email="ann@customer.example", first_name="Ann", last_name="Lee"))
    foreign = make_connector(make_company(company.partner, tier=Tier.ADVANCED))
    bring(foreign, Claim("bob", email="bob@customer.example", first_name="Bob", last_name="Lee"))
    remove_connector(foreign, by=None)
    with nothing_changes(company):
        for connector in (living, foreign):
            response = client.post(f"/companies/{company.pk}/users/", {"act": "manage", "connector": connector.pk})
            assert (response.status_code, Page(response).alert.text) == (422, "Choose at least one user first.")


def test_r24_read_only_and_support_read_it_and_get_no_button(client: Client, connector: Connector) -> None:
    """R24, R25"""
    sign_in(client, make_colleague(Role.READ_ONLY, connector.company))
    for place in ("", "held/", f"runs/{Run.objects.get().pk}/"):
        assert Page(client.get(url(connector, place))).one(id="panel").all("button") == []
    view_as(client, connector.company.partner)
    for place in ("", "held/", f"runs/{Run.objects.get().pk}/"):
        assert Page(client.get(url(connector, place))).one(id="panel").all("button") == []


@pytest.mark.parametrize("more", [1, 3])
def test_the_card_asks_the_same_however_many_there_are(
    client: Client, company: Company, django_assert_num_queries: DjangoAssertNumQueries, more: int
) -> None:
    for _ in range(more):
        remove_connector(make_connector(company), by=None)
    with django_assert_num_queries(10):
        settings(client, company)
