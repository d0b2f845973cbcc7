"""The Audit page: everything that was done in a partner's companies and by its accounts (R23, R24, R25)."""

import csv
import datetime as dt
import io
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import Act, AuditKind, Outcome
from companies.audit.export import audit_sheet
from companies.audit.models import AuditEvent
from companies.audit.queries import events_of_partner
from companies.audit.record import record, record_of_partner
from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from licensing.pools import change_license
from portal.web.exports import safe_cell, write_csv
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    make_support,
    view_as,
)
from users.accounts.enums import Role
from users.accounts.models import Account, Invitation

pytestmark = pytest.mark.django_db

NONE = "\N{EN DASH}"
HEADER = ["When", "Kind", "What", "Company", "Who", "On behalf of", "From", "Outcome", "Reason"]


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def admin(partner: Partner, client: Client) -> Account:
    account = make_account(partner, name="Ada Admin", email="ada@partner.example")
    client.force_login(account)
    return account


def rows(client: Client, query: str = "") -> list[list[str]]:
    """The cells of the list, as text, without the time."""
    response = client.get(f"/audit/{query}")
    assert response.status_code == 200
    body = re.search(r"<tbody>(.*?)</tbody>", response.text, re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in found]
    return [[unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in row[1:]] for row in cells]


def file_of(client: Client, query: str = "") -> list[list[str]]:
    """The lines of the exported file."""
    response = client.get(f"/audit/export/{query}")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def make_past(partner: Partner, admin: Account) -> Company:
    """Acts of every sort: in an open company, in a closed one, of an account, of support."""
    company = make_company(partner, name="Fabrikam", seats=5)
    gone = make_company(partner, name="Gone", seats=1)
    close_company(gone, typed_name="Gone", by=admin)
    change_license(company, seats=6, tier=Tier.STANDARD, seen=None, by=make_support(), reason="They grow")
    bob = make_account(partner, name="Bob", email="bob@partner.example", role=Role.BILLING)
    for act, by, address, outcome in (
        (Act.SIGNED_IN, bob, "192.0.2.7", Outcome.DONE),
        (Act.SIGN_IN_FAILED, None, "2001:db8::8", Outcome.REFUSED),
    ):
        AuditEvent.objects.create(
            partner=partner,
            kind=AuditKind.ACCOUNTS,
            act=act,
            by_account=by,
            data={"account": bob.pk},
            address=address,
            outcome=outcome,
        )
    return company


LINES = [
    ["Sign-in as Bob failed", NONE, "not signed in", "2001:db8::8", "Refused", ""],
    ["Bob signed in", NONE, "Bob", "192.0.2.7", "Done", ""],
    ["Seats changed from 5 to 6", "Fabrikam", "Support: Support", "", "Done", "They grow"],
    ["Company closed; it had 1 seat", "Gone", "Ada Admin", "", "Done", ""],
    ["Company opened with 1 seat on Standard", "Gone", "the system", "", "Done", ""],
    ["Company opened with 5 seats on Standard", "Fabrikam", "the system", "", "Done", ""],
]


def test_all_that_was_done_newest_first(client: Client, partner: Partner, admin: Account) -> None:
    """Also in closed companies (R19), which are named but lead nowhere."""
    company = make_past(partner, admin)
    assert rows(client) == LINES
    page = client.get("/audit/").text
    assert page.count(f'<a href="/companies/{company.pk}/activity/">Fabrikam</a>') == 2
    assert re.search(r"<td[^>]*>Gone</td>", page)
    assert "Times are in the time zone UTC." in page


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("?kind=accounts", LINES[:2]),
        ("?kind=license", LINES[2:3]),
        ("?kind=support", []),
        ("?outcome=refused", LINES[:1]),
        ("?outcome=done&kind=accounts", LINES[1:2]),
        ("?company=FABRI", [LINES[2], LINES[5]]),
        ("?company=100%25", []),
        ("?account={bob}", LINES[:2]),
        ("?account={ada}", LINES[3:4]),
        ("?account=support", LINES[2:3]),
        ("?kind=company&company=gone&account={ada}", LINES[3:4]),
    ],
)
def test_filters(client: Client, partner: Partner, admin: Account, query: str, lines: list[list[str]]) -> None:
    """The page and the file are narrowed alike."""
    make_past(partner, admin)
    bob = Account.objects.get(email="bob@partner.example")
    address = query.format(bob=bob.pk, ada=admin.pk)
    assert rows(client, address) == lines
    told = [
        [what, company or NONE, who, where, outcome, why]
        for _at, _kind, what, company, who, _for, where, outcome, why in file_of(client, address)[1:]
    ]
    assert told == lines


