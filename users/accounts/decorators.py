"""Who may call a view. Top down: method, sign-in, role."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.middleware import get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from companies.access import get_company
from companies.partners.scope import enter_partner
from portal.web.htmx import redirect, to_sign_in
from portal.web.requests import PortalRequest
from users.accounts.models import Account

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]
type PortalView[**P] = Callable[Concatenate[PortalRequest, P], HttpResponse]


def partner_account[**P](view: PortalView[P]) -> View[P]:
    """For signed-in staff of a partner. Visitors are sent to sign in and come back; support staff to their admin.

    What the view shows of times is in the partner's time zone.
    """

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        account = get_user(request)
        if not isinstance(account, Account):
            return to_sign_in(request, "account_login")
        if account.partner is None:
            return redirect(request, "admin:index")
        enter_partner(account.partner.pk)
        request.account, request.partner = account, account.partner  # type: ignore[attr-defined]
        with timezone.override(account.partner.time_zone):
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return checked


def admin_only[**P](view: PortalView[P]) -> PortalView[P]:
    """For accounts that may change things (R24); others get a 403. Stands below `partner_account`.

    Of a company that is not the account's own nothing is said but 404, whatever the role (R23).
    """

    @wraps(view)
    def checked(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.account.may_write:
            if isinstance(company_id := kwargs.get("company_id"), int):
                get_company(request.account, company_id)
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked
