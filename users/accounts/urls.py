"""One's own sign-in. allauth's views one by one: nobody signs up, and there is no way in but password and passkey."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from users.accounts.views import account, invitation, preferences, second_factor, sessions
from users.accounts.views.pages import own_page, page


class Base36(StringConverter):
    """A number as allauth writes it in the link that sets a new password; what comes after the hyphen is the token."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36, "base36")

urlpatterns = [
    path("", own_page(account.overview), name="account"),
    path("login/", allauth.login, name="account_login"),
    path("preferences/", preferences.choose, name="account_preferences"),
    path("logout/", allauth.logout, name="account_logout"),
    path("reauthenticate/", own_page(allauth.reauthenticate), name="account_reauthenticate"),
    path("email/", own_page(account.change_email), name="account_email"),
    path("confirm-email/", page(allauth.email_verification_sent), name="account_email_verification_sent"),
    path("password/change/", own_page(allauth.password_change), name="account_change_password"),
    path("password/set/", own_page(account.set_password), name="account_set_password"),
    path("password/reset/", page(allauth.password_reset), name="account_reset_password"),
    path("password/reset/done/", page(allauth.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        page(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path(
        "password/reset/key/<base36:uidb36>-<str:key>/",
        page(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("invitation/", invitation.accept_invitation, name="account_invitation_accept"),
    path("invitation/<str:token>/", invitation.open_invitation, name="account_invitation"),
    path("2fa/", own_page(mfa.index), name="mfa_index"),
    path("2fa/set-up/", own_page(second_factor.setup), name="second_factor_setup"),
    path("2fa/authenticate/", page(second_factor.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", own_page(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", own_page(second_factor.add_app), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", own_page(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", own_page(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        own_page(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("2fa/webauthn/", own_page(RedirectView.as_view(pattern_name="mfa_index")), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", own_page(second_factor.add_passkey), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", page(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("2fa/webauthn/reauthenticate/", own_page(second_factor.passkey_again), name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", own_page(second_factor.rename_passkey), name="mfa_edit_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", own_page(second_factor.remove_passkey), name="mfa_remove_webauthn"),
    path("sessions/", own_page(sessions.list_sessions), name="usersessions_list"),
    path("sessions/<int:pk>/end/", own_page(sessions.end_session), name="usersessions_end"),
]
