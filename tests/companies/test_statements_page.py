"""The Statements page (R15, R24)."""

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from companies.partners.models import Partner
from licensing.enums import Tier
from portal.templatetags.numbers import grouped, money
from tests.factories import make_account, make_company, make_partner
from tests.licensing.test_statements import SEAT_HISTORY, write_history, write_terms
from users.accounts.enums import Role

pytestmark = pytest.mark.django_db


def text_rows(html: str, part: str = "tbody") -> list[list[str]]:
    body = re.search(rf"<{part}>(.*?)</{part}>", html, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [[cell_text(cell) for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]


def cell_text(cell: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split()))


def signed_in(client: Client, partner: Partner, role: Role = Role.ADMIN) -> None:
    client.force_login(make_account(partner, role=role))


def test_this_month_so_far(client: Client) -> None:
    """R15: seats assigned times the price of the tier, used or not; closed companies have none."""
    partner = make_partner()
    make_company(partner, name="beta", seats=1_200, tier=Tier.ADVANCED)
    make_company(partner, name="Alpha", seats=10, used=3)
    closed = make_company(partner, name="Closed", seats=7)
    close_company(closed, typed_name="Closed", by=None)
    make_company(name="Another partner's")
    signed_in(client, partner)

    page = client.get("/statements/").text
    assert text_rows(page) == [
        ["Alpha", "Standard", "10", "4.00 EUR", "40.00 EUR"],
        ["beta", "Advanced", "1,200", "7.00 EUR", "8,400.00 EUR"],
    ]
    assert text_rows(page, "tfoot") == [["Total", "1,210", "", "8,440.00 EUR"]]
    assert "so far" in page


@time_machine.travel(dt.datetime(2026, 3, 10, tzinfo=dt.UTC), tick=False)
def test_a_month_that_has_ended_is_final(client: Client) -> None:
    """R15: a company that was closed afterwards is listed with the seats that it had at the month's end."""
    partner = make_partner()
    write_history(partner, SEAT_HISTORY, name="Closed in February")
    signed_in(client, partner)

    page = client.get("/statements/?month=2026-01").text
    assert text_rows(page) == [["Closed in February", "Standard", "20", "4.00 EUR", "80.00 EUR"]]
    assert "so far" not in page
    assert "No company had seats at the end of this month." in client.get("/statements/?month=2026-02").text


@time_machine.travel(dt.datetime(2026, 3, 10, tzinfo=dt.UTC), tick=False)
def test_a_final_statement_says_what_was_agreed_then(client: Client) -> None:
    """R15: price, currency and time zone of the month shown, not those of today; and its month can still be chosen."""
    partner = make_partner()
    write_history(partner, [("2026-02-01T04:00", 10, Tier.STANDARD)])
    write_terms(
        partner,
        ("2026-01-01T00:00", {"time_zone": "America/Los_Angeles"}),
        ("2026-03-01T12:00", {"time_zone": "Asia/Tokyo", "price_standard": 600, "currency": "JPY"}),
    )
    signed_in(client, partner)

    final, present = client.get("/statements/?month=2026-01").text, client.get("/statements/").text
    assert text_rows(final) == [["Company", "Standard", "10", "4.00 EUR", "40.00 EUR"]]
    assert "in the time zone America/Los_Angeles." in final
    assert text_rows(present) == [["Company", "Standard", "10", "600 JPY", "6,000 JPY"]]
    assert "in the time zone Asia/Tokyo." in present
    assert re.findall(r'<option value="(\d{4}-\d\d)"', present) == ["2026-03", "2026-02", "2026-01"]


@time_machine.travel(dt.datetime(2026, 3, 10, tzinfo=dt.UTC), tick=False)
@pytest.mark.parametrize("month", ["", "banana", "2026-13", "2026-1", "2025-11", "2026-04", "9999-12", "2026-03-01"])
def test_without_a_month_that_can_be_shown_the_present_one_is(client: Client, month: str) -> None:
    partner = make_partner()
    write_history(partner, SEAT_HISTORY)
    signed_in(client, partner)

    page = client.get("/statements/", {"month": month}).text
    assert re.findall(r'<option value="(\d{4}-\d\d)"', page) == ["2026-03", "2026-02", "2026-01", "2025-12"]
    assert '<option value="2026-03" selected>' in page
    assert cell_text(re.findall(r'<h2 id="statement-title">(.*?)</h2>', page)[0]) == "March 2026 so far"


@time_machine.travel(dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC), tick=False)
@pytest.mark.parametrize(("zone", "month"), [("Pacific/Auckland", "2026-04"), ("America/Los_Angeles", "2026-03")])
def test_the_present_month_is_the_partners(client: Client, zone: str, month: str) -> None:
    partner = make_partner()
    Partner.objects.filter(pk=partner.pk).update(time_zone=zone)
    signed_in(client, partner)
    assert f'<option value="{month}" selected>' in client.get("/statements/").text


def test_a_partner_without_companies(client: Client) -> None:
    signed_in(client, make_partner())
    page = client.get("/statements/").text
    assert "No company has seats yet." in page
    assert "<table" not in page


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.BILLING, 200), (Role.TECHNICIAN, 403), (Role.READ_ONLY, 403)]
)
def test_roles(client: Client, role: Role, status: int) -> None:
    """R24: too small a role gets a 403, and no link to it."""
    signed_in(client, make_partner(), role)
    response = client.get("/statements/")
    assert response.status_code == status
    if status == 403:
        assert 'href="/statements/"' not in response.text


@pytest.mark.parametrize("companies", [1, 3])
def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, companies: int
) -> None:
    """Session, account, first entry and the terms of its moment; terms and newest entries; visits."""
    partner = make_partner()
    for _ in range(companies):
        make_company(partner)
    signed_in(client, partner)
    with django_assert_num_queries(7):
        client.get("/statements/")


def test_only_reads(client: Client) -> None:
    signed_in(client, make_partner())
    assert client.post("/statements/").status_code == 405


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "EUR", "1,234.50\xa0EUR"),
        ("0", "USD", "0.00\xa0USD"),
        ("1234567.89", "CHF", "1,234,567.89\xa0CHF"),
        ("1500.00", "JPY", "1,500\xa0JPY"),
        ("0.50", "JPY", "0.50\xa0JPY"),
    ],
)
def test_money(amount: str, currency: str, text: str) -> None:
    assert money(Decimal(amount), currency) == text


def test_grouped() -> None:
    assert [grouped(number) for number in (0, 999, 1_000, 1_000_000)] == ["0", "999", "1,000", "1,000,000"]
