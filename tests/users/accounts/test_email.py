"""The one e-mail of an account: proved at the first sign-in, and changed by a code (issue 3, section 3)."""

import datetime as dt

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, make_account, make_support
from tests.page import Page
from tests.users.accounts.steps import addresses, code_in_mail, is_in, sign_in
from users.accounts.emails import keep_in_step
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

CONFIRM = "/accounts/confirm-email/"
NEW = "new@partner.example"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email="ada@partner.example")


def made_by_support() -> Account:
    """As the add form of support's site makes it: allauth has not heard of the address."""
    account = make_account(email="made@partner.example")
    EmailAddress.objects.filter(user=account).delete()
    return account


def test_the_first_sign_in_of_an_unproved_address_asks_for_the_code() -> None:
    account = made_by_support()
    client = sign_in(account)
    assert not is_in(client)
    assert client.get("/accounts/login/")["Location"] == CONFIRM
    page = Page(client.get(CONFIRM))
    assert page.one("h1").text == "Confirm your e-mail"
    assert "made@partner.example" in page.one("main").text
    assert mail.outbox[0].subject == "[Partner Portal] Your code"
    response = client.post(CONFIRM, {"code": code_in_mail(account.email)})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_in(client)
    assert addresses(account) == [("made@partner.example", True, True)]
    client.post("/accounts/logout/")
    assert is_in(sign_in(account))


def test_a_wrong_code_is_refused_and_the_third_one_ends_the_sign_in() -> None:
    account = made_by_support()
    client = sign_in(account)
    right = code_in_mail(account.email)
    for _attempt in range(2):
        response = client.post(CONFIRM, {"code": "AAAA-AAAA"})
        assert response.status_code == 422
        assert Page(response).errors("code") == ["This code is wrong. Look at the newest e-mail, then try again."]
    assert client.post(CONFIRM, {"code": "AAAA-AAAA"})["Location"] == "/accounts/login/"
    assert client.post(CONFIRM, {"code": right})["Location"] == "/accounts/login/"
    assert not is_in(client)


def test_the_code_expires() -> None:
    account = made_by_support()
    client = sign_in(account)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16), tick=False):
        assert client.post(CONFIRM, {"code": code_in_mail(account.email)})["Location"] == "/accounts/login/"
        assert not is_in(client)


def test_a_new_code_can_be_asked_for_after_a_while_and_replaces_the_first() -> None:
    account = made_by_support()
    client = sign_in(account)
    first = code_in_mail(account.email)
    assert client.post(CONFIRM, {"action": "resend"}).status_code == 429
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=11), tick=False):
        assert client.post(CONFIRM, {"action": "resend"}).status_code == 302
        assert client.post(CONFIRM, {"code": first}).status_code == 422
        assert client.post(CONFIRM, {"code": code_in_mail(account.email)})["Location"] == "/"
    assert is_in(client)


def test_a_code_is_of_no_use_in_another_browser() -> None:
    account = made_by_support()
    sign_in(account)
    other = Client()
    assert other.post(CONFIRM, {"code": code_in_mail(account.email)})["Location"] == "/accounts/login/"
    assert not is_in(other)


def ask_for(client: Client, email: str) -> str:
    response = client.post("/accounts/email/", {"email": email})
    return response["Location"] if response.status_code == 302 else Page(response).errors("email")[0]


def test_the_e_mail_changes_once_the_code_was_entered(ada: Account) -> None:
    client = sign_in(ada)
    assert ask_for(client, "New@Partner.example") == CONFIRM
    ada.refresh_from_db()
    assert (ada.email, addresses(ada)) == ("ada@partner.example", [("ada@partner.example", True, True)])
    assert client.post(CONFIRM, {"code": code_in_mail(NEW)})["Location"] == "/accounts/"
    ada.refresh_from_db()
    assert (ada.email, addresses(ada)) == (NEW, [(NEW, True, True)])
    assert not is_in(sign_in("ada@partner.example"))
    assert is_in(sign_in(NEW))
    assert is_in(client)


def test_the_former_address_is_told(ada: Account) -> None:
    client = sign_in(ada)
    ask_for(client, NEW)
    client.post(CONFIRM, {"code": code_in_mail(NEW)})
    message = mail.outbox[-1]
    assert (message.subject, message.to) == ("[Partner Portal] Your e-mail was changed", ["ada@partner.example"])
    assert "from ada@partner.example to new@partner.example" in message.body


def test_nothing_changes_without_the_code(ada: Account) -> None:
    client = sign_in(ada)
    ask_for(client, NEW)
    assert client.post(CONFIRM, {"code": "AAAA-AAAA"}).status_code == 422
    ada.refresh_from_db()
    assert (ada.email, addresses(ada)) == ("ada@partner.example", [("ada@partner.example", True, True)])


