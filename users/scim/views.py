"""/scim/v2/: one view for every address, because the protocol routes by itself."""

import json
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from scim2_models import PayloadTooLargeException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from users.directory.models import Connector
from users.directory.tokens import note_contact
from users.scim.authentication import authenticated
from users.scim.bulk import Handler
from users.scim.errors import TooManyRequests
from users.scim.limits import OPERATIONS, REQUESTS, Limit, seconds_to_wait
from users.scim.schemas import MAX_BODY
from users.scim.seats import asks_for_seats, with_seats
from users.scim.service import PortalService
from users.scim.storage import ConnectorStorage


@csrf_exempt
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a directory. Outside of the request's transaction: every operation is one of its own (R23)."""
    service = PortalService(lambda count: None)
    try:
        connector = authenticated(request)
        _charge(connector, REQUESTS)
        note_contact(connector)
        service.charge = lambda count: _charge(connector, OPERATIONS, count)
        asked = _asked(request, path)
        answer = Handler(service, _storage(connector, asked)).handle(asked)
        if asks_for_seats(asked):
            answer = with_seats(answer, connector)
    except Exception as error:
        # A directory is told in its own words, and the log all of it.
        answer = service.error_response(error)
    return _response(answer, bodiless=request.method == "HEAD")


def _storage(connector: Connector, asked: ScimRequest) -> ConnectorStorage:
    writes = asked.method != "GET" and not asked.path.endswith("/.search")
    return ConnectorStorage(connector, writes=writes, tells=asked.path != "/Bulk")


def _charge(connector: Connector, limit: Limit, count: int = 1) -> None:
    if wait := seconds_to_wait(limit, connector.pk, count):
        raise TooManyRequests(retry_after=wait)


def _asked(request: HttpRequest, path: str) -> ScimRequest:
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise PayloadTooLargeException(detail=f"The most that can be sent at once are {MAX_BODY} bytes")
    return ScimRequest(
        # HEAD is answered as GET is, without what it would have said (RFC 9110, 9.3.2).
        method="GET" if request.method == "HEAD" else request.method or "",
        base_url=request.build_absolute_uri("/scim/v2"),
        path=f"/{path}",
        query=request.GET.dict(),
        headers=dict(request.headers),
        body=body,
    )


def _response(answer: ScimResponse, *, bodiless: bool) -> HttpResponse:
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    response = HttpResponse(b"" if bodiless else body, status=answer.status.value)
    for name, value in answer.headers.items():
        response.headers[name] = value
    if bodiless:
        response.headers["Content-Length"] = str(len(body))
    # What is told to a directory on purpose is no error of the portal's: what is one stands in the log already.
    response._has_been_logged = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR  # type: ignore[attr-defined]
    return response
