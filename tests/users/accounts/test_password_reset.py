"""A forgotten password is set anew by a link in a mail (issue 3, section 3)."""

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, make_account
from tests.page import Page
from tests.users.accounts.steps import addresses, code_of_app, is_in, link_in_mail, sign_in, with_app
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

NEW = "a-new-horse-battery"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email="ada@partner.example")


def ask(email: str, client: Client | None = None) -> str:
    """Ask for the link; the path of the one that was sent, or nothing."""
    mail.outbox.clear()
    response = (client or Client()).post("/accounts/password/reset/", {"email": email})
    assert (response.status_code, response["Location"]) == (302, "/accounts/password/reset/done/")
    return link_in_mail() if mail.outbox else ""


def set_new(link: str, password: str = NEW) -> str:
    """Open the link in a browser of its own and set the password; where that leads, or the heading that is seen."""
    client = Client()
    response = client.get(link)
    if response.status_code == 200:
        return Page(response).one("h1").text
    response = client.post(response["Location"], {"password1": password, "password2": password})
    return response["Location"] if response.status_code == 302 else Page(response).one("h1").text


def test_the_link_sets_a_password_once(ada: Account) -> None:
    link = ask("Ada@Partner.example")
    assert set_new(link) == "/accounts/password/reset/key/done/"
    assert not is_in(sign_in(ada, PASSWORD))
    assert is_in(sign_in(ada, NEW))
    assert set_new(link, "yet-another-battery") == "This link works no longer"
    assert is_in(sign_in(ada, NEW))


def test_the_mail_says_for_whom_and_how_long(ada: Account) -> None:
    ask(ada.email)
    [message] = mail.outbox
    assert (message.subject, message.to) == ("[Partner Portal] Set a new password", [ada.email])
    assert "(ada@partner.example). This link does it, once, within one hour:" in message.body


def test_that_it_was_done_is_told(ada: Account) -> None:
    set_new(ask(ada.email))
    message = mail.outbox[-1]
    assert (message.subject, message.to) == ("[Partner Portal] Your password was set anew", [ada.email])
    assert "If it was not you" in message.body


def test_the_link_expires(ada: Account) -> None:
    link = ask(ada.email)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=59), tick=False):
        assert Client().get(link).status_code == 302
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61), tick=False):
        assert set_new(link) == "This link works no longer"
    assert is_in(sign_in(ada, PASSWORD))


def test_a_link_is_dead_after_a_sign_in_and_after_another_e_mail(ada: Account) -> None:
    link = ask(ada.email)
    sign_in(ada)
    assert set_new(link) == "This link works no longer"
    link = ask(ada.email)
    Account.objects.filter(pk=ada.pk).update(email="other@partner.example")
    assert set_new(link) == "This link works no longer"


def test_a_withdrawn_account_gets_no_link_and_its_old_one_is_dead(ada: Account) -> None:
    """R2: withdrawn accounts are none at the door."""
    link = ask(ada.email)
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    assert set_new(link) == "This link works no longer"
    assert ask(ada.email) == ""


def test_a_new_account_with_the_e_mail_of_a_withdrawn_one_gets_the_link(ada: Account) -> None:
    """R2: the e-mail of a withdrawn account is free; what allauth kept of it is gone."""
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    new = make_account(email=ada.email)
    assert (addresses(ada), addresses(new)) == ([], [(ada.email, True, True)])
    assert set_new(ask(ada.email)) == "/accounts/password/reset/key/done/"
    assert is_in(sign_in(ada.email, NEW))
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_it_ends_all_sessions(ada: Account) -> None:
    one, two = sign_in(ada), sign_in(ada)
    set_new(ask(ada.email))
    assert not is_in(one)
    assert not is_in(two)


def test_the_second_factor_is_still_asked_for(ada: Account) -> None:
    with_app(ada)
    set_new(ask(ada.email))
    client = sign_in(ada, NEW)
    assert not is_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of_app()})["Location"] == "/"
    assert is_in(client)


def test_a_weak_password_is_refused_with_why(ada: Account) -> None:
    client = Client()
    form = client.get(ask(ada.email))["Location"]
    response = client.post(form, {"password1": "short", "password2": "short"})
    assert response.status_code == 422
    assert Page(response).errors("password1") == [
        "This password is too short. It must contain at least 12 characters.",
    ]
    assert is_in(sign_in(ada, PASSWORD))


def test_the_token_does_not_stay_in_the_address(ada: Account) -> None:
    """A page's address goes to other places by its links."""
    assert Client().get(ask(ada.email))["Location"].endswith("-set-password/")


def test_an_account_without_a_password_gets_one() -> None:
    made = Account.objects.create_user("new@partner.example", None, partner=make_account().partner, role="admin")
    assert set_new(ask(made.email)) == "/accounts/password/reset/key/done/"
    assert is_in(sign_in(made, NEW))
