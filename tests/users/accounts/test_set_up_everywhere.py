"""While everybody needs a second factor, every address there is leads whoever has none to the set-up."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tests.factories import make_account, make_partner, make_support
from tests.facts import nothing_changes
from users.accounts.second_factor import WITHOUT_A_FACTOR

pytestmark = pytest.mark.django_db

SAMPLES = {
    "int": "1",
    "base36": "1",
    "slug": "x",
    "str": "x",
    "path": "1",
    "uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
}
SETUP = "/accounts/2fa/set-up/"
WITHOUT_A_SIGN_IN = {"scim"}
"""Knows tokens only: whoever is signed in is nobody there (tests/tenancy/test_matrix.py has its 401)."""


def addresses(patterns: list[Any] | None = None, before: str = "/", namespace: str = "") -> Any:
    """Every address with made-up ids, and the name that Django gives it, support's own site included."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = before + _filled(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield path, f"{namespace}{pattern.name}"


def _filled(pattern: Any) -> str:
    route = str(getattr(pattern.pattern, "_route", ""))
    for name in pattern.pattern.converters:
        start = route.index("<")
        kind = route[start + 1 :].split(":")[0] if ":" in route[start:].split(">")[0] else "str"
        route = route[:start] + SAMPLES.get(kind, "1") + route[route.index(">", start) + 1 :]
        assert name
    return route


ALL = sorted(set(addresses()))


def test_all_addresses_are_found() -> None:
    names = {name for _path, name in ALL}
    assert {"companies:list", "admin:index", "audit:list", "account", "mfa_index"} <= names
    assert {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry
    } <= names
    assert names >= WITHOUT_A_FACTOR


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["partner staff", "support"])
def test_every_address_leads_to_the_set_up(settings: Settings, person: str, method: str) -> None:
    settings.REQUIRE_MFA = True
    partner = make_partner()
    client = Client(raise_request_exception=False)
    client.force_login(make_support() if person == "support" else make_account(partner))
    with nothing_changes(partner):
        led = {
            name: (response.status_code, response.headers.get("Location"))
            for path, name in ALL
            if name not in WITHOUT_A_FACTOR | WITHOUT_A_SIGN_IN
            for response in [getattr(client, method)(path)]
        }
    assert led == dict.fromkeys(led, (302, SETUP))
