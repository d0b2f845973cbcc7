"""Nobody learns at the door which addresses have an account (issue 3, section 3): same status, same words."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponseBase
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.factories import PASSWORD, make_account, make_support
from tests.users.accounts.steps import with_app
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def emails() -> list[str]:
    """Of a colleague, of support, with a second factor, withdrawn, and of nobody."""
    known = make_account(email="known@door.example")
    make_support("staff@door.example")
    with_app(make_account(known.partner, email="factr@door.example"))
    gone = make_account(known.partner, email="gonee@door.example")
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    return [
        "known@door.example",
        "staff@door.example",
        "factr@door.example",
        "gonee@door.example",
        "nobdy@door.example",
    ]


def seen(response: HttpResponseBase, email: str) -> tuple[int, str | None, str]:
    """Status, where it leads, and the whole page; but for the address and the token that were sent."""
    page = response.content.decode()  # type: ignore[attr-defined]
    return response.status_code, response.headers.get("Location"), _TOKEN.sub("", page).replace(email, "")


def test_a_wrong_password_gets_one_answer(emails: list[str]) -> None:
    answers = {
        seen(Client().post("/accounts/login/", {"login": email, "password": "wrong"}), email) for email in emails
    }
    assert len(answers) == 1


def test_the_right_password_of_a_withdrawn_account_gets_the_answer_of_a_wrong_one(emails: list[str]) -> None:
    gone, nobody = emails[-2:]
    right = seen(Client().post("/accounts/login/", {"login": gone, "password": PASSWORD}), gone)
    assert right == seen(Client().post("/accounts/login/", {"login": nobody, "password": PASSWORD}), nobody)


def test_asking_for_a_new_password_gets_one_answer_and_mail_goes_to_accounts_alone(emails: list[str]) -> None:
    answers = set()
    for email in emails:
        client = Client()
        answers.add(seen(client.post("/accounts/password/reset/", {"email": email}), email))
        answers.add(seen(client.get("/accounts/password/reset/done/"), email))
    assert len(answers) == 2
    assert [message.to for message in mail.outbox] == [[email] for email in emails[:3]]
    assert ProcrastinateJob.objects.count() == 0


def test_the_limit_on_attempts_is_one_for_all(emails: list[str]) -> None:
    for email in emails:
        statuses = [
            Client().post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR=f"192.0.2.{number}").status_code
            for number in range(4)
        ]
        assert statuses == [302, 302, 302, 429], email


def test_every_address_costs_one_hash_of_a_password(emails: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, whoever is asked for: the time that a hash takes would tell more than any word."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    costs = {}
    for email in emails:
        hashed.clear()
        Client().post("/accounts/login/", {"login": email, "password": "wrong"})
        costs[email] = len(hashed)
    assert costs == dict.fromkeys(emails, 1)
