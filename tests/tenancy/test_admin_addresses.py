"""Every address of support's own site, asked for by all who are no support staff, and by its two groups (R23, R25).

The addresses are found by walking the URL conf of the site, and the rules by asking every page of rows for its own, so
that a new one cannot be forgotten.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from companies.audit.enums import Outcome
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from portal.admin_actions import RulesAdmin
from tests.factories import (
    make_account,
    make_company,
    make_connector,
    make_held,
    make_invitation,
    make_support,
    sign_in,
    switch_policy_on,
)
from tests.facts import Facts, facts
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.groups import READER, RULED, SUPPORT
from users.accounts.models import Account
from users.directory.models import Connector

pytestmark = pytest.mark.django_db

_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_OF_PATTERNS = {r"^(?P<app_label>": "companies/", r"(?P<url>": "nowhere/"}


def paths(patterns: list[Any] | None = None, before: str = "/admin/") -> Iterator[str]:
    """The addresses, with an id of 1 wherever there is one."""
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        route = str(pattern.pattern)
        sample = next((path for start, path in _OF_PATTERNS.items() if route.startswith(start)), None)
        path = before + (
            sample or _ARGUMENT.sub(lambda argument: "ChangeLicense" if argument[1] == "rule" else "1", route)
        )
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, path)
        else:
            assert isinstance(pattern, URLPattern)
            yield path


PATHS = sorted(set(paths()))
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
RULES = [
    (model, rule.__name__)
    for model in MODELS
    if isinstance(model_admin := admin.site._registry[model], RulesAdmin)
    for rule in model_admin.rule_forms
]
FOR_SUPERUSERS = {"ChangeSupport"}
"""Rules that are run on the accounts of support staff alone."""


@pytest.fixture
def company() -> Company:
    """Something of everything."""
    company = make_company(tier=Tier.ADVANCED)
    make_held(make_connector(company))
    switch_policy_on(company)
    make_invitation(company.partner, by=make_account(company.partner))
    return company


def member(client: Client, name: str) -> Account:
    """Somebody of the group, who signed in just now."""
    account = Account.objects.create_user(f"{name}@vendor.example".lower(), "x" * 20, name=name, is_staff=True, role="")
    account.groups.set([Group.objects.get(name=name)])
    sign_in(client, account)
    return account


def all_there_is() -> list[Any]:
    """Every partner with its rows, and every account and group of support staff; but not who was refused something."""
    rows: list[Any] = []
    for partner in Partner.objects.order_by("pk"):
        of_partner: Facts = facts(partner)
        events = of_partner[AuditEvent._meta.label]
        of_partner[AuditEvent._meta.label] = [event for event in events if event["outcome"] != Outcome.REFUSED]
        rows += [Partner.objects.filter(pk=partner.pk).values().get(), of_partner]
    rows += (
        Account.objects.filter(is_staff=True).order_by("pk").values("email", "is_active", "is_superuser", "password")
    )
    rows += Group.objects.order_by("pk", "permissions", "user").values("name", "permissions", "user")
    rows += AuditEvent.objects.filter(partner=None, outcome=Outcome.DONE).order_by("pk").values()
    return rows


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = all_there_is()
    yield
    assert all_there_is() == before


def row_of(model: type[Model]) -> Model:
    """One row of the model; of accounts, somebody of a partner's."""
    rows = model._default_manager.order_by("pk")
    return (rows.filter(is_staff=False) if model is Account else rows)[0]


