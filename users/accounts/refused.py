"""What was refused at the door, in the audit (R24, R25): too small a role, and more attempts than the limits allow.

Neither can be used to fill the audit: of the same thing one event is written in a while.
"""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from companies.audit.enums import Act, Outcome
from companies.audit.origin import client_address
from companies.audit.record import record_of_partner, record_of_support
from companies.partners.scope import partner_scope, sign_in_scope, support_scope
from users.accounts.models import Account
from users.accounts.permissions import Permission
from users.accounts.sign_ins import account_of

ONE_REFUSAL_IN = 60
"""Seconds, for each account and address name."""
ONE_LIMIT_IN = 300
"""Seconds, for each network address."""


class RefusedMiddleware:
    """Write down that a signed-in account got a 403, and that a limit on attempts was reached.

    A form that is too old (403, no token) is neither, and nothing is said of a 404: who guesses learns nothing, and who
    follows an old link did nothing. The answers are 4xx: they commit, and the event with them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 403 and getattr(request, "csrf_processing_done", False):
            _access_refused(request)
        elif response.status_code == 429 or getattr(request, "is_over_limit", False):
            # At the door of directories no scope is open.
            with sign_in_scope():
                _too_many(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Keep what was missing; the answer is made elsewhere."""
        if isinstance(exception, PermissionDenied):
            request.missing = next((arg for arg in exception.args if isinstance(arg, Permission)), None)  # type: ignore[attr-defined]


def _access_refused(request: HttpRequest) -> None:
    account = getattr(request, "account", None)
    what = _name_of(request)
    if not isinstance(account, Account) or not cache.add(f"refused:{account.pk}:{what}", True, ONE_REFUSAL_IN):
        return
    data: dict[str, Any] = {"what": what}
    if missing := getattr(request, "missing", None):
        data["permission"] = str(missing)
    if account.visit is not None:
        data["visit"] = account.visit.pk
    if account.acts_for is not None:
        with partner_scope(account.acts_for.pk):
            record_of_partner(account.acts_for.pk, Act.ACCESS_REFUSED, by=account, outcome=Outcome.REFUSED, **data)
    else:
        with support_scope():
            record_of_support(Act.ACCESS_REFUSED, by=account, outcome=Outcome.REFUSED, **data)


def _too_many(request: HttpRequest) -> None:
    """Support's to read alone: whose account was tried is no sign of what its partner did."""
    if not cache.add(f"over-limit:{client_address()}", True, ONE_LIMIT_IN):
        return
    account = _tried(request)
    data: dict[str, Any] = {"what": _name_of(request)}
    if account is not None:
        data["account"] = account.pk
    with support_scope():
        record_of_support(Act.TOO_MANY_ATTEMPTS, by=None, outcome=Outcome.REFUSED, **data)


def _tried(request: HttpRequest) -> Account | None:
    """Whoever is signed in, or else whose e-mail was typed."""
    if isinstance(request.user, Account):
        return request.user
    typed = request.POST.get("login") or request.POST.get("email")
    # No field has looked at it yet, and PostgreSQL knows no NUL.
    return account_of(typed) if typed and "\0" not in typed else None


def _name_of(request: HttpRequest) -> str:
    """The name of the address, which holds no ids; nothing that a visitor chooses is kept."""
    match = request.resolver_match
    return match.view_name if match else ""
