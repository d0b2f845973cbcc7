"""Refusals in SCIM's words (RFC 7644, 3.12): a status, a scimType, a sentence, and nothing of the portal's inside."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from scim2_models import (
    Error,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    SCIMException,
    UnauthorizedException,
    UniquenessException,
)
from scim2_server.responses import SCIM_MEDIA_TYPE

from licensing.errors import (
    Busy,
    CompanyClosed,
    ConnectorGone,
    ConnectorPaused,
    EmailTaken,
    EntryChanged,
    EntryGone,
    InvalidPerson,
    Refusal,
    UserNameTaken,
)
from licensing.wording import sentence

PAUSED_RETRY_AFTER = 600

_KINDS: dict[type[Refusal], type[SCIMException]] = {
    UserNameTaken: UniquenessException,
    EmailTaken: UniquenessException,
    EntryChanged: PreconditionFailedException,
    EntryGone: NotFoundException,
    ConnectorGone: UnauthorizedException,
    CompanyClosed: UnauthorizedException,
}

_ATTRIBUTES = {
    "user_name": "userName",
    "external_id": "externalId",
    "email": "emails",
    "first_name": "name.givenName",
    "last_name": "name.familyName",
}


class TryLater(SCIMException):
    """Nothing is wrong with the request but its moment."""

    status = 503
    _default_detail = "The portal is busy"

    def __init__(self, *, detail: str | None = None, retry_after: float = 5, **context: Any) -> None:
        super().__init__(detail=detail, **context)
        self.retry_after = max(1, round(retry_after + 0.5))


class TooManyRequests(TryLater):
    """More than the limits allow."""

    status = 429
    _default_detail = "Too many requests"


@contextmanager
def in_scim_words() -> Iterator[None]:
    """A rule's refusal goes on as the SCIM error that says the same."""
    try:
        yield
    except Refusal as refusal:
        raise _said(refusal) from refusal


def _said(refusal: Refusal) -> SCIMException:
    if isinstance(refusal, Busy):
        return TryLater(detail=sentence(refusal), retry_after=refusal.retry_after)
    if isinstance(refusal, ConnectorPaused):
        return TryLater(detail=sentence(refusal), retry_after=PAUSED_RETRY_AFTER)
    if isinstance(refusal, InvalidPerson):
        wrong = [f"{_ATTRIBUTES.get(name, name)}: {code}" for name, code in refusal.errors.items()]
        return InvalidValueException(detail=", ".join(wrong))
    return _KINDS.get(type(refusal), InvalidValueException)(detail=sentence(refusal))


class ScimMiddleware:
    """Below /scim/ nobody is a browser: no cookie is looked at, and whatever refuses answers with SCIM's document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/scim/"):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        if response.status_code < 400 or response.headers.get("Content-Type") == SCIM_MEDIA_TYPE:
            return response
        return _document(response)


def _document(page: HttpResponseBase) -> HttpResponse:
    status = HTTPStatus(page.status_code)
    error = Error(status=status.value, detail=status.phrase)
    response = HttpResponse(json.dumps(error.model_dump()), SCIM_MEDIA_TYPE, status)
    for name in ("Allow", "Retry-After"):
        if name in page.headers:
            response.headers[name] = page.headers[name]
    return response
