"""Who asks, and for which partner."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

if TYPE_CHECKING:
    from companies.partners.models import Partner


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
