"""Who asks: a bearer token is a connector, and with it a company and its partner (R23)."""

import re

from django.http import HttpRequest
from scim2_models import UnauthorizedException

from companies.audit.origin import client_address
from users.directory.models import Connector
from users.directory.tokens import connector_of
from users.scim.errors import TooManyRequests
from users.scim.limits import WRONG_TOKENS, seconds_to_wait

_BEARER = re.compile(r"bearer +([\x21-\x7e]{1,200})", re.IGNORECASE)


def authenticated(request: HttpRequest) -> Connector:
    """The connector whose token came along.

    Raises UnauthorizedException for none, or one that opens nothing; TooManyRequests after too many of those from one
    network address. A right token is let in all the same.
    """
    found = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        raise UnauthorizedException(detail="Send the connector's token: Authorization: Bearer …")
    connector = connector_of(found[1])
    if connector is not None:
        return connector
    if wait := seconds_to_wait(WRONG_TOKENS, client_address()):
        raise TooManyRequests(detail="Too many wrong tokens", retry_after=wait)
    raise UnauthorizedException(detail="This token opens nothing")
