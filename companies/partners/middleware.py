"""Who asks, for which partner, and what the database shows meanwhile."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from companies.partners.scope import sign_in_scope
from companies.partners.serving import check_once

if TYPE_CHECKING:
    from companies.partners.models import Partner

WITHOUT_SCOPE = frozenset({"/healthz", "/readyz"})
"""What monitoring asks is answered while there is no database, too."""

SCOPED_BY_ITSELF = "/scim/"
"""Directories change many people in one request, each in a transaction and a scope of its own (users/scim)."""


class ScopeMiddleware:
    """One transaction a request, in which nothing of any partner's customers is seen (R23).

    Views go on from there: `partner_account` to one partner's rows, the admin site to support's. An answer of 500 or
    more takes everything back: an exception is a response already when it comes here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in WITHOUT_SCOPE:
            return self.get_response(request)
        check_once()
        if request.path_info.startswith(SCOPED_BY_ITSELF):
            return self.get_response(request)
        with sign_in_scope():
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


class DoorSessionMiddleware(SessionMiddleware):
    """Django's, but what a view changed of its session is saved at the door: no other scope reads sessions (R23)."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_saved = request.session.modified and response.status_code < 500 and not connection.needs_rollback
        with sign_in_scope() if is_saved else nullcontext():
            return super().process_response(request, response)


class PartnerMiddleware:
    """Set `request.account` and `request.partner`, read from the database only when somebody looks at them.

    Nothing is allowed by this: `users.accounts.decorators.partner_account` checks the sign-in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        portal_request: Any = request
        portal_request.account = request.user
        portal_request.partner = SimpleLazyObject(lambda: _partner_of(request))
        return self.get_response(request)


def _partner_of(request: HttpRequest) -> "Partner | None":
    return getattr(request.user, "partner", None)
