"""Whom support helps back in, and who may (R25)."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client

from companies.audit.models import AuditEvent
from companies.partners.scope import support_scope
from licensing.errors import AccountGone, EmailInUse
from tests.factories import make_account, make_support, sign_in
from users.accounts.enums import Role
from users.accounts.factors import change_sign_in, end_sessions, may_help, reset_factors
from users.accounts.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Account:
    return Account.objects.create_user("clerk@vendor.example", None, name="Clerk", is_staff=True, role="")


def with_factors(account: Account) -> Account:
    for kind in Authenticator.Type:
        Authenticator.objects.create(user=account, type=kind, data={})
    return account


def test_who_may_help_whom(clerk: Account) -> None:
    boss, other_boss = make_support(), make_support()
    admin = make_account()
    colleague = make_account(admin.partner, role=Role.BILLING)
    helped = {
        (by.name, account.name)
        for by in (boss, clerk, admin)
        for account in (boss, other_boss, clerk, admin, colleague)
        if may_help(account, by=by)
    }
    assert helped == {
        ("Support", "Support"),
        ("Support", "Clerk"),
        ("Support", admin.name),
        ("Support", colleague.name),
        ("Clerk", admin.name),
        ("Clerk", colleague.name),
    }
    assert not may_help(boss, by=boss)


def test_recovery_codes_go_too_and_are_not_counted(clerk: Account) -> None:
    account = with_factors(make_account())
    with support_scope():
        assert reset_factors(account, by=clerk, reason="Ticket 7") == 2
    assert not Authenticator.objects.exists()
    event = AuditEvent.objects.get(act="factors_reset")
    assert (event.partner, event.by_account, event.reason, event.data) == (
        account.partner,
        clerk,
        "Ticket 7",
        {"account": account.pk, "count": 2},
    )


def test_who_may_not_help_changes_nothing(clerk: Account) -> None:
    admin = make_account()
    boss, colleague = with_factors(make_support()), with_factors(make_account(admin.partner))
    for account, by in ((boss, clerk), (boss, boss), (colleague, admin), (colleague, colleague)):
        with pytest.raises(PermissionDenied):
            reset_factors(account, by=by, reason="x")
        with pytest.raises(PermissionDenied):
            change_sign_in(account, name="New", email="new@a.example", by=by, reason="x")
    assert Authenticator.objects.count() == 6
    assert not Account.objects.filter(name="New").exists()
    assert not AuditEvent.objects.exists()
    assert mail.outbox == []


def test_who_was_withdrawn_is_not_helped(clerk: Account) -> None:
    account = with_factors(make_account())
    Account.objects.filter(pk=account.pk).update(is_active=False)
    with pytest.raises(AccountGone):
        reset_factors(account, by=clerk, reason="x")
    with pytest.raises(AccountGone):
        change_sign_in(account, name="New", email="new@a.example", by=clerk, reason="x")
    assert Authenticator.objects.count() == 3
    assert mail.outbox == []


def test_an_address_in_use_is_refused(clerk: Account) -> None:
    account, other = make_account(name="Ann"), make_account()
    before = account.email
    with pytest.raises(EmailInUse):
        change_sign_in(account, name="New", email=other.email.upper(), by=clerk, reason="x")
    account.refresh_from_db()
    assert (account.name, account.email) == ("Ann", before)
    assert not AuditEvent.objects.exists()
    assert mail.outbox == []


def test_all_sessions_of_the_account_end_and_no_others() -> None:
    account, other = make_account(), make_account()
    clients = [Client(), Client(), Client()]
    for client, who in zip(clients, (account, account, other), strict=True):
        sign_in(client, who)
        client.get("/companies/")
    with support_scope():
        assert end_sessions(account) == 2
    assert [client.get("/companies/").status_code for client in clients] == [302, 302, 200]
    assert Session.objects.get().session_key == clients[2].session.session_key


def test_allauths_list_of_sessions_forgets_them_too() -> None:
    for account in (make_account(), make_account()):
        UserSession.objects.create(user=account, ip="127.0.0.1", session_key=f"key-{account.pk}")
    with support_scope():
        assert end_sessions(account) == 0
    assert UserSession.objects.filter(user=account).count() == 0
    assert UserSession.objects.count() == 1
