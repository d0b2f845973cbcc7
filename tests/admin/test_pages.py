"""Every page of the support staff's admin opens, for support staff alone (R25)."""

import re

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from licensing.models import LedgerEntry
from licensing.pools import change_license
from tests.factories import (
    add_people,
    make_account,
    make_company,
    make_connector,
    make_held,
    make_invitation,
    make_partner,
    make_support,
    switch_policy_on,
)
from users.accounts.models import Account, Invitation
from users.directory.models import Connector, Entry, HeldChange, Run
from users.models import StatusChange, User

pytestmark = pytest.mark.django_db

MODELS = list(admin.site._registry)


@pytest.fixture
def company() -> Company:
    """Something of everything: waiting people, a policy, a connector and what it did, ledger, history, events."""
    company = make_company(name="Fabrikam", seats=3, tier=Tier.ADVANCED, used=3, pending=2)
    make_held(Connector.objects.get(company=company))
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    make_invitation(company.partner, by=make_account(company.partner))
    return company


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def test_all_that_support_looks_after_is_there() -> None:
    assert sorted(model._meta.label for model in MODELS) == [
        "accounts.Account",
        "accounts.Invitation",
        "audit.AuditEvent",
        "auth.Group",
        "companies.Company",
        "directory.Connector",
        "directory.Entry",
        "directory.HeldChange",
        "directory.Run",
        "licensing.LedgerEntry",
        "partners.Partner",
        "policies.Policy",
        "users.StatusChange",
        "users.User",
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_lists_searches_and_pages_of_rows_open(
    client: Client, support: Account, company: Company, model: type[Company]
) -> None:
    row = model._default_manager.order_by("-pk").first()
    assert row is not None
    for url in (
        address(model, "changelist"),
        address(model, "changelist") + "?q=fabrikam",
        address(model, "changelist") + "?p=2",
        address(model, "change", row.pk),
    ):
        assert client.get(url, follow=True).status_code == 200, url
    assert client.get(address(model, "change", row.pk)).status_code == 200
    assert client.get(address(model, "history", row.pk), follow=True).status_code == 200


@pytest.mark.parametrize("path", ["", "users/", "companies/"])
def test_the_other_pages_open(client: Client, support: Account, path: str) -> None:
    assert client.get(f"/admin/{path}").status_code == 200


def test_ones_own_password_is_changed_where_everybody_does(client: Client, support: Account) -> None:
    response = client.get("/admin/password_change/", follow=True)
    assert (response.redirect_chain, response.status_code) == ([("/accounts/password/change/", 302)], 200)


def test_the_pages_need_no_inline_script_or_style(client: Client, support: Account, company: Company) -> None:
    """Every script and style has the page's nonce or is a file of ours; no attribute carries code."""
    for url in ("/admin/", address(Company, "changelist"), address(Company, "change", company.pk), rule_page(company)):
        response = client.get(url)
        nonce = re.findall(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", response.text):
            assert "src=" in tag or (nonce and f'nonce="{nonce[0]}"' in tag), (url, tag)
        assert not re.findall(r"<[^>]+\s(?:style|on[a-z]+)=", response.text), url


def rule_page(company: Company, rule: str = "ChangeLicense") -> str:
    return reverse("admin:companies_company_rule", args=[rule]) + f"?ids={company.pk}"


def test_partner_staff_get_a_403_and_visitors_sign_in(client: Client, company: Company) -> None:
    """R23, R25: an Admin of a partner is no support staff."""
    pages = ["/admin/", rule_page(company), *(address(model, "changelist") for model in MODELS)]
    for page in pages:
        assert client.get(page, follow=True).redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    client.force_login(make_account(company.partner))
    for page in pages:
        assert client.get(page, follow=True).status_code == 403
    assert client.post(
        rule_page(company), {"seats": 9, "tier": "advanced", "reason": "x"}, follow=True
    ).status_code in {
        403,
        405,
    }
    company.refresh_from_db()
    assert company.seats == 3


def test_support_staff_without_permissions_run_no_rules(client: Client, company: Company) -> None:
    account = Account.objects.create_user("new@vendor.example", "x" * 20, name="New", is_staff=True, role="")
    client.force_login(account)
    assert client.get(rule_page(company)).status_code == 403
    assert client.get(address(Company, "change", company.pk)).status_code == 403


def test_a_companys_page_shows_its_ledger_activity_and_history(
    client: Client, support: Account, company: Company
) -> None:
    for seats in range(4, 30):
        change_license(company, seats=seats, tier=Tier.ADVANCED, seen=None, by=None)
    page = client.get(address(Company, "change", company.pk)).text
    assert "Seats changed from 28 to 29" in page
    assert "28 Advanced → 29 Advanced" in page
    # The latest twenty of each.
    assert "Seats changed from 9 to 10" in page
    assert "Seats changed from 8 to 9" not in page
    assert "Password auditing" in page
    assert "Directory" in page


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (User, 4),
        (Company, 4),
        (AuditEvent, 7),
        (LedgerEntry, 4),
        (StatusChange, 4),
        (Account, 4),
        (Invitation, 4),
        (Partner, 4),
        (Connector, 4),
        (Entry, 4),
        (HeldChange, 4),
        (Run, 4),
    ],
)
def test_lists_ask_a_constant_number_of_queries(
    client: Client,
    support: Account,
    django_assert_num_queries: DjangoAssertNumQueries,
    model: type[Company],
    queries: int,
    rows: int,
) -> None:
    """Session, account, count, rows; events have partners to filter by, and look up all names at once."""
    for _ in range(rows):
        company = make_company(seats=20, tier=Tier.ADVANCED)
        add_people(company, 2 * rows)
        make_held(make_connector(company))
        make_invitation(company.partner, by=make_account(company.partner))
    client.get(address(model, "changelist"))
    with django_assert_num_queries(queries):
        client.get(address(model, "changelist"))


