"""Who may call a view. Top down: method, sign-in, permission."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate

from django.contrib.auth.middleware import get_user
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.access import get_company
from companies.partners.scope import enter_partner
from portal.web.errors import Trouble, answer
from portal.web.htmx import redirect, to_sign_in
from portal.web.requests import PortalRequest
from users.accounts.models import Account
from users.accounts.once import once
from users.accounts.permissions import Permission
from users.accounts.preferences import speak
from users.accounts.visiting import enter_visit, viewed

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]
type PortalView[**P] = Callable[Concatenate[PortalRequest, P], HttpResponse]

ACCESS_ENDED = Trouble(
    403,
    _("Your organization's access to this portal has ended"),
    _("Nothing was changed and nothing was deleted. To use the portal again, ask your vendor's support."),
    leads_on=False,
)


def partner_account[**P](view: PortalView[P]) -> View[P]:
    """For signed-in staff of a partner. Who is not signed in is sent to sign in and comes back.

    Support staff are sent to their admin, unless they view the portal as a partner does: then they read what the
    partner reads, and change nothing (R25). Where the partner's access has ended, its staff are told so, whatever they
    ask for. What the view shows of times is in the partner's time zone.
    """

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        account = get_user(request)
        if not isinstance(account, Account):
            return to_sign_in(request, "account_login", view)
        visit = enter_visit(request, account) if account.is_staff else None
        partner = account.acts_for
        if partner is None:
            return redirect(request, "admin:index")
        request.account, request.partner = account, partner  # type: ignore[attr-defined]
        speak(request, account)
        ask = partial(view, request, *args, **kwargs)  # type: ignore[arg-type]
        if visit is not None:
            with timezone.override(partner.time_zone):
                return viewed(request, visit, ask, company_id=kwargs.get("company_id"))
        if not partner.has_access:
            return answer(request, ACCESS_ENDED)
        enter_partner(partner.pk)
        with timezone.override(partner.time_zone):
            return once(request, account, ask)

    return checked


def requires[**P](permission: Permission) -> Callable[[PortalView[P]], PortalView[P]]:
    """For accounts that have `permission` (R24); others get a 403. Stands below `partner_account`.

    Of a company that is not the account's own, or was not given to it, nothing is said but 404, whatever the role
    (R23, R24).
    """

    def decorate(view: PortalView[P]) -> PortalView[P]:
        @wraps(view)
        def checked(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if permission not in request.account.permissions:
                if isinstance(company_id := kwargs.get("company_id"), int):
                    get_company(request.account, company_id)
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        return checked

    return decorate
