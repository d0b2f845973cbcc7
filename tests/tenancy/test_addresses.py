"""What hangs on a company, asked for below another one, and the way to sign in and back (R23).

The addresses are found by walking the URL conf, so that a new one cannot be forgotten; who gets which answer is in
test_matrix.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from companies.partners.models import Partner
from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from tests.factories import add_people, make_account, make_company, make_connector, make_partner, make_run, sign_in
from tests.facts import Facts, facts
from users.models import User

WITHOUT_A_COMPANY = {
    "account",
    "account_change_password",
    "account_email",
    "account_email_verification_sent",
    "account_invitation",
    "account_invitation_accept",
    "account_login",
    "account_logout",
    "account_preferences",
    "account_reauthenticate",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_set_password",
    "audit:export",
    "audit:list",
    "colleagues:edit",
    "colleagues:end_invitation",
    "colleagues:invite",
    "colleagues:invite_again",
    "colleagues:list",
    "colleagues:withdraw",
    "companies:add",
    "companies:bulk_license",
    "companies:bulk_license_preview",
    "companies:bulk_license_result",
    "companies:export",
    "companies:list",
    "healthz",
    "home",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "readyz",
    "scim",
    "second_factor_setup",
    "statements:export",
    "statements:list",
    "usersessions_end",
    "usersessions_list",
    "visit_end",
    "visit_stop",
}
"""Addresses that show only what belongs to whoever asks."""


def portal_patterns(
    patterns: list[URLPattern | URLResolver] | None = None, namespace: str = ""
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name and the arguments of every address of the portal; support's own site is not a partner's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                for name, arguments in portal_patterns(pattern.url_patterns, inner):
                    yield name, (*pattern.pattern.converters, *arguments)
        else:
            yield f"{namespace}{pattern.name}", tuple(pattern.pattern.converters)


PATTERNS = sorted(set(portal_patterns()))
COMPANY_PATTERNS = [(name, arguments) for name, arguments in PATTERNS if "company_id" in arguments]


def test_every_address_names_a_company_or_is_known_not_to() -> None:
    """A new address is either in the matrix below or named in the list above."""
    others = {name for name, arguments in PATTERNS if "company_id" not in arguments}
    assert others == WITHOUT_A_COMPANY
    assert len(COMPANY_PATTERNS) > 10


def everything() -> list[Facts]:
    """All rows of all partners."""
    return [facts(partner) for partner in Partner.objects.order_by("pk")]


@pytest.fixture
def theirs() -> dict[str, Any]:
    """Another partner's company, and the ids of what it has."""
    company = make_company(make_partner("Theirs"), name="Their company", tier=Tier.ADVANCED, seats=5)
    connector = make_connector(company)
    (user,) = add_people(company, 1)
    return {
        "company_id": company.pk,
        "user_id": user.pk,
        "connector_id": connector.pk,
        "run_id": make_run(connector).pk,
        "key": PolicyKey.TWO_FACTOR.value,
        "token": "a-preview-of-theirs",
    }


@pytest.mark.parametrize(("name", "arguments"), COMPANY_PATTERNS)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_another_partners_people_and_connectors_are_404_under_ones_own_company(
    client: Client, theirs: dict[str, Any], name: str, arguments: tuple[str, ...], method: str
) -> None:
    """R23: one's own company in the address does not open what hangs on another's."""
    foreign = set(arguments) & {"user_id", "connector_id"}
    if not foreign:
        return
    account = make_account(make_partner("Ours"))
    assert account.partner is not None
    own = make_company(account.partner, tier=Tier.ADVANCED)
    sign_in(client, account)
    before = everything()
    response = getattr(client, method)(
        reverse(name, kwargs={argument: (theirs | {"company_id": own.pk})[argument] for argument in arguments})
    )
    assert response.status_code in {404, 405}
    assert everything() == before


@pytest.mark.parametrize(("name", "arguments"), COMPANY_PATTERNS)
@pytest.mark.django_db
def test_a_visitor_is_sent_to_sign_in(
    client: Client, theirs: dict[str, Any], name: str, arguments: tuple[str, ...]
) -> None:
    """Nobody sees anything without signing in; afterwards they come back to the page they asked for."""
    address = reverse(name, kwargs={argument: theirs[argument] for argument in arguments})
    response = client.get(address)
    if response.status_code == 405:
        response = client.post(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login") + "?next=%2Fcompanies%2F")


@pytest.mark.django_db
def test_bulk_acts_on_another_partners_people_change_nothing(client: Client, theirs: dict[str, Any]) -> None:
    """R23: ids of foreign people among the chosen ones are refused as a whole."""
    account = make_account(make_partner("Ours"))
    assert account.partner is not None
    own = make_company(account.partner, seats=5, used=2)
    mine = User.objects.of_company(own).exclude(pk=own.primary_user_id).get()
    sign_in(client, account)
    before = everything()
    for act in ("approve", "disable", "enable", "remove"):
        response = client.post(
            reverse("users:list", kwargs={"company_id": own.pk}),
            {"act": act, "users": [mine.pk, theirs["user_id"]], "confirmed": "yes"},
        )
        assert response.status_code == 422
        assert everything() == before
