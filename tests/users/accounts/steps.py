"""Signing in step by step, as people do it."""

import re
from typing import Any

import pyotp
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client

from tests.factories import PASSWORD
from users.accounts.models import Account

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


def sign_in(account: Account | str, password: str = PASSWORD, client: Client | None = None, **headers: Any) -> Client:
    """A browser after the first step, whether that was enough or not."""
    client = client or Client()
    email = account if isinstance(account, str) else account.email
    client.post("/accounts/login/", {"login": email, "password": password}, **headers)
    return client


def is_in(client: Client) -> bool:
    """Whether the browser is signed in."""
    return client.get("/accounts/").status_code == 200


def with_app(account: Account) -> Account:
    """The same account, with an authenticator app and recovery codes."""
    TOTP.activate(account, SECRET)
    RecoveryCodes.activate(account)
    return account


def code_of_app(secret: str = SECRET) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret).now()


def recovery_codes(account: Account) -> list[str]:
    """Those that were not used."""
    codes: list[str] = RecoveryCodes(
        Authenticator.objects.get(user=account, type=Authenticator.Type.RECOVERY_CODES)
    ).get_unused_codes()
    return codes


def code_in_mail(to: str) -> str:
    """The code in the newest mail to that address."""
    [*_others, newest] = [message for message in mail.outbox if message.to == [to]]
    found = re.search(r"^([A-Z]{4}-[A-Z]{4})$", str(newest.body), re.MULTILINE)
    assert found is not None, newest.body
    return found[1]


def link_in_mail() -> str:
    """The path of the link in the newest mail."""
    found = re.search(r"https?://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found is not None, mail.outbox[-1].body
    return found[1]


def addresses(account: Account) -> list[tuple[str, bool, bool]]:
    """What allauth keeps: address, verified, primary."""
    kept = EmailAddress.objects.filter(user=account).order_by("email")
    return list(kept.values_list("email", "verified", "primary"))
