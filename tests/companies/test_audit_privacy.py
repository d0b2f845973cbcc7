"""What the audit keeps about people: numbers and codes. Their names are looked up when shown, so they can be erased;
no password, code or token was ever in it (R25)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from django.core.cache import cache
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import rename_company
from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.seats import disable_users, enable_users, remove_users
from portal import demo_data
from tests.factories import (
    PASSWORD,
    add_arrivals,
    give,
    link_in_mail,
    make_account,
    make_company,
    make_connector,
    make_invitation,
    make_partner,
    make_person,
    make_support,
    sign_in,
    view_as,
)
from users.accounts.enums import Role
from users.accounts.models import Account
from users.provisioning import add_users, rename_user

pytestmark = pytest.mark.django_db

CODE = re.compile(r"[a-z0-9_:.-]*")
"""Codes, names of addresses, days. People's names begin with a capital, e-mails have an @, tokens have both."""
NAMES_OF_THINGS = {"name", "name_from", "name_to"}
"""Of companies and connectors, which are no people."""
TYPED = "Hunter2-is-typed-here"


def leaves(data: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each value in it, with the key that it stands under."""
    if isinstance(data, dict):
        for inner, value in data.items():
            yield from leaves(value, inner)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value, key)
    else:
        yield key, data


def told_too_much() -> list[tuple[str, str, Any]]:
    """What stands in the audit and is neither a number nor a code: act, key and value."""
    return [
        (event.act, key, value)
        for event in AuditEvent.objects.all()
        for key, value in leaves(event.data)
        if isinstance(value, str) and key not in NAMES_OF_THINGS and not CODE.fullmatch(value)
    ]


def make_rules_history(company: Company, by: Account) -> None:
    """What is done to people, through the rules."""
    ann, bob = add_users(
        company, people=[make_person("Annabel", "Leeson"), make_person("Bobby", "Rayburn")], by=by, reason="Hired"
    )
    add_arrivals(make_connector(company, name="HQ"), 2)
    rename_user(ann, first_name="Annabella", last_name="Leeson", by=by)
    disable_users(company, users=[ann.pk], by=by)
    enable_users(company, users=[ann.pk], by=by)
    transfer_primary(company, to=bob.pk, by=by)
    remove_users(company, users=[ann.pk], by=by)
    change_license(company, seats=30, tier=Tier.ADVANCED, seen=None, by=make_support(), reason="Asked by mail")
    rename_company(company, name="Other name", by=by)


def make_door_history(admin: Account) -> tuple[str, ...]:
    """What is done at the door: sign-ins, passwords, second factors, invitations. Returns the secrets in it."""
    sign_in_by = Client().post
    sign_in_by("/accounts/login/", {"login": admin.email, "password": TYPED})
    sign_in_by("/accounts/login/", {"login": f"{TYPED}@x.example", "password": TYPED})
    client = Client()
    client.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
    client.post("/accounts/password/reset/", {"email": admin.email})
    reset_link = link_in_mail()
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    client.post("/accounts/2fa/totp/activate/", {"code": pyotp.TOTP(secret).now()})
    new = "Another-long-passphrase-7"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    client.get("/audit/export/?company=Other")
    assert admin.partner is not None
    invitation, invited_link = make_invitation(admin.partner, by=admin, email="invited@partner.example")
    technician = make_account(admin.partner, role=Role.TECHNICIAN, name="Terry Technician")
    sign_in(client, technician)
    client.get("/audit/")
    assert invitation.pk
    return (TYPED, PASSWORD, new, secret, reset_link.strip("/").split("/")[-1], invited_link.strip("/").split("/")[-1])


def test_the_demo_keeps_numbers_and_codes() -> None:
    assert demo_data.load(lambda _line: None)
    assert AuditEvent.objects.count() > 50
    assert told_too_much() == []


def test_what_is_done_by_the_rules_and_at_the_door_keeps_numbers_and_codes(client: Client) -> None:
    cache.clear()
    partner = make_partner()
    admin = make_account(partner, name="Ada Admin", email="ada@partner.example")
    company = make_company(partner, name="Fabrikam", seats=20, tier=Tier.ADVANCED)
    make_rules_history(company, admin)
    secrets = make_door_history(admin)
    give(make_account(partner, role=Role.TECHNICIAN), company)
    view_as(client, partner)
    client.get(f"/companies/{company.pk}/activity/")
    client.post("/companies/add/", {"name": "Typed"})

    done = set(AuditEvent.objects.values_list("act", flat=True))
    assert done >= {
        *(Act.SIGN_IN_FAILED, Act.SIGNED_IN, Act.PASSWORD_CHANGED, Act.PASSWORD_RESET_ASKED, Act.AUDIT_EXPORTED),
        *(Act.INVITED, Act.ACCESS_REFUSED, Act.VISIT_STARTED, Act.COMPANY_VIEWED, Act.CONNECTOR_ADDED),
        *(Act.USERS_ADDED, Act.USERS_ARRIVED, Act.USER_RENAMED, Act.PRIMARY_TRANSFERRED, Act.LICENSE_CHANGED),
    }
    assert told_too_much() == []
    everything = json.dumps(list(AuditEvent.objects.values_list("data", "reason")))
    words = ("Annabel", "Leeson", "Rayburn", "Ada", "Terry", "ada@", "invited@", "customer.example", "Hunter2")
    assert [word for word in (*words, *secrets) if word in everything] == []
    assert all(len(secret) >= 10 for secret in secrets)


@pytest.mark.parametrize(
    "data",
    [{"account": "Ada"}, {"users": ["a@b.example"]}, {"x": {"y": "T0ken"}}, {"x": "two words"}],
)
def test_the_check_would_find_it(data: dict[str, Any]) -> None:
    AuditEvent.objects.create(kind="accounts", act=Act.SIGNED_IN, data=data)
    assert len(told_too_much()) == 1
