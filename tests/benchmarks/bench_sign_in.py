"""The time that the door takes for a known address against an unknown one: both ratios should be near 1."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.benchmarks.measure import medians, report
from tests.factories import make_account
from users.accounts.models import Account

ROUNDS = 30
HASHER = "django.contrib.auth.hashers.Argon2PasswordHasher"


@pytest.mark.django_db
def test_known_against_unknown_addresses(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [HASHER]
    settings.MAILERS = {"default": {"BACKEND": "portal.mail.QueueBackend"}}
    make_account(email="known@partner.example")
    gone = make_account(email="gone@partner.example")
    Account.objects.filter(pk=gone.pk).update(is_active=False)

    def sign_in(email: str) -> None:
        cache.clear()
        response = Client().post("/accounts/login/", {"login": email, "password": "wrong"})
        assert response.status_code == 200

    def reset(email: str) -> None:
        cache.clear()
        assert Client().post("/accounts/password/reset/", {"email": email}).status_code == 302

    for what, ask in (("a wrong password", sign_in), ("asking for a new password", reset)):
        for kind in ("known", "gone"):
            seconds, baseline = medians(
                ROUNDS,
                lambda ask=ask, kind=kind: ask(f"{kind}@partner.example"),  # type: ignore[misc]
                lambda ask=ask: ask("nobody@partner.example"),  # type: ignore[misc]
            )
            report(f"{what}, {kind} address", seconds, baseline, against="an unknown one")
