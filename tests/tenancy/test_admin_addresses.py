"""Every address of support's own site, asked for by everyone who is no support staff (R23, R25).

The addresses are found by walking the URL conf of the site, so that a new one cannot be forgotten.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver

from companies.models import Company
from licensing.enums import Tier
from tests.factories import make_account, make_company, make_connector, make_support, switch_policy_on
from tests.facts import nothing_changes
from users.accounts.enums import Role
from users.accounts.models import Account

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


@pytest.fixture
def company() -> Company:
    """Something of everything."""
    company = make_company(tier=Tier.ADVANCED)
    make_connector(company)
    switch_policy_on(company)
    return company


def test_the_walk_finds_the_site() -> None:
    assert {"/admin/", "/admin/users/user/rule/ChangeLicense/", "/admin/companies/company/1/change/"} <= set(PATHS)
    assert len(PATHS) > 60


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_gets_in(company: Company, path: str) -> None:
    """Visitors and support staff who were deactivated are sent to sign in; a partner's staff get a 403 in the end."""
    gone = make_support()
    clients = {role: Client() for role in Role}
    for role, client in clients.items():
        client.force_login(make_account(company.partner, role=role))
    deactivated = Client()
    deactivated.force_login(gone)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    with nothing_changes(company.partner):
        for method in ("get", "post"):
            for client in (Client(), deactivated):
                response = getattr(client, method)(path, follow=True)
                assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F"), method
            for role, client in clients.items():
                assert getattr(client, method)(path, follow=True).status_code == 403, (method, role)