def test_days_are_the_partners_and_both_ends_count(client: Client, partner: Partner, admin: Account) -> None:
    """14:00 in UTC is the next day in Auckland already."""
    partner.time_zone = "Pacific/Auckland"
    partner.save()
    for hour in (10, 14):
        at = dt.datetime(2026, 3, 9, hour, tzinfo=dt.UTC)
        AuditEvent.objects.create(
            partner=partner, kind="exports", act=Act.AUDIT_EXPORTED, data={"count": hour}, by_account=admin, at=at
        )

    def counts(query: str) -> list[str]:
        return [row[0].split()[0] for row in rows(client, query)]

    assert counts("?date_from=2026-03-09&date_to=2026-03-10") == ["14", "10"]
    assert counts("?date_to=2026-03-09") == ["10"]
    assert counts("?date_from=2026-03-10") == ["14"]
    assert counts("?date_from=2026-03-11") == []
    assert file_of(client, "?date_to=2026-03-09")[1][0] == "2026-03-09 23:00:00+13:00"


def test_nothing_fits_and_nothing_yet(client: Client, admin: Account) -> None:
    assert "Nothing was done yet." in client.get("/audit/").text
    assert "Nothing fits this search." in client.get("/audit/?kind=policies").text


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_for_admins_only(client: Client, partner: Partner, role: Role) -> None:
    """R24: not shown to others, and refused when asked for anyway; what is written down is that it was refused."""
    client.force_login(make_account(partner, role=role))
    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/export/").status_code == 403
    assert 'href="/audit/"' not in client.get("/companies/").text
    events = AuditEvent.objects.filter(partner=partner).order_by("id")
    assert list(events.values_list("act", "outcome", "data")) == [
        ("access_refused", "refused", {"what": "audit:list", "permission": "see_audit"}),
        ("access_refused", "refused", {"what": "audit:export", "permission": "see_audit"}),
    ]


def test_admins_find_it_in_the_navigation(client: Client, admin: Account) -> None:
    assert 'href="/audit/"' in client.get("/companies/").text
    assert '<a href="/audit/" aria-current="true">Audit</a>' in client.get("/audit/").text


def test_visitors_sign_in_first(client: Client) -> None:
    for address in ("/audit/", "/audit/export/"):
        assert client.get(address)["Location"].startswith("/accounts/login/?next=%2Faudit%2F")


def test_r23_another_partners_acts_and_accounts_are_not_there(client: Client, admin: Account) -> None:
    """R23: neither in the list, nor in the file, nor among the choices, nor by a made-up id."""
    theirs = make_account(make_partner("Theirs"), name="Their account")
    assert theirs.partner is not None
    make_past(theirs.partner, theirs)
    assert rows(client) == []
    assert rows(client, f"?account={theirs.pk}") == []
    assert "Their account" not in client.get("/audit/").text
    assert file_of(client) == [HEADER]


def test_only_reads(client: Client, admin: Account) -> None:
    assert client.post("/audit/").status_code == 405
    assert client.post("/audit/export/").status_code == 405
    assert client.head("/audit/export/").status_code == 405
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("acts", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [("/audit/", 8), ("/audit/export/", 7)])
def test_the_number_of_queries_does_not_grow(
    client: Client,
    partner: Partner,
    admin: Account,
    django_assert_num_queries: DjangoAssertNumQueries,
    acts: int,
    address: str,
    queries: int,
) -> None:
    """Session, account, choices of account, count, rows, names of people and of accounts.

    And the page's visits, or the file's own line.
    """
    for _ in range(acts):
        add_people(make_company(partner), 1)
        record_of_partner(partner.pk, Act.SIGNED_IN, by=admin, account=admin.pk)
    with django_assert_num_queries(queries):
        client.get(address)


def test_pages_of_fifty(client: Client, partner: Partner, admin: Account) -> None:
    company = make_company(partner)
    for number in range(60):
        record(company, Act.COMPANY_RENAMED, by=None, name_from=f"{number}", name_to=f"{number + 1}")
    assert rows(client)[0][0] == "Company renamed from “59” to “60”"
    assert (len(rows(client)), len(rows(client, "?page=2"))) == (50, 11)


def test_htmx_gets_the_list_alone_with_a_link_to_its_own_file(client: Client, partner: Partner, admin: Account) -> None:
    make_past(partner, admin)
    part = client.get("/audit/?kind=company&page=1", headers={"HX-Request": "true"}).text
    assert part.strip().startswith('<div id="audit"')
    assert 'href="/audit/export/?kind=company"' in part


def test_the_file(client: Client, partner: Partner, admin: Account) -> None:
    make_past(partner, admin)
    response = client.get("/audit/export/")
    today = dt.datetime.now(tz=dt.UTC).date()
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="audit-{today}.csv"'
    assert "no-store" in response["Cache-Control"]
    lines = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))
    assert lines[0] == HEADER
    assert [line[1:] for line in lines[1:4]] == [
        ["Accounts", "Sign-in as Bob failed", "", "not signed in", "", "2001:db8::8", "Refused", ""],
        ["Accounts", "Bob signed in", "", "Bob", "", "192.0.2.7", "Done", ""],
        ["License", "Seats changed from 5 to 6", "Fabrikam", "Support: Support", "Northwind", "", "Done", "They grow"],
    ]


