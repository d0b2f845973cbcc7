"""From where the present request came, for whatever is written down meanwhile (R25)."""

import ipaddress
from collections.abc import Callable
from contextvars import ContextVar

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def client_address() -> str | None:
    """The network address of whoever made the present request; None in commands, jobs, and where it is not known."""
    return _address.get()


class OriginMiddleware:
    """Remember, for the length of a request, where it came from: as the limits on sign-in count it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _address.set(_of(request))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


def _of(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(get_adapter(request).get_client_ip(request)))
    except (PermissionDenied, ValueError):
        return None
