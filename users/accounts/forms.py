"""allauth's forms in the portal's words; what they refuse beyond allauth is written at each."""

from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from users.accounts.emails import ResetTokens, active_account
from users.accounts.models import Account
from users.accounts.sign_ins import code_used_again, passkey_failed, password_reset_asked

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PASSKEY_NAME_LENGTH = 60

_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a passkey's answer raises where no browser wrote it, and allauth lets through."""


class PlainForm(forms.Form):
    """A label at each field instead of a grey word inside it, and the cursor in the first."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
        shown = [field for field in self.fields.values() if not field.widget.is_hidden]
        if not self.is_bound and shown:
            shown[0].widget.attrs["autofocus"] = True


class SignInForm(PlainForm, account.LoginForm):  # type: ignore[misc]
    """E-mail and password; `login` and `password` are allauth's names for them."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"login": _("E-mail"), "password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class NewEmailForm(PlainForm, account.AddEmailForm):  # type: ignore[misc]
    """The address that the account is to have. Whether another account has it is not said: only its mailbox learns."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"email": _("New e-mail")}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email == self.user.email:
            raise get_adapter().validation_error("duplicate_email")
        return email


class EmailCodeForm(PlainForm, account.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    """The code that was sent to an address. Whoever has it reads that mailbox, and may learn that the address is taken
    by another active account (R2).
    """

    labels: ClassVar["dict[str, StrOrPromise]"] = {"code": _("Code from the e-mail")}

    def clean_code(self) -> str:
        code: str = account.BaseConfirmCodeForm.clean_code(self)
        owner = active_account(self.email)
        if owner and owner != self.user:
            raise get_adapter().validation_error("email_taken")
        return code


class _NewPassword(PlainForm):
    labels: ClassVar["dict[str, StrOrPromise]"] = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())
        if "oldpassword" in self.fields:
            self.fields["oldpassword"].help_text = ""


class NewPasswordForm(_NewPassword, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password for whoever knows the old one."""


class FirstPasswordForm(_NewPassword, account.SetPasswordForm):  # type: ignore[misc]
    """A password for an account that had none."""


class ResetPasswordForm(_NewPassword, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password for whoever came by the link in the mail."""


class ForgottenPasswordForm(PlainForm, account.ResetPasswordForm):  # type: ignore[misc]
    """Ask for the link. An unknown address gets no mail, the same answer, and the same work done in vain."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"email": _("E-mail")}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        found = active_account(email)
        self.users = [found] if found else []
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        password_reset_asked(next(iter(self.users), None))
        if self.users:
            request_password_reset(request, email, self.users, ResetTokens())
        else:
            get_adapter().write_reset_mail_in_vain(email)
        return email


class PasswordAgainForm(PlainForm, account.ReauthenticateForm):  # type: ignore[misc]
    """The password of whoever is signed in."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class _CodeForm(PlainForm):
    """A code of the app or a recovery code. A code of the app opens once, for as long as it would be accepted."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"code": _("Code")}
    user: Account

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false"}

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self._is_of_the_app() and not self._use_up(code):
            if isinstance(self, second_factor.BaseAuthenticateForm):
                code_used_again(self.user, again=isinstance(self, second_factor.ReauthenticateForm))
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code

    def _is_of_the_app(self) -> bool:
        return True

    def _use_up(self, code: str) -> bool:
        seconds = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
        return cache.add(f"second-factor-used:{self.user.pk}:{normalize_user_code(code)}", True, seconds)


class SecondFactorForm(_CodeForm, second_factor.AuthenticateForm):  # type: ignore[misc]
    """The second step of a sign-in."""

    def _is_of_the_app(self) -> bool:
        return bool(self.authenticator.type == Authenticator.Type.TOTP)


class SecondFactorAgainForm(_CodeForm, second_factor.ReauthenticateForm):  # type: ignore[misc]
    """A code from whoever is signed in."""

    def _is_of_the_app(self) -> bool:
        return bool(self.authenticator.type == Authenticator.Type.TOTP)


class AddAppForm(_CodeForm, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app: proof that it works, and good for nothing else afterwards."""

    labels: ClassVar["dict[str, StrOrPromise]"] = {"code": _("Code that the app shows")}


class _Answer(forms.JSONField):
    """What a browser answers for a passkey. Numbers too long to be read, and nesting too deep, are no JSON either."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class AddPasskeyForm(PlainForm, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: every one can sign in by itself, so its device must check who uses it (PIN, finger, face)."""

    credential = _Answer()
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=PASSKEY_NAME_LENGTH,
        help_text=_("So that you can tell it from others, such as the name of the device."),
    )
    # What the browser's part of allauth reads.
    passwordless = forms.BooleanField(
        required=False, initial=True, widget=forms.CheckboxInput(attrs={"hidden": True, "checked": True})
    )

    def clean_passwordless(self) -> bool:
        return True

    def clean_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = self.cleaned_data["credential"]
        try:
            webauthn.auth.parse_registration_response(credential)
        except _MALFORMED as error:
            raise get_mfa_adapter().validation_error("unknown_passkey") from error
        return credential


class RenamePasskeyForm(PlainForm, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Name"), max_length=PASSKEY_NAME_LENGTH)


class _PasskeyForm(webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """What the browser answers for a passkey. Unknown ones, and those of withdrawn accounts, get one answer."""

    credential = _Answer()

    def clean_credential(self) -> Authenticator:
        try:
            authenticator: Authenticator = super().clean_credential()
        except _MALFORMED as error:
            raise get_mfa_adapter().validation_error("unknown_passkey") from error
        except ValidationError as error:
            if error.code == "incorrect_code":
                passkey_failed(self.user, again=self.reauthenticated)
                raise get_mfa_adapter().validation_error("unknown_passkey") from error
            raise
        if not authenticator.user.is_active:
            passkey_failed(authenticator.user, again=self.reauthenticated)
            raise get_mfa_adapter().validation_error("unknown_passkey")
        return authenticator


class PasskeySignInForm(_PasskeyForm, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """Sign-in by a passkey alone."""


class PasskeyFactorForm(_PasskeyForm):
    """A passkey as the second step of a sign-in."""


class PasskeyAgainForm(_PasskeyForm, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey from whoever is signed in."""