def test_an_export_is_written_down(client: Client, partner: Partner, admin: Account) -> None:
    make_past(partner, admin)
    client.get("/audit/export/?kind=company&company=gone")
    [event] = AuditEvent.objects.filter(kind="exports")
    assert (event.act, event.by_account, event.partner, event.company) == (Act.AUDIT_EXPORTED, admin, partner, None)
    assert event.data == {"count": 2, "filters": ["kind", "company"]}
    assert rows(client)[0] == ["2 lines of the audit exported", NONE, "Ada Admin", "127.0.0.1", "Done", ""]


def test_connectors_act_for_their_company(client: Client, partner: Partner, admin: Account) -> None:
    """What the file calls on behalf of: a connector's company, the partner for support staff."""
    company = make_company(partner, name="Fabrikam", tier=Tier.ADVANCED)
    add_arrivals(make_connector(company, name="HQ"), 1)
    [_header, arrived, added, _opened] = file_of(client)
    assert arrived[3:6] == ["Fabrikam", "Entra ID connector HQ", "Fabrikam"]
    assert added[3:6] == ["Fabrikam", "the system", ""]


def test_invitations_and_companies_are_named(client: Client, partner: Partner, admin: Account) -> None:
    """Events keep ids; invitations and companies are looked up when shown, each sort in one query."""
    company = make_company(partner, name="Fabrikam")
    for name, email in (("Jo", "jo@partner.example"), ("", "no-name@partner.example")):
        invitation = Invitation.objects.create(
            partner=partner,
            email=email,
            name=name,
            role=Role.BILLING,
            token_hash=email,
            expires_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC),
        )
        record_of_partner(partner.pk, Act.INVITED, by=admin, invitation=invitation.pk, role="billing")
    given: dict[str, Any] = {"given": [company.pk], "given_count": 1, "taken": [], "taken_count": 0}
    record_of_partner(partner.pk, Act.COMPANIES_GIVEN, by=admin, account=admin.pk, **given)
    assert [row[0] for row in rows(client)[:3]] == [
        "Companies given to Ada Admin: Fabrikam",
        "no-name@partner.example invited as Billing",
        "Jo (jo@partner.example) invited as Billing",
    ]


def test_r25_support_reads_it_in_a_visit_and_takes_nothing_away(client: Client, partner: Partner) -> None:
    """R25: the page without the button; the file is refused, and that stands in the partner's audit."""
    support = make_support()
    make_past(partner, make_account(partner))
    visit = view_as(client, partner, support)
    assert "Bob signed in" in client.get("/audit/").text
    assert "Export as CSV" not in client.get("/audit/").text
    assert client.get("/audit/export/").status_code == 403
    [event] = AuditEvent.objects.filter(act__in=[Act.AUDIT_EXPORTED, Act.ACCESS_REFUSED])
    assert (event.act, event.partner, event.by_account) == (Act.ACCESS_REFUSED, partner, support)
    assert event.data == {"what": "audit:export", "visit": visit.pk}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1+1", "\u00a0=1"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ann", "a=b", "'=1", NONE])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_what_people_typed_is_no_formula_in_the_file(client: Client, partner: Partner, admin: Account) -> None:
    admin.name = "@Ada"
    admin.save()
    company = make_company(partner, name="=cmd()", seats=5)
    change_license(company, seats=6, tier=Tier.STANDARD, seen=None, by=admin, reason='-2+3, "so"')
    line = file_of(client)[1][2:]
    assert line == ["Seats changed from 5 to 6", "'=cmd()", "'@Ada", "", "", "Done", '\'-2+3, "so"']


@pytest.mark.parametrize(("most", "written"), [(0, 0), (3, 3), (2_000, 2_000), (2_001, 2_001), (9_999, 2_105)])
def test_the_file_is_bounded_and_complete(partner: Partner, most: int, written: int) -> None:
    """Read a part at a time, no event is left out or stands twice."""
    AuditEvent.objects.bulk_create(
        AuditEvent(partner=partner, kind="exports", act=Act.AUDIT_EXPORTED, data={"count": number})
        for number in range(2_105)
    )
    to = io.BytesIO()
    assert write_csv(audit_sheet(events_of_partner(partner), most=most), to) == written
    lines = list(csv.reader(io.StringIO(to.getvalue().decode("utf-8-sig"), newline="")))[1:]
    assert [int(line[2].split()[0]) for line in lines] == list(range(2_104, 2_104 - written, -1))


@pytest.mark.parametrize(
    "query", ["?kind=banana&account=banana&date_from=banana&page=x&sort=x", "?date_from=0001-01-01"]
)
def test_what_makes_no_sense_is_passed_over_by_the_page_and_refused_by_the_export(
    client: Client, partner: Partner, admin: Account, query: str
) -> None:
    """A file never holds more than was asked for: the page says what is wrong, and nothing was taken away."""
    make_past(partner, admin)
    assert rows(client, query) == LINES
    response = client.get(f"/audit/export/{query}")
    assert (response.status_code, response.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert not AuditEvent.objects.filter(act=Act.AUDIT_EXPORTED).exists()
