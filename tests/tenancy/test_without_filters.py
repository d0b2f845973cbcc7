"""R23 with every filter of our own code taken away: the database alone still keeps the partners apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from companies.models import Company
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from tests.factories import (
    add_arrivals,
    make_account,
    make_company,
    make_connector,
    make_invitation,
    make_partner,
    make_person,
    sign_in,
)
from tests.facts import facts
from tests.tenancy.test_addresses import PATTERNS
from users.provisioning import add_users

pytestmark = pytest.mark.django_db

TENANT_FILTERS = {"partner", "partner_id", "company", "company_id"}
MARK = "zyxwvut"
"""Stands in every name of the other partner's, and nowhere else."""
BY_METHOD = [(method, name, arguments) for method in ("get", "post") for name, arguments in PATTERNS]


@contextmanager
def no_filters() -> Iterator[None]:
    """No query of the portal is narrowed to a partner or a company, whoever wrote it, now or later."""
    narrowed = QuerySet.filter

    def forgetful(self: Any, *args: Any, **kwargs: Any) -> Any:
        return narrowed(self, *args, **{name: value for name, value in kwargs.items() if name not in TENANT_FILTERS})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, "filter", forgetful)
        yield


@pytest.fixture
def theirs() -> dict[str, Any]:
    """Another partner's company with people, connector, account, ledger and audit: the ids in its addresses."""
    partner = make_partner(f"{MARK} Partner")
    account = make_account(partner, name=f"{MARK} Account", email=f"{MARK}@partner.example")
    company = make_company(partner, name=f"{MARK} Company", tier=Tier.ADVANCED)
    (user,) = add_users(company, people=[make_person(MARK, MARK, f"{MARK}@customer.example")], by=account)
    connector = make_connector(company, name=f"{MARK} Connector")
    add_arrivals(connector, 1)
    return {
        "account_id": account.pk,
        "company_id": company.pk,
        "invitation_id": make_invitation(partner, by=account, email=f"{MARK}2@partner.example")[0].pk,
        "user_id": user.pk,
        "connector_id": connector.pk,
        "key": PolicyKey.TWO_FACTOR.value,
        "token": "a-preview-of-theirs",
    }


def kwargs_of(arguments: tuple[str, ...], ids: dict[str, Any]) -> dict[str, Any]:
    return {argument: ids.get(argument, ids["user_id"]) for argument in arguments}


def asked(method: str, name: str, arguments: tuple[str, ...], ids: dict[str, Any]) -> str:
    """What somebody of another partner, an Admin, gets to see there."""
    ours = make_partner("Ours")
    make_company(ours, name="Our company")
    client = Client(raise_request_exception=False)
    sign_in(client, make_account(ours))
    address = reverse(name, kwargs=kwargs_of(arguments, ids))
    with no_filters():
        return str(getattr(client, method)(address).getvalue()).lower()


@pytest.mark.parametrize(("method", "name", "arguments"), BY_METHOD, ids=[f"{m}-{n}" for m, n, _a in BY_METHOD])
def test_nothing_of_another_partners_is_shown_or_changed(
    theirs: dict[str, Any], method: str, name: str, arguments: tuple[str, ...]
) -> None:
    """Whatever single filter or check is forgotten in a view, all of them are forgotten here."""
    partner = Company.objects.get(pk=theirs["company_id"]).partner
    before = facts(partner)
    assert MARK not in asked(method, name, arguments, theirs)
    assert facts(partner) == before


@pytest.mark.parametrize(
    "name",
    ["home", "companies:list", "companies:activity", "users:edit", "audit:list", "colleagues:list", "colleagues:edit"],
)
def test_the_test_above_would_notice_a_leak(theirs: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With row-level security taken away as well, the other partner is seen."""
    arguments = dict(PATTERNS)[name]
    monkeypatch.setattr("companies.partners.scope._set", lambda role, partner_id: None)
    assert MARK in asked("get", name, arguments, theirs)
