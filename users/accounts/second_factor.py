"""Second factors: who has one, and where whoever has none may go while everybody needs one (settings.REQUIRE_MFA)."""

import base64
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.web.htmx import redirect
from users.accounts.models import Account
from users.accounts.sealing import seal, unseal

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts: recovery codes only stand in for one of these."""

WITHOUT_A_FACTOR = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "healthz",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "readyz",
        "second_factor_setup",
    }
)
"""The addresses that lead to a second factor, and out. Monitoring signs in nowhere."""


ALWAYS_OPEN = frozenset({"healthz", "readyz"})
"""Whose answer is no page, and asks nobody who they are."""


def has_second_factor(account: Account) -> bool:
    """Whether the account has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=account, type__in=FACTORS).exists())


def may_remove(authenticator: Authenticator) -> bool:
    """The last factor stays while everybody needs one. Two that are removed at once come one after the other."""
    if not settings.REQUIRE_MFA:
        return True
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=authenticator.user_id)
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
    return bool(others.exists())


class SecondFactorMiddleware:
    """While everybody needs a second factor, a signed-in account without one gets nowhere but to the pages that make
    one. Support staff and their site are no exception; partners' own rows are not even looked for before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if not settings.REQUIRE_MFA or (match and match.view_name in ALWAYS_OPEN):
            return None
        if not request.user.is_authenticated or has_second_factor(request.user):
            return None
        if match and match.view_name in WITHOUT_A_FACTOR:
            # Pages lead nowhere else then (templates/top.html).
            request.is_in_set_up = True  # type: ignore[attr-defined]
            return None
        return redirect(request, "second_factor_setup")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's second factors in this portal."""

    error_messages: ClassVar[dict[str, str | Promise]] = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "This is your only second factor, and everybody needs one here. Add another one first."
        ),
        "cannot_generate_recovery_codes": _("Recovery codes come with a second factor. Add one of those first."),
        "incorrect_code": _("This code is wrong, or was used already. Wait for the next one, then enter that."),
        "unknown_passkey": _("This passkey is not known here. Use another one, or sign in with your password."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """What cannot be read matches no code: a secret that nobody has takes its place."""
        text = unseal(encrypted_text)
        return base64.b32encode(secrets.token_bytes(20)).decode() if text is None else text

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return may_remove(authenticator)

    def generate_authenticator_name(self, user: Account, type: Authenticator.Type) -> str:
        """What a passkey is called until its owner gives it a name."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey") if number == 1 else gettext("Passkey {number}").format(number=number)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What the browser calls the portal when it asks for a passkey."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": gettext("Partner Portal")}
