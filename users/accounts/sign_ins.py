"""Sign-ins, second factors, passwords and sessions in the audit (R25), heard of from allauth and Django.

What concerns an account of a partner stands in the partner's audit. Support staff have no partner, and neither has
somebody who tries an e-mail that nobody has: only support staff read of those.
"""

import logging
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest

from companies.audit.enums import Act, Outcome
from companies.audit.record import record_of_partner, record_of_support
from companies.partners.scope import partner_scope, support_scope
from portal.web.typed import forget_others
from users.accounts.models import Account

logger = logging.getLogger(__name__)


def listen() -> None:
    """From now on all of it is written down."""
    for signal, hear in (
        (account_signals.user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (user_login_failed, _failed),
        (account_signals.password_changed, _password_changed),
        (account_signals.password_set, _password_changed),
        (account_signals.password_reset, _password_reset),
        (account_signals.email_changed, _email_changed),
        (account_signals.email_verification_code_rejected, _email_code_failed),
        (mfa_signals.authenticator_added, _factor_added),
        (mfa_signals.authenticator_removed, _factor_removed),
        (mfa_signals.authenticator_reset, _recovery_codes_made),
        (mfa_signals.authentication_failed, _factor_failed),
    ):
        signal.connect(hear, dispatch_uid=f"audit{hear.__name__}")


def remember(
    account: Account | None, act: Act, *, by: Account | None, outcome: Outcome = Outcome.DONE, **data: Any
) -> None:
    """Write down an act that is about `account`, or about nobody known, whatever scope the caller is in (R23).

    The scope of signing in writes nothing of a partner's: its own is opened for this one row. Known and unknown, it
    takes as many questions to the database, so that the time taken tells little.
    """
    if account is not None:
        data["account"] = account.pk
    if account is not None and account.partner_id is not None:
        with partner_scope(account.partner_id):
            record_of_partner(account.partner_id, act, by=by, outcome=outcome, **data)
    else:
        with support_scope():
            record_of_support(act, by=by, outcome=outcome, **data)


def account_of(email: str) -> Account | None:
    """Whom an e-mail at the door stands for: the active account, or else one that was withdrawn; somebody tries it."""
    return Account.objects.filter(email=email.strip().lower()).order_by("-is_active", "-pk").first()


def password_reset_asked(account: Account | None) -> None:
    """Somebody who is not signed in asked for the mail that resets a password; None where nobody has that e-mail."""
    remember(account, Act.PASSWORD_RESET_ASKED, by=None)


def code_used_again(account: Account, *, again: bool) -> None:
    """A code of the authenticator app that had opened once already; allauth knows nothing of it."""
    _refuse_factor(account, Authenticator.Type.TOTP, again=again)


def passkey_failed(account: Account | None, *, again: bool) -> None:
    """A passkey that is not known, or is a withdrawn account's; None where it was to sign in by itself."""
    if account is None:
        remember(None, Act.SIGN_IN_FAILED, by=None, outcome=Outcome.REFUSED, method=[Authenticator.Type.WEBAUTHN])
    else:
        _refuse_factor(account, Authenticator.Type.WEBAUTHN, again=again)


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """allauth's, but that sessions were ended is written down."""

    def end_sessions(self, sessions: Any) -> None:
        ended = list(sessions)
        super().end_sessions(ended)
        if ended:
            remember(ended[0].user, Act.SESSIONS_ENDED, by=_present(context.request), count=len(ended))


def _signed_in(request: HttpRequest, user: Account, **_kwargs: Any) -> None:
    """`method`: what was asked for, in order."""
    forget_others(request, user.pk)
    records = get_authentication_records(request, user)
    ways = [record["type"] if record["method"] == "mfa" else record["method"] for record in records]
    remember(user, Act.SIGNED_IN, by=user, method=ways)


def _signed_out(request: HttpRequest, user: Account | None, **_kwargs: Any) -> None:
    if user is not None:
        remember(user, Act.SIGNED_OUT, by=user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Of the credentials only the e-mail is looked at, and never kept: people type passwords into its field.

    An attempt that the limits refuse is not one (users/accounts/refused.py): nobody can fill the audit from outside.
    """
    account = account_of(str(credentials.get("email", "")))
    remember(account, Act.SIGN_IN_FAILED, by=_present(request), outcome=Outcome.REFUSED)


def _password_changed(user: Account, **_kwargs: Any) -> None:
    remember(user, Act.PASSWORD_CHANGED, by=user)


def _password_reset(user: Account, **_kwargs: Any) -> None:
    remember(user, Act.PASSWORD_RESET, by=user)


def _email_changed(user: Account, **_kwargs: Any) -> None:
    remember(user, Act.EMAIL_CHANGED, by=user)


def _email_code_failed(request: HttpRequest, user: Account, **_kwargs: Any) -> None:
    """At the door, or of whoever is signed in and changes their e-mail."""
    remember(user, Act.EMAIL_CODE_FAILED, by=_present(request), outcome=Outcome.REFUSED)


def _factor_added(user: Account, authenticator: Authenticator, **_kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _afterwards(user, Act.RECOVERY_CODES_MADE)
    else:
        _afterwards(user, Act.FACTOR_ADDED, factor=authenticator.type)


def _factor_removed(user: Account, authenticator: Authenticator, **_kwargs: Any) -> None:
    _afterwards(user, Act.FACTOR_REMOVED, factor=authenticator.type)


def _recovery_codes_made(user: Account, **_kwargs: Any) -> None:
    _afterwards(user, Act.RECOVERY_CODES_MADE)


def _factor_failed(user: Account, authenticator: Authenticator, reauthentication: bool, **_kwargs: Any) -> None:
    _refuse_factor(user, authenticator.type, again=reauthentication)


def _refuse_factor(account: Account, factor: str, *, again: bool) -> None:
    """At the door it is nobody's yet; `again` is asked of whoever is signed in."""
    by = account if again else None
    remember(account, Act.FACTOR_FAILED, by=by, outcome=Outcome.REFUSED, factor=factor)


def _afterwards(user: Account, act: Act, **data: Any) -> None:
    """allauth tells of some acts when they are committed: what fails then must not look like a failure of theirs."""
    try:
        remember(user, act, by=user, **data)
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        logger.exception("%s of account %s is missing in the audit", act, user.pk)


def _present(request: HttpRequest | None) -> Account | None:
    """Who is signed in, and proves it again; None at the door."""
    account = getattr(request, "user", None)
    return account if isinstance(account, Account) else None
