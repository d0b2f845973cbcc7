"""What no browser asks for is refused at the door; what browsers may do with a page is said in its headers."""

from collections.abc import Callable
from itertools import chain

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from portal.web.errors import BAD_REQUEST, TOO_BIG, answer

type GetResponse = Callable[[HttpRequest], HttpResponseBase]

PERMISSIONS = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
"""What neither the portal nor anything inside its pages ever needs of a computer."""

_ENVELOPE = 1024 * 1024
_CHUNK = 65_536
_READ_AT_MOST = 64 * 1024 * 1024


class PermissionsMiddleware:
    """Permissions-Policy: a script that got in all the same finds no camera and no position to ask for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = ", ".join(f"{name}=()" for name in PERMISSIONS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.policy)
        return response


class DoorMiddleware:
    """Refuse, before anything is kept or asked of the database, bodies beyond every limit and NUL characters.

    Django's own limit leaves out files, which it would write to the disk however big they are. PostgreSQL knows no
    NUL: in an address or a cookie it would crash a query; in a form, the field says so itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _length(request) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE + _ENVELOPE:
            _drop_body(request)
            return answer(request, TOO_BIG)
        if any("\0" in text for text in _texts(request)):
            return answer(request, BAD_REQUEST)
        return self.get_response(request)


def _length(request: HttpRequest) -> int:
    """As announced: of a body without a length nothing is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _drop_body(request: HttpRequest) -> None:
    """A browser that cannot send the rest says "connection lost" instead of showing the answer; to a point it may."""
    for _chunk in range(_READ_AT_MOST // _CHUNK):
        if not request.read(_CHUNK):
            return


def _texts(request: HttpRequest) -> chain[str]:
    asked = (text for name, values in request.GET.lists() for text in (name, *values))
    return chain([request.path_info], asked, request.COOKIES.values())
