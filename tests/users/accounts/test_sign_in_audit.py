"""Sign-ins, sign-outs and failed sign-ins stand in the partner's audit (R23, R25)."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from tests.factories import PASSWORD, make_account, make_support
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

ADA = "ada@partner.example"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email=ADA, name="Ada Admin")


def sign_in(client: Client, email: str = ADA, password: str = PASSWORD, **headers: Any) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}, **headers).status_code


def told() -> list[tuple[str, str]]:
    """What all audits say, oldest first, and by whom."""
    return [(line.text, line.who) for line in lines_of(list(AuditEvent.objects.order_by("id")))]


def test_in_and_out_are_written_down_with_where_from(client: Client, ada: Account) -> None:
    assert sign_in(client, REMOTE_ADDR="192.0.2.7") == 302
    client.post("/accounts/logout/", REMOTE_ADDR="192.0.2.8")
    assert told() == [
        ("Ada Admin signed in, from 192.0.2.7", "Ada Admin"),
        ("Ada Admin signed out, from 192.0.2.8", "Ada Admin"),
    ]
    for event in AuditEvent.objects.all():
        assert (event.partner, event.company, event.kind, event.by_account) == (ada.partner, None, "accounts", ada)


def test_a_wrong_password_is_nobodys_act_and_is_not_kept(client: Client, ada: Account) -> None:
    assert sign_in(client, " Ada@Partner.Example ", "hunter2-hunter2") == 200
    assert told() == [("Sign-in as Ada Admin failed, from 127.0.0.1", "not signed in")]
    [event] = AuditEvent.objects.all()
    assert (event.data, event.by_account_id) == ({"account": ada.pk, "address": "127.0.0.1"}, None)


def test_a_withdrawn_account_fails_though_the_password_is_right(client: Client, ada: Account) -> None:
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign_in(client) == 200
    assert told() == [("Sign-in as Ada Admin failed, from 127.0.0.1", "not signed in")]


def test_unknown_addresses_and_support_staff_leave_nothing(client: Client) -> None:
    """Neither has a partner in whose audit it could stand."""
    support = make_support()
    assert sign_in(client, "nobody@partner.example") == 200
    assert sign_in(client, support.email, "wrong") == 200
    assert sign_in(client, support.email) == 302
    client.post("/accounts/logout/")
    client.post("/accounts/logout/")
    assert told() == []


def test_attempts_that_the_limits_refuse_do_not_fill_the_audit(ada: Account) -> None:
    for _ in range(8):
        sign_in(Client(), password="wrong")
    assert len(told()) == 5


def test_behind_a_proxy_it_is_the_visitors_address(client: Client, ada: Account, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sign_in(client, headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.9"})
    assert told() == [("Ada Admin signed in, from 198.51.100.9", "Ada Admin")]