def page(model: type[Model], kind: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def rule_page(model: type[Model], rule: str, row: Model) -> str:
    return f"{page(model, 'rule', rule)}?ids={row.pk}"


def test_the_walk_finds_the_site() -> None:
    assert {"/admin/", "/admin/users/user/rule/ChangeLicense/", "/admin/companies/company/1/change/"} <= set(PATHS)
    assert len(PATHS) > 60
    assert {(model._meta.label_lower) for model, _rule in RULES} == set(RULED)
    assert len(RULES) == 24


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_gets_in(company: Company, path: str) -> None:
    """Visitors and support staff who were deactivated are sent to sign in; a partner's staff get a 403 in the end."""
    gone = make_support()
    clients = {role: Client() for role in Role}
    for role, client in clients.items():
        sign_in(client, make_account(company.partner, role=role))
    deactivated = Client()
    sign_in(deactivated, gone)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    with nothing_changes():
        for method in ("get", "post"):
            for client in (Client(), deactivated):
                response = getattr(client, method)(path, follow=True)
                assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F"), method
            for role, client in clients.items():
                assert getattr(client, method)(path, follow=True).status_code == 403, (method, role)


@pytest.mark.parametrize("name", [READER, SUPPORT])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_both_groups_see_everything(client: Client, company: Company, model: type[Model], name: str) -> None:
    member(client, name)
    row = row_of(model)
    with nothing_changes():
        for path in (page(model, "changelist"), page(model, "change", row.pk)):
            assert client.get(path).status_code == 200, path
        assert client.get(page(model, "history", row.pk), follow=True).status_code == 200


def test_both_groups_see_all_lists_that_a_superuser_sees(client: Client, company: Company) -> None:
    """Of a partner terms, invitations and visits too; of a company ledger, activity, history, policies, connectors.

    Of a connector its runs, its entries, and what is held.
    """

    def lists(row: Model) -> list[str]:
        return Page(client.get(page(type(row), "change", row.pk))).texts("h2", class_="inline-heading")

    rows = (company.partner, company, company.primary_user, Connector.objects.get())
    sign_in(client, make_support())
    seen = [lists(row) for row in rows]
    assert [len(each) for each in seen] == [4, 5, 2, 3]
    for name in (READER, SUPPORT):
        member(client, name)
        assert [lists(row) for row in rows] == seen


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/admin/logout/"])
def test_a_reader_changes_nothing(client: Client, company: Company, path: str) -> None:
    """Whatever a Reader sends anywhere; it may only sign out, and view as a partner with a reason."""
    member(client, READER)
    with nothing_changes():
        for method in ("get", "post"):
            status = getattr(client, method)(path).status_code
            assert status == 403 or not path.endswith(("/add/", "/login/")), method


@pytest.mark.parametrize(("model", "rule"), RULES, ids=lambda value: getattr(value, "__name__", value))
def test_a_reader_runs_no_rule_and_is_offered_none(
    client: Client, company: Company, model: type[Model], rule: str
) -> None:
    member(client, READER)
    row = row_of(model)
    with nothing_changes():
        assert client.get(rule_page(model, rule, row)).status_code == 403
        assert client.post(rule_page(model, rule, row), {"reason": "Ticket 7"}).status_code == 403
        assert f'value="{rule}"' not in client.get(page(model, "change", row.pk)).text
        assert client.post(page(model, "change", row.pk), {"name": "x"}).status_code == 403


@pytest.mark.parametrize(("model", "rule"), RULES, ids=lambda value: getattr(value, "__name__", value))
def test_support_is_asked_for_a_reason_by_every_rule(
    client: Client, company: Company, model: type[Model], rule: str
) -> None:
    """And by those for superusers refused: what is offered is what may be run."""
    member(client, SUPPORT)
    row = row_of(model)
    may = rule not in FOR_SUPERUSERS
    with nothing_changes():
        assert client.get(rule_page(model, rule, row)).status_code == (200 if may else 403)
        response = client.post(rule_page(model, rule, row), {"reason": " "})
        assert response.status_code == (422 if may else 403)
        assert not may or Page(response).errors("reason") == ["This field is required."]
        assert (f'value="{rule}"' in client.get(page(model, "change", row.pk)).text) is may


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("name", [READER, SUPPORT, "superuser"])
def test_no_row_is_edited_or_deleted(client: Client, company: Company, model: type[Model], name: str) -> None:
    """R2, R3, R16, R17: whatever is posted to its page."""
    if name == "superuser":
        sign_in(client, make_support())
    else:
        member(client, name)
    row = row_of(model)
    with nothing_changes():
        for path in (page(model, "change", row.pk), page(model, "delete", row.pk)):
            assert client.post(path, {"post": "yes", "name": "x", "email": "x@x.example"}).status_code == 403
        client.post(
            page(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        )


def test_what_support_may_add_is_companies_and_partners(client: Client, company: Company) -> None:
    """Each by a rule that asks for a reason."""
    member(client, SUPPORT)
    with nothing_changes():
        for model in (Company, Partner):
            response = client.post(page(model, "add"), {"reason": " "})
            assert (response.status_code, Page(response).errors("reason")) == (422, ["This field is required."])
        may = {model._meta.label for model in MODELS if client.get(page(model, "add")).status_code == 200}
    assert may == {"companies.Company", "partners.Partner"}
