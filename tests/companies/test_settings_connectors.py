"""The Connectors card (R13, R14, R21)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from companies.models import Company
from companies.partners.models import Partner
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from tests.factories import add_arrivals, make_account, make_colleague, make_company, make_connector, sign_in
from tests.facts import nothing_changes
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.models import Connector
from users.directory.rules import hash_token

pytestmark = pytest.mark.django_db

TYPED = {"kind": "entra_id", "name": "Head office"}


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    sign_in(client, account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, seats=4, tier=Tier.ADVANCED)


def add_url(company: Company) -> str:
    return f"/companies/{company.pk}/settings/connectors/add/"


def remove_url(connector: Connector) -> str:
    return f"/companies/{connector.company_id}/settings/connectors/{connector.pk}/remove/"


def card(client: Client, company: Company) -> Tag:
    return Page(client.get(f"/companies/{company.pk}/settings/")).one(id="connectors")


def test_lists_what_exists_with_its_people(client: Client, company: Company) -> None:
    add_arrivals(make_connector(company, name="Head office"), 2)
    make_connector(company, name="Branch", asks_approval=True)
    rows = [row.texts("p") for row in card(client, company).all("li")]
    assert [(name, people.split(" · ")[:2], people.split(" · ")[3:]) for name, people, _state in rows] == [
        ("Head office Never contacted", ["Entra ID", "2 users"], []),
        ("Branch Never contacted", ["Entra ID", "0 users"], ["asks for approval"]),
    ]


def test_the_day_of_adding_is_the_partners(client: Client, company: Company) -> None:
    """In Auckland it is tomorrow already."""
    Partner.objects.filter(pk=company.partner_id).update(time_zone="Pacific/Auckland")
    connector = make_connector(company)
    at = dt.datetime(2026, 3, 14, 22, 0, tzinfo=dt.UTC)
    Connector.objects.filter(pk=connector.pk).update(created_at=at)
    assert "added March 15, 2026" in card(client, company).text
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "dialog"}], ids=["page", "htmx"])
def test_the_token_is_shown_once_and_only_its_hash_is_kept(
    client: Client, company: Company, headers: dict[str, str]
) -> None:
    response = client.post(add_url(company), TYPED | {"asks_approval": "on"}, headers=headers)
    dialog = Page(response).one("dialog")
    token = dialog.one("input", id="token")["value"]
    connector = company.connectors.get()
    assert response.status_code == 200
    assert (connector.kind, connector.name, connector.asks_approval) == ("entra_id", "Head office", True)
    assert connector.token_hash == hash_token(token)
    renewed = Page(response).all(id="connectors")
    assert [tag.one(class_="row-name").text for tag in renewed] == (["Head office Never contacted"] if headers else [])
    assert "no-store" in response["Cache-Control"]
    assert token not in client.get(f"/companies/{company.pk}/settings/").content.decode()


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": ""}, {"name": ["Fill this in."]}),
        ({"name": "x" * 101}, {"name": ["Use at most 100 characters; these are 101."]}),
        ({"kind": "ldap"}, {"kind": ["Select a valid choice. ldap is not one of the available choices."]}),
    ],
)
def test_wrong_fields_are_answered_where_they_are(
    client: Client, company: Company, typed: dict[str, str], errors: dict[str, list[str]]
) -> None:
    with nothing_changes(company):
        response = client.post(add_url(company), TYPED | typed)
    page = Page(response)
    assert response.status_code == 422
    assert {name: page.errors(name) for name in TYPED if page.errors(name)} == errors


def test_a_double_click_adds_one_and_says_that_the_token_was_shown(client: Client, company: Company) -> None:
    """Without JavaScript the browser shows the second answer only, and nobody can show the token again."""
    client.post(add_url(company), TYPED)
    with nothing_changes(company):
        response = client.post(add_url(company), TYPED)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.one("p").text == (
        "You added this connector a moment ago, and its token was shown that once. If you did not see it, make a new "
        "token."
    )
    [link] = page.alert.all("a")
    own = f"/companies/{company.pk}/settings/connectors/{company.connectors.get().pk}/"
    assert (link.text, link["href"]) == ("New token for Head office", f"{own}token/")


@pytest.mark.parametrize("case", ["another account", "another kind", "long ago"])
def test_a_name_that_is_taken_is_no_double_click(client: Client, company: Company, case: str) -> None:
    client.post(add_url(company), TYPED)
    typed = TYPED | ({"kind": "okta"} if case == "another kind" else {})
    if case == "another account":
        sign_in(client, make_account(company.partner))
    if case == "long ago":
        Connector.objects.update(created_at=timezone.now() - dt.timedelta(minutes=11))
    assert Page(client.post(add_url(company), typed)).alert.text == "A connector named “Head office” exists already."


def test_a_name_in_another_case_is_taken(client: Client, company: Company) -> None:
    client.post(add_url(company), TYPED)
    with nothing_changes(company):
        response = client.post(add_url(company), TYPED | {"name": "HEAD office"})
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "A connector named “HEAD office” exists already."
    assert page.value("name") == "HEAD office"


def test_r14_connectors_are_explained_and_closed_on_standard(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    connectors = card(client, company)
    assert connectors.one(class_="hint").text == (
        "Connectors come with the tier Advanced. This company is on Standard. Upgrade to Advanced"
    )
    assert connectors.all("button") == []
    with nothing_changes(company):
        response = client.post(add_url(company), TYPED)
    assert (response.status_code, Page(response).alert.text) == (422, "Connectors need the tier Advanced.")


def test_r21_removing_asks_first_and_the_people_stay(client: Client, company: Company) -> None:
    connector = make_connector(company, name="Head office")
    people = add_arrivals(connector, 2)
    dialog = Page(client.get(remove_url(connector))).one("dialog")
    assert dialog.one("h2").text == "Remove Head office"
    assert "Its 2 users stay, with status and seat" in dialog.text
    response = client.post(remove_url(connector))
    assert (response.status_code, response["Location"]) == (302, f"/companies/{company.pk}/settings/#connectors")
    page = Page(client.get(f"/companies/{company.pk}/settings/"))
    assert page.messages == ["The connector Head office was removed."]
    assert page.one(id="connectors").one(class_="rows-empty").text == "No connector yet."
    for user in people:
        user.refresh_from_db()
    assert [user.status for user in people] == ["active", "active"]


def test_r7_removing_tells_who_came_in_from_the_line(client: Client, company: Company) -> None:
    """R7: a removed connector asks for no approval any more."""
    connector = make_connector(company, name="Head office", asks_approval=True)
    add_arrivals(connector, 2)
    choose_auto_fill(company, on=True, by=None)
    client.post(remove_url(connector))
    assert Page(client.get(f"/companies/{company.pk}/settings/")).messages == [
        "The connector Head office was removed.",
        "2 users came in from the waiting line.",
    ]


def test_removing_twice_is_removing_once(client: Client, company: Company) -> None:
    connector = make_connector(company)
    client.post(remove_url(connector))
    with nothing_changes(company):
        assert client.post(remove_url(connector)).status_code == 302
    assert Page(client.get(f"/companies/{company.pk}/settings/")).messages[-1] == "This connector was removed already."


def test_r24_a_technician_adds_and_removes_the_connectors_of_a_given_company(client: Client, company: Company) -> None:
    sign_in(client, make_colleague(Role.TECHNICIAN, company))
    assert card(client, company).texts("button") == ["Add connector"]
    assert client.post(add_url(company), TYPED).status_code == 200
    [connector] = Connector.objects.of_company(company).existing()
    assert card(client, company).texts("button") == ["Add connector", f"Remove {connector.name}"]
    assert client.post(remove_url(connector)).status_code == 302
    assert not Connector.objects.of_company(company).existing().exists()


@pytest.mark.parametrize("role", [Role.BILLING, Role.READ_ONLY])
def test_r24_other_roles_see_no_buttons_and_get_a_403(client: Client, company: Company, role: Role) -> None:
    connector = make_connector(company)
    sign_in(client, make_colleague(role, company))
    cards = Page(client.get(f"/companies/{company.pk}/settings/")).all(id="connectors")
    assert [card.all("button") for card in cards] == ([] if role == Role.BILLING else [[]])
    with nothing_changes(company):
        answers = [client.post(add_url(company), TYPED), client.post(remove_url(connector))]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_r23_connectors_of_other_companies_do_not_exist(client: Client, company: Company) -> None:
    connector = make_connector(company)
    own = make_company(company.partner, tier=Tier.ADVANCED)
    with nothing_changes(company):
        crossed = client.post(remove_url(connector).replace(str(company.pk), str(own.pk), 1))
        sign_in(client, make_account())
        foreign = [client.post(add_url(company), TYPED), client.post(remove_url(connector))]
    assert [answer.status_code for answer in [crossed, *foreign]] == [404, 404, 404]