def test_ones_own_address_is_refused(ada: Account) -> None:
    assert ask_for(sign_in(ada), "ADA@partner.example") == "This is your e-mail already."


def test_an_address_of_another_account_gets_the_same_answer_and_does_not_go_through(ada: Account) -> None:
    """Who asks learns nothing; who reads that mailbox may."""
    make_account(email="bob@other.example")
    client = sign_in(ada)
    assert ask_for(client, "bob@other.example") == CONFIRM
    page = Page(client.get(CONFIRM))
    assert page.one("main").text.replace("bob@other.example", NEW) == _page_for_an_unknown_address()
    response = client.post(CONFIRM, {"code": code_in_mail("bob@other.example")})
    assert response.status_code == 422
    assert Page(response).errors("code") == ["This e-mail cannot be used: another account has it."]
    ada.refresh_from_db()
    assert ada.email == "ada@partner.example"


def _page_for_an_unknown_address() -> str:
    client = sign_in(make_account())
    assert ask_for(client, NEW) == CONFIRM
    return Page(client.get(CONFIRM)).one("main").text


def test_the_address_of_a_withdrawn_account_is_free(ada: Account) -> None:
    """R2."""
    gone = make_account(email=NEW)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    client = sign_in(ada)
    ask_for(client, NEW)
    assert client.post(CONFIRM, {"code": code_in_mail(NEW)})["Location"] == "/accounts/"
    ada.refresh_from_db()
    assert (ada.email, addresses(ada), addresses(gone)) == (NEW, [(NEW, True, True)], [])


def test_an_old_sign_in_is_asked_for_the_password_first(ada: Account) -> None:
    client = sign_in(ada)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        assert client.get("/accounts/email/")["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
        response = client.post("/accounts/email/", {"email": NEW})
        assert response["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
        assert mail.outbox == []
        wrong = client.post("/accounts/reauthenticate/?next=/accounts/email/", {"password": "wrong"})
        assert (wrong.status_code, Page(wrong).errors("password")) == (422, ["This is not your password."])
        right = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/email/"})
        assert right.status_code == 302
        assert client.get("/accounts/email/").status_code == 200


def test_asking_again_who_you_are_never_leads_to_another_site(ada: Account) -> None:
    client = sign_in(ada)
    again = {"password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/reauthenticate/", again)["Location"] == "/"


def test_what_support_changes_is_kept_in_step_and_has_to_be_proved(ada: Account) -> None:
    ada.email = NEW
    ada.save(update_fields=["email"])
    keep_in_step(ada)
    keep_in_step(ada)
    assert addresses(ada) == [(NEW, False, True)]
    client = sign_in(NEW)
    assert not is_in(client)
    client.post(CONFIRM, {"code": code_in_mail(NEW)})
    assert is_in(client)
    assert addresses(ada) == [(NEW, True, True)]


def test_a_withdrawn_account_keeps_no_address_and_proves_it_when_it_is_back(ada: Account) -> None:
    """R2."""
    ada.is_active = False
    ada.save(update_fields=["is_active"])
    keep_in_step(ada)
    assert addresses(ada) == []
    ada.is_active = True
    ada.save(update_fields=["is_active"])
    keep_in_step(ada)
    assert addresses(ada) == [("ada@partner.example", False, True)]


def test_support_staff_change_theirs_too() -> None:
    support = make_support()
    client = sign_in(support)
    ask_for(client, "sue@vendor.example")
    client.post(CONFIRM, {"code": code_in_mail("sue@vendor.example")})
    support.refresh_from_db()
    assert support.email == "sue@vendor.example"


def test_wrong_codes_are_in_the_audit_of_whose_account_it_is(ada: Account) -> None:
    """R25: at a change by whoever is signed in, at the door by somebody there."""
    from companies.audit.models import AuditEvent
    from companies.audit.queries import lines_of

    client = sign_in(ada)
    ask_for(client, NEW)
    client.post(CONFIRM, {"code": "AAAA-AAAA"})
    made = made_by_support()
    sign_in(made).post(CONFIRM, {"code": "AAAA-AAAA"})
    events = AuditEvent.objects.filter(act="email_code_failed").order_by("pk")
    assert [(line.text, line.who, line.event.outcome) for line in lines_of(list(events))] == [
        (f"Code by e-mail to {ada} failed", str(ada), "refused"),
        (f"Code by e-mail to {made} failed", "not signed in", "refused"),
    ]
    assert [event.partner_id for event in events] == [ada.partner_id, made.partner_id]
