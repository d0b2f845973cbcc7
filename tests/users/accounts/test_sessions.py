"""Where one is signed in, and signing out elsewhere (issue 3, section 3)."""

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, make_account
from tests.page import Page
from tests.users.accounts.steps import FIREFOX, is_in, sign_in
from users.accounts.devices import device
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

SESSIONS = "/accounts/sessions/"
NEW = "a-new-horse-battery"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account()


def listed(client: Client) -> list[str]:
    return Page(client.get(SESSIONS)).texts("p", class_="row-name")


def test_each_session_says_device_address_and_since_when(ada: Account) -> None:
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, 30, tzinfo=dt.UTC), tick=False):
        sign_in(ada, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT=FIREFOX)
        here = sign_in(ada)
        items = Page(here.get(SESSIONS)).texts("li", class_="row-item")
    assert items == [
        "Unknown device This one From 127.0.0.1, signed in on March 1, 2027, 9:30 a.m. Sign out",
        "Firefox on Windows From 192.0.2.7, signed in on March 1, 2027, 9:30 a.m. End Firefox on Windows",
    ]


def test_one_other_session_is_ended(ada: Account) -> None:
    one, two, here = sign_in(ada, HTTP_USER_AGENT=FIREFOX), sign_in(ada), sign_in(ada)
    session = UserSession.objects.get(user_agent=FIREFOX)
    response = here.post(f"{SESSIONS}{session.pk}/end/")
    assert (response.status_code, response["Location"]) == (302, SESSIONS)
    assert [is_in(one), is_in(two), is_in(here)] == [False, True, True]


def test_ending_this_one_is_signing_out(ada: Account) -> None:
    here = sign_in(ada)
    session = UserSession.objects.get()
    assert here.post(f"{SESSIONS}{session.pk}/end/")["Location"] == "/accounts/login/"
    assert not is_in(here)
    assert UserSession.objects.count() == 0


def test_sign_out_elsewhere_ends_all_others(ada: Account) -> None:
    one, two, here = sign_in(ada), sign_in(ada), sign_in(ada)
    other = sign_in(make_account())
    page = Page(here.post(SESSIONS, follow=True))
    assert page.messages == ["Signed out in 2 other places."]
    assert [is_in(one), is_in(two), is_in(here), is_in(other)] == [False, False, True, True]
    assert listed(here) == ["Unknown device This one"]
    assert Page(here.post(SESSIONS, follow=True)).messages == ["You are signed in nowhere else."]


def test_anothers_session_is_not_there(ada: Account) -> None:
    other = sign_in(make_account())
    session = UserSession.objects.get()
    assert sign_in(ada).post(f"{SESSIONS}{session.pk}/end/").status_code == 404
    assert is_in(other)


def test_a_new_password_ends_all_others_and_is_told(ada: Account) -> None:
    other, here = sign_in(ada), sign_in(ada)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    response = here.post("/accounts/password/change/", form)
    assert (response.status_code, response["Location"]) == (302, "/accounts/")
    assert [is_in(other), is_in(here)] == [False, True]
    assert listed(here) == ["Unknown device This one"]
    assert is_in(sign_in(ada, NEW))
    assert [(message.subject, message.to) for message in mail.outbox] == [
        ("[Partner Portal] Your password was changed", [ada.email])
    ]


def test_a_password_is_not_changed_without_the_old_one(ada: Account) -> None:
    here = sign_in(ada)
    response = here.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    assert response.status_code == 422
    assert Page(response).errors("oldpassword") == ["This is not your current password."]
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_session_ends_after_twelve_hours_whatever_is_done_meanwhile(ada: Account) -> None:
    here = sign_in(ada)
    now = timezone.now()
    for hours in (4, 8, 11.9):
        with time_machine.travel(now + dt.timedelta(hours=hours), tick=False):
            assert is_in(here)
    with time_machine.travel(now + dt.timedelta(hours=12.1), tick=False):
        assert not is_in(here)


def test_the_cookie_ends_with_the_browser(ada: Account) -> None:
    here = sign_in(ada)
    cookie = here.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["expires"], cookie["max-age"]) == ("", "")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 CriOS/140.0 Mobile Safari/604.1",
            "Chrome on iPhone",
        ),
        ("curl/8.9", "curl"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
    ],
)
def test_devices_in_words(user_agent: str, words: str) -> None:
    assert device(user_agent) == words
