"""Support staff in the portal as a partner sees it (R25): which partner, and what they may do meanwhile.

django-hijack does this by signing the support person in as somebody of the partner's. Then what they do is done in a
colleague's name, and that they change nothing hangs on the views alone. Here they stay signed in as themselves; the
session names a `Visit`, views see `account.visit` and the permissions that it leaves, and the database takes a role
that writes nothing but audit events (companies/partners/scope.enter_viewer): a view that forgot to ask changes nothing.

The visit is read again at every request: it is over when its time is, when somebody ended it, when the account is no
support staff any more or may not look at partners any more. No job is needed for that.
"""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.access import get_company
from companies.audit.enums import Act, AuditKind
from companies.audit.models import AuditEvent
from companies.audit.record import record
from companies.partners.models import Partner
from companies.partners.scope import enter_viewer, partner_scope
from portal.web.errors import Trouble, answer
from users.accounts.models import Account, Visit
from users.accounts.permissions import Permission

_SESSION_KEY = "visit"
READING = frozenset({"GET", "HEAD"})

NOTHING_CHANGES = Trouble(
    403,
    gettext_lazy("You are viewing; nothing can be changed"),
    gettext_lazy(
        "Nothing was changed. You see this portal as the partner does, for reading only. Changes are made in the "
        "support site, in your own name."
    ),
)


def may_visit(account: Account) -> bool:
    """Support staff who may look at partners in their own site may look at the portal too: Readers included.

    A visit shows nothing that they could not read there, and it can change nothing.
    """
    return account.is_staff and account.has_perm("partners.view_partner")


def name_visit(request: HttpRequest, visit: Visit) -> None:
    """From now on this session views the portal as the visit's partner does."""
    request.session[_SESSION_KEY] = [visit.pk, visit.partner_id]


def named_visit(request: HttpRequest) -> tuple[int, int] | None:
    """The ids of the visit that the session names, and of its partner; it may be over."""
    named = request.session.get(_SESSION_KEY) if hasattr(request, "session") else None
    return (named[0], named[1]) if named else None


def forget_visit(request: HttpRequest) -> None:
    """This session is in support's own site only, again."""
    request.session.pop(_SESSION_KEY, None)


def enter_visit(request: HttpRequest, account: Account) -> Visit | None:
    """Go on to the rows of the partner that `account` views, for reading only; None if it views none.

    A visit that is over is forgotten, and whoever asks is told so.
    """
    if (named := named_visit(request)) is None:
        return None
    visit_id, partner_id = named
    # What support staff may do is not to be read in the viewer's scope.
    is_allowed = may_visit(account)
    enter_viewer(partner_id)
    visit = _visit_of(account, visit_id)
    if visit is None or not visit.is_open or not is_allowed:
        forget_visit(request)
        messages.warning(request, _over(visit, account))
        return None
    account.visit = visit
    return visit


def viewed(request: HttpRequest, visit: Visit, view: Callable[[], HttpResponse], *, company_id: object) -> HttpResponse:
    """What `view` answers, if only reading is asked of it; else a 403, before it is called.

    That a company was looked at is written down, once a visit.
    """
    if request.method not in READING:
        return answer(request, NOTHING_CHANGES)
    try:
        response = view()
    except PermissionDenied:
        return answer(request, NOTHING_CHANGES)
    if isinstance(company_id, int) and response.status_code == 200:
        _remember(visit, company_id)
    return response


def visits(request: HttpRequest) -> dict[str, object]:
    """For all templates: the `visit` of whoever views, and for the partner's Admins those who view: `visitors`.

    Read when a page shows them: parts of pages, and what is no page, cost nothing.
    """
    return {
        "visit": SimpleLazyObject(partial(current_visit, request)),
        "visitors": SimpleLazyObject(partial(_visitors, request)),
    }


def current_visit(request: HttpRequest) -> Visit | None:
    """The open visit of whoever asks, also where no view was reached: an address that does not exist."""
    account = getattr(request, "user", None)
    if not isinstance(account, Account) or not account.is_staff or (named := named_visit(request)) is None:
        return None
    if account.visit is None:
        visit_id, partner_id = named
        with partner_scope(partner_id):
            visit = _visit_of(account, visit_id)
        account.visit = visit if visit and visit.is_open else None
    return account.visit


def _visit_of(account: Account, visit_id: int) -> Visit | None:
    visits = Visit.objects.filter(pk=visit_id, account=account) if account.is_staff else Visit.objects.none()
    visit = visits.select_related("partner").first()
    if visit is not None:
        visit.account = account
    return visit


def _over(visit: Visit | None, account: Account) -> str:
    if visit is None or visit.ended_by_id in {None, account.pk}:
        return _("You do not view the portal any more: the visit is over. Nothing was changed.")
    return _("You do not view the portal any more: %(partner)s ended the visit. Nothing was changed.") % {
        "partner": visit.partner
    }


def _remember(visit: Visit, company_id: int) -> None:
    viewed_before = AuditEvent.objects.filter(
        partner_id=visit.partner_id,
        company_id=company_id,
        kind=AuditKind.SUPPORT,
        act=Act.COMPANY_VIEWED,
        data__visit=visit.pk,
    )
    if not viewed_before.exists():
        company = get_company(visit.account, company_id)
        record(company, Act.COMPANY_VIEWED, by=visit.account, visit=visit.pk)


def _visitors(request: HttpRequest) -> list[Visit]:
    """Who views the portal of this Admin's partner now: one query a page, and none for other roles.

    Only where `partner_account` let the account in, which is where the partner's rows can be seen.
    """
    account, partner = getattr(request, "account", None), getattr(request, "partner", None)
    if not isinstance(account, Account) or type(partner) is not Partner or not partner.has_access:
        return []
    if Permission.MANAGE_COLLEAGUES not in account.permissions:
        return []
    open_visits = Visit.objects.filter(partner=partner, ended_at__isnull=True, ends_at__gt=timezone.now())
    staff = open_visits.filter(account__is_active=True, account__is_staff=True)
    shown = staff.select_related("account").only("reason", "ends_at", "account__name", "account__email")
    return list(shown.order_by("pk"))
