"""How often something may be tried (issue 3, section 3): counted in the database, for all processes together."""

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, make_account, make_partner
from tests.page import Page
from tests.served import Visitor, make_real_account, server
from tests.users.accounts.steps import code_of_app, is_in, sign_in, with_app
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

TOO_MANY = "Too many attempts. Wait five minutes, then try again."
WRONG = "This e-mail and password do not belong together. Check both and try again."
WRONG_PASSWORD = "wrong"
SECOND = "/accounts/2fa/authenticate/"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email="ada@partner.example")


def attempt(email: str, password: str = WRONG_PASSWORD, address: str = "192.0.2.1", host: str = "testserver") -> str:
    """What the page says, or nothing for whoever got in."""
    fields = {"login": email, "password": password}
    response = Client().post("/accounts/login/", fields, REMOTE_ADDR=address, headers={"Host": host})
    return "" if response.status_code == 302 else Page(response).alert.text


def test_an_e_mail_may_be_tried_five_times_in_five_minutes_from_wherever(ada: Account) -> None:
    said = [attempt(ada.email, address=f"192.0.2.{number}") for number in range(7)]
    assert said == [WRONG] * 5 + [TOO_MANY] * 2
    assert attempt(ada.email, PASSWORD, "192.0.2.99") == TOO_MANY
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6), tick=False):
        assert attempt(ada.email, PASSWORD) == ""


def test_another_host_header_is_no_way_around(ada: Account) -> None:
    said = [attempt(ada.email, host=f"testserver:{port}") for port in range(8000, 8007)]
    assert said == [WRONG] * 5 + [TOO_MANY] * 2


def test_unknown_e_mails_are_counted_alike() -> None:
    said = [attempt("nobody@partner.example", address=f"192.0.2.{number}") for number in range(6)]
    assert said == [WRONG] * 5 + [TOO_MANY]


@pytest.mark.parametrize("following", ["http://[", "//[", "\0"])
def test_an_address_that_cannot_be_read_is_no_way_around(ada: Account, following: str) -> None:
    """What crashes is taken back, and with it that it was tried."""

    def posted(password: str) -> int:
        fields = {"login": ada.email, "password": password, "next": following}
        return Client().post("/accounts/login/", fields).status_code

    assert [posted(WRONG_PASSWORD) for _ in range(6)] == [200] * 6
    assert attempt(ada.email, PASSWORD) == TOO_MANY
    cache.clear()
    assert posted(PASSWORD) == 302


def test_one_network_address_may_fail_ten_times_a_minute() -> None:
    said = [attempt(f"nobody{number}@partner.example") for number in range(11)]
    assert said == [WRONG] * 10 + [TOO_MANY]
    assert attempt("nobody99@partner.example", address="192.0.2.2") == WRONG


def test_signing_in_uses_up_nothing(ada: Account) -> None:
    assert [attempt(ada.email, PASSWORD) for _ in range(12)] == [""] * 12


def test_a_new_password_by_mail_opens_the_door_again(ada: Account) -> None:
    from tests.users.accounts.test_password_reset import NEW, ask, set_new

    for _ in range(6):
        attempt(ada.email)
    set_new(ask(ada.email))
    assert attempt(ada.email, NEW) == ""


def test_a_hundred_wrong_passwords_a_day_are_the_most(ada: Account) -> None:
    """NIST SP 800-63B, for passwords and codes."""
    begin, said = timezone.now(), Counter[str]()
    for block in range(22):
        with time_machine.travel(begin + dt.timedelta(minutes=6 * block), tick=False):
            said.update(attempt(ada.email) for _ in range(5))
    assert said == {WRONG: 100, TOO_MANY: 10}


def test_codes_of_one_account_may_be_guessed_five_times_in_whatever_browsers(ada: Account) -> None:
    with_app(ada)
    said = []
    for number in range(7):
        client = sign_in(ada, REMOTE_ADDR=f"192.0.2.{number}")
        response = client.post(SECOND, {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{number}")
        assert response.status_code == 422
        said.append(Page(response).errors("code")[0] == TOO_MANY)
    assert said == [False] * 5 + [True] * 2
    client = sign_in(ada, REMOTE_ADDR="192.0.2.99")
    client.post(SECOND, {"code": code_of_app()}, REMOTE_ADDR="192.0.2.99")
    assert not is_in(client)


def test_who_is_asked_again_may_guess_as_little(ada: Account) -> None:
    """The same counts as at the door: neither is a way around the other."""
    client = sign_in(ada)
    statuses = [client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert attempt(ada.email, PASSWORD) == TOO_MANY


def test_mail_to_one_address_three_times_in_ten_minutes(ada: Account) -> None:
    statuses = [Client().post("/accounts/password/reset/", {"email": ada.email}).status_code for _ in range(5)]
    assert statuses == [302] * 3 + [429] * 2
    assert len(mail.outbox) == 3


def test_the_answer_of_429_is_a_page_that_says_when(ada: Account) -> None:
    for _ in range(3):
        Client().post("/accounts/password/reset/", {"email": ada.email})
    response = Client().post("/accounts/password/reset/", {"email": ada.email})
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert Page(response).one("h1").text == "Too many attempts"


def test_passkeys_at_the_door_ten_times_a_minute() -> None:
    answers = [Client().post("/accounts/2fa/webauthn/login/", {"credential": "{}"}).status_code for _ in range(12)]
    assert answers == [302] * 10 + [429] * 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_attempts_at_two_servers_at_once_are_counted_together() -> None:
    """What a 429 or a refused form has counted is committed with its answer; nobody slips in between two counts."""
    account = make_real_account(make_partner())

    def guess(port: int) -> str:
        visitor = Visitor(port)
        visitor.send("GET", "/accounts/login/")
        _status, page = visitor.send("POST", "/accounts/login/", login=account.email, password="wrong")
        return TOO_MANY if TOO_MANY in page else WRONG if "do not belong together" in page else page

    with server(threads=4) as one, server(threads=4) as two, ThreadPoolExecutor(8) as crowd:
        said = Counter(crowd.map(guess, [one, two] * 4))
    assert said == {WRONG: 5, TOO_MANY: 3}
