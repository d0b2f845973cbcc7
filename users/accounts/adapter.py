"""allauth in this portal: nobody signs up, and sign-in tells nobody which addresses are known."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.mail import QueueBackend
from users.accounts.devices import device
from users.accounts.emails import ResetTokens, release
from users.accounts.models import Account


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Rules of sign-in that differ from allauth's own."""

    error_messages: ClassVar[dict[str, str | Promise]] = DefaultAccountAdapter.error_messages | {
        "duplicate_email": _("This is your e-mail already."),
        "email_password_mismatch": _("This e-mail and password do not belong together. Check both and try again."),
        "email_taken": _("This e-mail cannot be used: another account has it."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is wrong. Look at the newest e-mail, then try again."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("Too many attempts. Wait five minutes, then try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """What is said in a form. That a limit was reached is noted, for the audit (users/accounts/refused.py)."""
        if code in {"rate_limited", "too_many_login_attempts"}:
            context.request.is_over_limit = True
        error: ValidationError = super().validation_error(code, *args)
        return error

    def is_ajax(self, request: HttpRequest) -> bool:
        """Nobody is answered in JSON but the script that asks for a passkey."""
        match = request.resolver_match
        return bool(match and match.view_name == "mfa_login_webauthn") and super().is_ajax(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """The account, or None. A withdrawn one gets the same answer as one that never was."""
        account = super().authenticate(request, **credentials)
        return account if isinstance(account, Account) and account.is_active else None

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """allauth counts for each Host header apart, and any port may be written in that."""
        return str(credentials.get("email", "")).lower()

    def login(self, request: HttpRequest, user: Account) -> None:
        """The end of every sign-in, however it began. Whoever was withdrawn between its steps does not get in."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)
        # What was shown just now need not be shown again at the first dangerous act.
        for record in get_authentication_records(request, user)[-1:]:
            record["reauthenticated"] = request.session.modified = True

    def respond_user_inactive(self, request: HttpRequest, user: Account) -> HttpResponse:
        messages.error(request, str(self.error_messages["email_password_mismatch"]))
        return redirect("account_login")

    def set_password(self, user: Account, password: str) -> None:
        """Saves nothing else: whoever is withdrawn or given another role at this moment stays so (R2, R24)."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def is_safe_url(self, url: str | None) -> bool:
        """What no address can be read from is not safe. A crash would take back that the attempt was counted."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        release(email_address.email)
        return bool(super().confirm_email(request, email_address))

    def send_notification_mail(
        self, template_prefix: str, user: Account, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell an account what happened to its sign-in, from which device, and what to do if it was somebody else."""
        more = {
            "device": device(self.get_http_user_agent(self.request)),
            "reset_url": self.request.build_absolute_uri(reverse("account_reset_password")),
        }
        super().send_notification_mail(template_prefix, user, more | (context or {}), email)

    def write_reset_mail_in_vain(self, email: str) -> None:
        """What sending the link to a known address takes, for an unknown one: the job of its mail is taken back."""
        nobody = Account(pk=0, email=email)
        url = self.get_reset_password_from_key_url(f"0-{ResetTokens().make_token(nobody)}")
        context = {"user": nobody, "password_reset_url": url, "request": self.request, "email": email}
        message = self.render_mail("account/email/password_reset_key", email, context)
        with transaction.atomic():
            QueueBackend().send_messages([message])
            transaction.set_rollback(True)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("home")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account")
