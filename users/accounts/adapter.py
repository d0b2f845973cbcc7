"""allauth in this portal: nobody signs up, and sign-in tells nobody which addresses are known."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.accounts.models import Account


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Rules of sign-in that differ from allauth's own."""

    error_messages: ClassVar[dict[str, str | Promise]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("This e-mail and password do not belong together. Check both and try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """The account, or None. A withdrawn one gets the same answer as one that never was."""
        account = super().authenticate(request, **credentials)
        return account if isinstance(account, Account) and account.is_active else None

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """What is said in a form. That a limit was reached is noted, for the audit (users/accounts/refused.py)."""
        if code == "too_many_login_attempts":
            context.request.is_over_limit = True
        return super().validation_error(code, *args)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("home")
