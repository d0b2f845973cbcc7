"""The audit in support's site: every partner's, and what is no partner's (R25)."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import Act, Outcome
from companies.audit.models import AuditEvent
from companies.audit.record import record_of_partner, record_of_support
from companies.partners.models import Partner
from tests.factories import make_account, make_company, make_partner, make_support
from tests.page import Page
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

LIST = "/admin/audit/auditevent/"


@pytest.fixture
def northwind(client: Client) -> Partner:
    """Two partners with a company each; a sign-in of one, a stranger at the door, and support's own sign-in."""
    support = make_support()
    northwind, contoso = make_partner("Northwind"), make_partner("Contoso")
    make_company(northwind, name="Fabrikam", seats=5)
    make_company(contoso, name="Northern Lights", seats=5)
    ada = make_account(northwind, name="Ada")
    record_of_partner(northwind.pk, Act.SIGNED_IN, by=ada, account=ada.pk)
    record_of_support(Act.SIGN_IN_FAILED, by=None, outcome=Outcome.REFUSED)
    record_of_support(Act.SIGNED_IN, by=support, account=support.pk)
    client.force_login(support)
    return northwind


OPENED = "Company opened with 5 seats on Standard"
LINES = [
    ["Support signed in", "Support: Support", "-", "-", "-", "Done", "-"],
    ["Sign-in with an unknown e-mail failed", "not signed in", "-", "-", "-", "Refused", "-"],
    ["Ada signed in", "Ada", "Northwind", "-", "-", "Done", "-"],
    [OPENED, "the system", "Contoso", "Northern Lights", "-", "Done", "-"],
    [OPENED, "the system", "Northwind", "Fabrikam", "-", "Done", "-"],
]


def rows(client: Client, query: str = "") -> list[list[str]]:
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return [row[1:] for row in Page(response).rows if len(row) == 8]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", LINES),
        ("?partner=none", LINES[:2]),
        ("?partner={northwind}", [LINES[2], LINES[4]]),
        ("?partner=banana", LINES),
        ("?partner=99999999999999999999", LINES),
        ("?outcome__exact=refused", LINES[1:2]),
        ("?kind__exact=company", LINES[3:]),
        ("?q=FABRI", LINES[4:]),
        ("?q=contoso", LINES[3:4]),
        ("?q=north", LINES[2:]),
        ("?q=ada", []),
    ],
)
def test_filters_and_search(client: Client, northwind: Partner, query: str, lines: list[list[str]]) -> None:
    assert rows(client, query.format(northwind=northwind.pk)) == lines


@pytest.mark.parametrize("acts", [1, 3])
def test_the_number_of_queries_does_not_grow(
    client: Client, northwind: Partner, django_assert_num_queries: DjangoAssertNumQueries, acts: int
) -> None:
    """Session, account, partners to choose from, count, rows, names of accounts."""
    for _ in range(acts):
        account = make_account(make_partner())
        record_of_partner(account.partner_id or 0, Act.SIGNED_IN, by=account, account=account.pk)
    with django_assert_num_queries(6):
        client.get(LIST)


def test_many_partners_are_searched_for_instead(client: Client, northwind: Partner) -> None:
    """A list of hundreds beside every page helps nobody; the one that is chosen is named."""
    Partner.objects.bulk_create(Partner(name=f"A{n}", price_standard=1, price_advanced=1) for n in range(40))
    assert f"?partner={northwind.pk}" not in client.get(LIST).text
    chosen = client.get(f"{LIST}?partner={northwind.pk}")
    assert f'<a href="?partner={northwind.pk}">Northwind</a>' in " ".join(chosen.text.split())
    assert [row[1:] for row in Page(chosen).rows if len(row) == 8] == [LINES[2], LINES[4]]


def test_one_event_with_its_address_for_reading_only(client: Client, northwind: Partner) -> None:
    ada = Account.objects.get(name="Ada")
    event = AuditEvent.objects.create(
        partner=northwind, kind="accounts", act=Act.SIGNED_IN, data={"account": ada.pk}, by_account=ada, address="::1"
    )
    page = client.get(f"{LIST}{event.pk}/change/")
    assert page.status_code == 200
    assert "::1" in page.text
    assert client.post(f"{LIST}{event.pk}/change/", {"reason": "Other"}).status_code == 403
    assert client.post(f"{LIST}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    event.refresh_from_db()
    assert event.reason == ""
