"""Errors become answers: a page, or a sentence for htmx, that says what happened and what to do."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg.errors
import psycopg_pool
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.web.htmx import redirect, wants_part
from portal.web.typed import keep

type Text = str | Promise

RETRY_AFTER = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """What went wrong, for the person who met it."""

    status: int
    title: Text
    text: Text
    retry_after: int | None = None
    leads_on: bool = True
    """Whether another page of the portal would answer better."""


UNAVAILABLE = Trouble(
    503,
    _("The portal is not available at the moment"),
    # A connection lost at the end of a change leaves open whether it was saved: say no more than is known.
    _(
        "The database does not answer. Wait a few seconds, then try again. What you were doing was done either in full "
        "or not at all."
    ),
    RETRY_AFTER,
)
BUSY = Trouble(
    503,
    _("The portal is busy"),
    _("Somebody else is changing the same company. Nothing was changed. Wait a few seconds, then try again."),
    RETRY_AFTER,
)
FAILED = Trouble(
    500,
    _("Something went wrong"),
    _(
        "This is our mistake, and it was written down. What you were doing was done either in full or not at all. Look "
        "whether it was, then try again."
    ),
)
BAD_REQUEST = Trouble(
    400,
    _("This request could not be understood"),
    _("Nothing was changed. Go back, reload the page and try again."),
)
TOO_BIG = Trouble(
    413,
    _("This is too big"),
    _("Nothing was changed. At most 10 MB can be sent at once: split the file into several, or send less."),
)
FORBIDDEN = Trouble(
    403,
    _("Your role does not allow this"),
    _("Nothing was changed. Ask an admin of your organization to do it, or to give you another role."),
)
STALE_PAGE = Trouble(
    403,
    _("This page was open for too long"),
    _("Nothing was changed. Open the page again, sign in if you are asked to, and repeat the last step."),
)
TOO_MANY = Trouble(
    429,
    _("Too many attempts"),
    _("Wait a minute, then try again."),
    60,
)
NOT_ALLOWED = Trouble(
    405,
    _("This address cannot be used like that"),
    _("Nothing was changed. Go to the page where you started, and do it from there."),
)
NOT_FOUND = Trouble(
    404,
    _("This page does not exist"),
    _("The address may be mistyped, or what was here may be gone."),
)


class ExplainedNotFound(Http404):
    """A 404 that may say why, because the object was the visitor's own."""

    trouble: Trouble


class NotAllowedMiddleware:
    """Django's answer to a method that a view does not take is empty; people get a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = answer(request, NOT_ALLOWED)
        page["Allow"] = response["Allow"]
        return page


class DatabaseErrorsMiddleware:
    """A database that is down, or a lock that stays taken, is a 503 and not a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        trouble = trouble_of(exception)
        if trouble is None:
            return None
        logger.error("%s %s: %s", request.method, request.path, exception)
        return answer(request, trouble)


def trouble_of(exception: BaseException | None) -> Trouble | None:
    """BUSY or UNAVAILABLE where the database is the reason, else None."""
    if isinstance(exception, psycopg_pool.PoolTimeout | psycopg_pool.PoolClosed):
        return UNAVAILABLE
    if not isinstance(exception, DatabaseError):
        return None
    cause = exception.__cause__
    if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return BUSY
    if isinstance(exception, OperationalError | InterfaceError):
        return UNAVAILABLE
    return None


def answer(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """The page for `trouble`, in the shell that the visitor knows; from 500 on it asks the database nothing.

    htmx gets the sentence alone: portal.js shows it above the page, which stays as it is.
    """
    if wants_part(request):
        response = HttpResponse(f"{trouble.title}. {trouble.text}", "text/plain; charset=utf-8", trouble.status)
    else:
        shell = request if trouble.status < 500 else None
        # A refused form is opened anew; reloading this answer would only send the old one again.
        again = request.get_full_path() if request.method == "POST" else ""
        page = render_to_string("errors/page.html", {"trouble": trouble, "again": again}, shell)
        response = HttpResponse(page, status=trouble.status)
    if trouble.retry_after:
        response["Retry-After"] = str(trouble.retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, TOO_BIG if isinstance(exception, RequestDataTooBig) else BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, exception.trouble if isinstance(exception, ExplainedNotFound) else NOT_FOUND)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return answer(request, TOO_MANY)


def failed(request: HttpRequest) -> HttpResponse:
    """For what no other code caught; errors inside a middleware come here too, the database's among them."""
    return answer(request, trouble_of(sys.exception()) or FAILED)


def stale_page(request: HttpRequest, reason: str = "", **options: Any) -> HttpResponse:
    """The form's token does not fit: it was made before the last sign-in, or cookies are off.

    Where the form shows what was typed again, it is opened with that instead. Nothing is sent by itself.
    """
    match = request.resolver_match
    again = keep(request, match.func) if match else ""
    return redirect(request, again) if again else answer(request, STALE_PAGE)
