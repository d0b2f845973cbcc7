"""Dangerous acts ask again who is there: a sign-in that was left open is not enough for them."""

import time
from functools import wraps

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from django.http import HttpResponse
from django.utils.translation import gettext as _

from portal.web.htmx import SAFE_METHODS, by_way_of
from portal.web.requests import PortalRequest
from users.accounts.decorators import PortalView

FORM_STAYS_OPEN_SECONDS = 15 * 60
"""So much longer a form may be sent than it may be opened: what was begun in time can be finished."""


def recently_authenticated[**P](view: PortalView[P]) -> PortalView[P]:
    """For whoever signed in, or proved again who they are, within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds.

    All others are led to do so, and back to the page that they were on. A form that is sent later than
    FORM_STAYS_OPEN_SECONDS after that changes nothing, and whoever sent it is told so: it is never sent again by
    itself, since what it would do may have changed meanwhile. Stands below the role.
    """

    @wraps(view)
    def checked(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if _seconds_ago(request) < _allowed_seconds(request):
            return view(request, *args, **kwargs)
        unsent = _("Nothing was saved: this was open for too long. Show that it is you, then do it again.")
        return by_way_of(request, "account_reauthenticate", view, unsent=unsent)

    return checked


def _allowed_seconds(request: PortalRequest) -> int:
    seconds: int = app_settings.REAUTHENTICATION_TIMEOUT
    return seconds if request.method in SAFE_METHODS else seconds + FORM_STAYS_OPEN_SECONDS


def _seconds_ago(request: PortalRequest) -> float:
    """How long ago this account last proved, in this session, who it is; for ever where that is not known."""
    records = get_authentication_records(request, request.account)
    return time.time() - max((record["at"] for record in records), default=float("-inf"))