def test_search_finds_any_case_and_part(client: Client, support: Account) -> None:
    partner = make_partner("Northwind")
    company = make_company(partner, name="Fabrikam GmbH")
    make_company(name="Contoso")
    user = company.primary_user

    for model, query, text in [
        (Company, "BRIKAM", "Fabrikam GmbH"),
        (Company, "northw", "Fabrikam GmbH"),
        (User, user.email.upper(), user.email),
        (User, user.last_name.lower(), user.email),
        (Partner, "NORTHW", "Northwind"),
    ]:
        page = client.get(address(model, "changelist"), {"q": query}).text
        assert text in page
        assert "Contoso" not in page


def test_closed_companies_are_found_too(client: Client, support: Account) -> None:
    company = make_company(name="Gone")
    close_company(company, typed_name="Gone", by=None)
    assert "Gone" in client.get(address(Company, "changelist") + "?state=closed").text
    assert "Gone" not in client.get(address(Company, "changelist") + "?state=open").text
    assert client.get(address(Company, "change", company.pk)).status_code == 200


@pytest.mark.parametrize(
    ("model", "field"), [(Account, "password"), (Invitation, "token_hash"), (Connector, "token_hash")]
)
@pytest.mark.parametrize("lookup", ["", "__startswith", "__gt", "__regex"])
def test_no_hash_is_read_by_filters(
    client: Client, support: Account, company: Company, model: type[Model], field: str, lookup: str
) -> None:
    """Whether a list is empty would tell letter by letter how the hash goes on."""
    assert client.get(address(model, "changelist"), {f"{field}{lookup}": "a"}).status_code == 400


@pytest.mark.parametrize("wrong", ["a\0b", "-1", "9" * 30, "²", "'\"<>&", "\ud800".encode("utf-8", "surrogatepass")])
def test_hostile_values_are_refused_not_failed_on(
    client: Client, support: Account, company: Company, wrong: str | bytes
) -> None:
    """In filters and searches, which then narrow nothing down, and in every field of a rule."""
    for model in MODELS:
        for parameter in ("q", "p", "o", "e", "partner__id__exact", "state", "access", "role", "kind", "partner"):
            answer = client.get(address(model, "changelist"), {parameter: wrong})
            assert answer.status_code in {200, 302, 400}, (model, parameter)
    accounts = {account.is_staff: account for account in (make_support(), make_account())}
    pages = [
        address(Partner, "add"),
        address(Account, "add"),
        address(Account, "rule", "ChangeSignIn") + f"?ids={accounts[False].pk}",
        address(Account, "rule", "ChangeRole") + f"?ids={accounts[False].pk}",
        address(Account, "rule", "ChangeSupport") + f"?ids={accounts[True].pk}",
        address(Partner, "rule", "ChangeAccess") + f"?ids={company.partner_id}",
        address(Partner, "rule", "ChangePartner") + f"?ids={company.partner_id}",
        address(User, "rule", "EraseUser") + f"?ids={company.primary_user_id}",
    ]
    for page in pages:
        names = re.findall(r'name="(\w+)"', client.get(page).text)
        answer = client.post(page, dict.fromkeys(set(names) - {"csrfmiddlewaretoken", "is_meant"}, wrong))
        assert answer.status_code == 422, page
    assert client.get(address(Account, "rule", "ChangeRole"), {"ids": wrong}).status_code in {400, 404}
