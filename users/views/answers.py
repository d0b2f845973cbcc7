"""What the screens of people have in common when a rule says no."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from licensing.errors import Busy, Refusal
from licensing.wording import sentence
from portal.web.htmx import wants_part
from portal.web.requests import PortalRequest

CORRECT_FIELDS = _("Nothing was saved yet. Correct what is marked below, then try again.")


def refused(request: PortalRequest, refusal: Refusal, page: Callable[..., HttpResponse]) -> HttpResponse:
    """`page`, called with the alert's text and the status: 422, or 503 with Retry-After when the company is busy.

    Under htmx a busy company is left to the middleware: its sentence is shown above the page, which stays as it is.
    """
    if not isinstance(refusal, Busy):
        return page(alert=sentence(refusal), status=422)
    if wants_part(request):
        raise refusal
    response = page(alert=sentence(refusal), status=503)
    response["Retry-After"] = str(refusal.retry_after)
    return response
