"""Secrets of second factors are not readable in the database (issue 3, section 7)."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from pytest_django import Settings

from tests.factories import make_account
from tests.page import Page
from tests.users.accounts.steps import SECRET, code_of_app, recovery_codes, sign_in, with_app
from users.accounts.sealing import seal, unseal

pytestmark = pytest.mark.django_db

FORMER = "a-former-key-that-is-long-and-random-enough-for-a-test"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def test_neither_secret_nor_seed_stands_in_the_database() -> None:
    ada = with_app(make_account())
    codes = recovery_codes(ada)
    kept = str(list(Authenticator.objects.filter(user=ada).values()))
    assert SECRET not in kept
    assert not any(code in kept for code in codes)


def test_sealed_twice_it_is_not_the_same() -> None:
    assert seal("x") != seal("x")
    assert unseal(seal("x")) == "x"


def test_a_former_key_still_opens_and_an_unknown_one_does_not(settings: Settings) -> None:
    now = settings.SECRET_KEY
    settings.SECRET_KEY = FORMER
    sealed = seal("x")
    settings.SECRET_KEY = now
    assert unseal(sealed) is None
    settings.SECRET_KEY_FALLBACKS = [FORMER]
    assert unseal(sealed) == "x"


def test_what_cannot_be_read_opens_to_no_code(settings: Settings) -> None:
    """Not even to the code of an empty secret."""
    ada = with_app(make_account())
    settings.SECRET_KEY = FORMER
    of_nothing = format_hotp_value(hotp_value("", int(time.time()) // 30))
    for code in (code_of_app(), of_nothing):
        response = sign_in(ada).post("/accounts/2fa/authenticate/", {"code": code})
        assert (response.status_code, len(Page(response).errors("code"))) == (422, 1)
