"""What people see and change of their own sign-in: e-mail, password, and the way there."""

from typing import Any, cast

from allauth.account import views
from allauth.account.decorators import reauthentication_required
from allauth.account.mixins import AjaxCapableProcessFormViewMixin
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from users.accounts.models import Account
from users.accounts.second_factor import FACTORS

with_proof = reauthentication_required(app="allauth.account")
"""Asks again for password or second factor, before the page is shown, where that was last done long ago."""


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about one's own sign-in on one page, and where each is changed."""
    account = cast("Account", request.user)
    factors = list(Authenticator.objects.filter(user=account).order_by("created_at"))
    codes = next((factor for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "has_app": any(factor.type == Authenticator.Type.TOTP for factor in factors),
        "passkeys": sum(factor.type == Authenticator.Type.WEBAUTHN for factor in factors),
        "has_factor": any(factor.type in FACTORS for factor in factors),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": len(UserSession.objects.purge_and_list(account)),
    }
    return render(request, "account/overview.html", context)


class ChangeEmail(views.EmailView):  # type: ignore[misc]
    """Ask for another e-mail: it becomes the account's once the code that was sent to it is entered."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Of what allauth does here only this: an account has one address."""
        response: HttpResponse = AjaxCapableProcessFormViewMixin.post(self, request, *args, **kwargs)
        return response


change_email = with_proof(ChangeEmail.as_view())
set_password = with_proof(views.password_set)
