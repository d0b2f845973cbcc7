"""Second factors: adding and removing them, and the second step of a sign-in."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_safe

from users.accounts.models import Account
from users.accounts.second_factor import has_second_factor, may_remove
from users.accounts.views.sessions import end_others


@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """Where whoever has no second factor is led while everybody needs one."""
    if has_second_factor(cast("Account", request.user)):
        return redirect("mfa_index")
    return render(request, "mfa/setup.html")


class _FirstFactor:
    """The first factor ends all other sessions: they began without one."""

    request: HttpRequest

    def form_valid(self, form: BaseForm) -> HttpResponse:
        is_first = not has_second_factor(cast("Account", self.request.user))
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if is_first:
            end_others(self.request)
        return response


class AddApp(_FirstFactor, totp.ActivateTOTPView):  # type: ignore[misc]
    """Show the secret, and take the first code."""


class AddPasskey(_FirstFactor, webauthn.AddWebAuthnView):  # type: ignore[misc]
    """Let the browser make a passkey, and keep its public half."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """allauth's leaves out the refused form."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | ({"form": kwargs["form"]} if "form" in kwargs else {})


class RemovePasskey(webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey, unless it is the last factor and everybody needs one."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        if not may_remove(self.object):
            form.add_error(None, get_mfa_adapter().validation_error("cannot_delete_authenticator"))
            return cast("HttpResponse", self.form_invalid(form))
        return cast("HttpResponse", super().form_valid(form))


class RenamePasskey(webauthn.EditWebAuthnView):  # type: ignore[misc]
    success_url = reverse_lazy("mfa_index")


class Authenticate(base.AuthenticateView):  # type: ignore[misc]
    """The second step of a sign-in, by whatever the account has."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        types = Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"types": set(types)}


class PasskeyAgain(webauthn.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Show by a passkey that it is still you."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """allauth's leads away to the sign-in page."""
        for message in form.errors.get("credential", []):
            get_adapter().add_message(self.request, messages.ERROR, message=message)
        return redirect(self.request.get_full_path())


add_app = AddApp.as_view()
add_passkey = AddPasskey.as_view()
remove_passkey = RemovePasskey.as_view()
rename_passkey = RenamePasskey.as_view()
authenticate = Authenticate.as_view()
passkey_again = PasskeyAgain.as_view()
