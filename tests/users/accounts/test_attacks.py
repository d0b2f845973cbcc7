"""Ways around the sign-in that an attacker would try, and that do not work (issue 3, section 3)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tests.concurrency.racing import until_waiting
from tests.factories import PASSWORD, make_account, make_partner
from tests.page import Page
from tests.served import Visitor, make_real_account, server
from tests.users.accounts.steps import is_in, recovery_codes, sign_in, with_app
from tests.users.accounts.test_password_reset import NEW, ask
from users.accounts.enums import Role
from users.accounts.factors import end_sessions
from users.accounts.invitations import invite, invite_again
from users.accounts.models import Account
from users.accounts.queries import invitations_of

WRONG = "This e-mail and password do not belong together. Check both and try again."
TOO_MANY = "Too many attempts. Wait five minutes, then try again."


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    cache.clear()


def path_in_mail() -> str:
    """Of the invitation in the newest mail."""
    return "/accounts/invitation/" + str(mail.outbox[-1].body).split("/accounts/invitation/")[1].split()[0]


def attempt(number: int, **headers: Any) -> str:
    fields = {"login": f"nobody{number}@partner.example", "password": "wrong"}
    return Page(Client().post("/accounts/login/", fields, REMOTE_ADDR="192.0.2.1", **headers)).alert.text


def test_a_forwarded_address_is_not_believed_without_a_proxy() -> None:
    said = [attempt(number, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}") for number in range(11)]
    assert said == [WRONG] * 10 + [TOO_MANY]


def test_behind_the_proxy_only_what_it_wrote_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the visitor sends stands before the address that a proxy adds; that one alone is believed."""
    monkeypatch.setattr("allauth.app_settings.TRUSTED_PROXY_COUNT", 1, raising=False)
    said = [attempt(number, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.9") for number in range(11)]
    assert said == [WRONG] * 10 + [TOO_MANY]


def test_a_session_planted_before_is_not_the_one_that_is_signed_in() -> None:
    account = make_account()
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = str(session.session_key)
    sign_in(account, client=client)
    assert is_in(client)
    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert not is_in(stranger)


def test_a_reset_is_no_sign_in_and_so_no_recent_one() -> None:
    """Whoever follows the link signs in with the new password, and is asked for the second factor then."""
    account = with_app(make_account(email="ada@partner.example"))
    client, link = Client(), ask(account.email)
    response = client.post(client.get(link)["Location"], {"password1": NEW, "password2": NEW})
    assert response.status_code == 302
    assert SESSION_KEY not in client.session
    assert not is_in(client)
    assert not is_in(sign_in(account, NEW, client))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_opens_for_one_of_two_at_the_same_moment() -> None:
    account = with_app(make_real_account(make_partner()))
    [code, *_others] = recovery_codes(account)
    with server(threads=4) as port, ThreadPoolExecutor(2) as two:
        visitors = [Visitor(port), Visitor(port)]
        for visitor in visitors:
            visitor.send("GET", "/accounts/login/")
            assert visitor.send("POST", "/accounts/login/", login=account.email, password=PASSWORD)[0] == 302
            assert visitor.send("GET", "/accounts/2fa/authenticate/")[0] == 200
        with transaction.atomic():
            list(Authenticator.objects.select_for_update().filter(user=account))
            answers = [
                two.submit(visitor.send, "POST", "/accounts/2fa/authenticate/", code=code) for visitor in visitors
            ]
            until_waiting(2)
        assert Counter(answer.result(30)[0] for answer in answers) == {302: 1, 422: 1}


def test_a_session_whose_key_was_made_anew_is_ended_too(settings: pytest.FixtureRequest) -> None:
    """Django does that when the portal's secret key changes; allauth's list of sessions does not hear of it."""
    account = make_account()
    client = sign_in(account)
    former = client.session.session_key
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]  # type: ignore[attr-defined]
    settings.SECRET_KEY = "another-key-of-this-test-that-is-long-enough"  # type: ignore[attr-defined]
    assert is_in(client)
    assert client.session.session_key != former
    assert end_sessions(account) == 1
    assert not is_in(client)


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/sessions/", "/accounts/password/change/"])
def test_the_end_of_access_leaves_ones_own_sign_in(path: str) -> None:
    """It closes what is the partner's. Sessions and passwords are the person's: they stay theirs to end and change."""
    partner = make_partner()
    account = make_account(partner)
    partner.access_ends_at = timezone.now()
    partner.save(update_fields=["access_ends_at"])
    client = sign_in(account)
    response = client.get(path)
    assert (response.status_code, "top-nav" in response.text) == (200, False)
    assert client.get("/companies/").status_code == 403


def test_an_invitation_dies_with_the_access_of_whoever_sent_it() -> None:
    """Else an Admin who is about to be withdrawn keeps a door; another Admin makes it anew."""
    partner = make_partner()
    gone, admin = make_account(partner), make_account(partner)
    mail.outbox.clear()
    invitation = invite(partner, email="new@partner.example", name="New", role=Role.ADMIN, companies=[], by=gone)
    former = path_in_mail()
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    assert Client().get(former).status_code == 404
    assert [each.pk for each in invitations_of(partner)] == [invitation.pk]
    invite_again(invitation, by=admin)
    assert Client().get(former).status_code == 404
    assert Client().get(path_in_mail()).status_code == 302
