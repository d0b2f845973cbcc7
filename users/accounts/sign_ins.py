"""Sign-ins of partner staff in the audit (R25): heard of from allauth and Django, whose events they are.

Support staff have no partner in whose audit their own sign-ins could stand: those are left out.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import user_logged_in
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.record import record_of_partner
from companies.partners.scope import partner_scope
from users.accounts.models import Account


def listen() -> None:
    """From now on every sign-in, sign-out and failed sign-in is written down."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit_signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit_signed_out")
    user_login_failed.connect(_failed, dispatch_uid="audit_sign_in_failed")


def _signed_in(request: HttpRequest, user: Account, **_kwargs: Any) -> None:
    _remember(user, Act.SIGNED_IN, request, by=user)


def _signed_out(request: HttpRequest, user: Account | None, **_kwargs: Any) -> None:
    if user is not None:
        _remember(user, Act.SIGNED_OUT, request, by=user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Of the credentials only the e-mail is looked at. Withdrawn accounts count: somebody tries them.

    An attempt that the limits refuse is not one: nobody can fill the audit from outside.
    """
    account = Account.objects.filter(email=str(credentials.get("email", "")).lower()).first()
    if account is None:
        # As many questions to the database as for a known one, so that the time taken tells little.
        with partner_scope(0):
            AuditEvent.objects.filter(partner_id=0).exists()
        return
    _remember(account, Act.SIGN_IN_FAILED, request, by=None)


def _remember(account: Account, act: Act, request: HttpRequest | None, *, by: Account | None) -> None:
    """The scope of signing in writes nothing of a partner's: its own is opened for this one row (R23)."""
    if account.partner_id is None:
        return
    with partner_scope(account.partner_id):
        record_of_partner(account.partner_id, act, by=by, account=account.pk, address=_address(request))


def _address(request: HttpRequest | None) -> str:
    """Where the request came from, as the limits on sign-in count it; empty where that is not known."""
    try:
        return str(get_adapter(request).get_client_ip(request)) if request else ""
    except PermissionDenied:
        return ""
