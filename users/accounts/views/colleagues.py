"""The Colleagues page: who works here, as what; inviting, changing, withdrawing (R24). For Admins."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import consume
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.alerts import alert_of
from licensing.errors import InvitationGone, Refusal
from portal.web.alerts import Alert, brought_back, with_alert, wrong_fields
from portal.web.htmx import redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.colleague_forms import EditForm, InviteForm, RoleForm
from users.accounts.colleagues import change_role, withdraw
from users.accounts.decorators import PortalView, partner_account, requires
from users.accounts.invitations import invite, invite_again, withdraw_invitation
from users.accounts.models import Account, Invitation
from users.accounts.permissions import Permission
from users.accounts.queries import (
    colleagues_of,
    get_colleague,
    get_invitation,
    given_to,
    invitations_of,
    offered,
)
from users.accounts.reauthentication import recently_authenticated
from users.accounts.tables import ColleagueTable, InvitationTable

FORM = require_http_methods(["GET", "HEAD", "POST"])
MAIL_LIMIT = {"invite": "100/h/user,5/10m/key,20/d/key"}
"""Invitations go to whatever address is typed: so many from one Admin, and so many ("key") to one address."""


def own[**P](model: type[Account] | type[Invitation], argument: str) -> Callable[[PortalView[P]], PortalView[P]]:
    """Another partner's is a 404 whatever the role, as if it never was (R23); only then the role is looked at."""

    def decorate(view: PortalView[P]) -> PortalView[P]:
        @wraps(view)
        def checked(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not model._default_manager.filter(partner=request.partner, pk=str(kwargs[argument])).exists():
                raise Http404
            return view(request, *args, **kwargs)

        return checked

    return decorate


@require_safe
@partner_account
@requires(Permission.MANAGE_COLLEAGUES)
def colleague_list(request: PortalRequest) -> HttpResponse:
    """Colleagues, and below them the invitations that nobody accepted yet. `?withdrawn=1` shows former ones too."""
    withdrawn = request.GET.get("withdrawn") == "1"
    context = {
        "section": "colleagues",
        "table": ColleagueTable(colleagues_of(request.partner, withdrawn=withdrawn), request=request),
        "invitations": InvitationTable(invitations_of(request.partner), request=request),
        "withdrawn": withdrawn,
        "time_zone": request.partner.time_zone,
    }
    return render_page(request, "colleagues/list.html", context, part="colleagues")


@FORM
@partner_account
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
@brings_back
def invite_colleague(request: PortalRequest) -> HttpResponse:
    """Ask for whom, and send the link. A refusal keeps what was typed."""
    if request.method != "POST":
        form = InviteForm()
        return _ask_whom(request, form, brought_back(request, form))
    form = InviteForm(request.POST)
    if _searches(request):
        return _ask_whom(request, InviteForm(initial=_typed(form)), searched=True)
    if not form.is_valid():
        return _ask_whom(request, form, wrong_fields())
    if not _may_send(request, form.cleaned_data["email"]):
        return _ask_whom(request, form, _too_many())
    try:
        invitation = invite(request.partner, **form.cleaned_data, by=request.account)
    except Refusal as refusal:
        return _ask_whom(request, form, alert_of(refusal))
    messages.success(request, _("%(email)s was invited.") % {"email": invitation.email})
    return redirect(request, "colleagues:list")


@FORM
@partner_account
@own(Account, "account_id")
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
@brings_back
def edit_colleague(request: PortalRequest, account_id: int) -> HttpResponse:
    """Change the role, and a Technician's companies.

    A form that was open while another Admin changed them saves nothing: it would give back what was taken away.
    """
    account = get_colleague(request.partner, account_id)
    if not account.is_active:
        return _withdrawn_already(request)
    now = _as_it_is(account)
    if request.method != "POST":
        form = EditForm(initial=now)
        return _ask_role(request, account, form, brought_back(request, form))
    form = EditForm(request.POST)
    if _searches(request):
        return _ask_role(request, account, EditForm(initial=_typed(form)), searched=True)
    if not form.is_valid():
        return _ask_role(request, account, form, wrong_fields())
    if form.cleaned_data.pop("seen") not in {"", now["seen"]}:
        return _ask_role(request, account, EditForm(initial=now), _stale())
    try:
        change_role(account, **form.cleaned_data, by=request.account)
    except Refusal as refusal:
        return _ask_role(request, account, form, alert_of(refusal))
    messages.success(request, _("%(name)s was changed.") % {"name": account})
    gave_it_up = account == request.account and form.cleaned_data["role"] != account.role
    return redirect(request, "home" if gave_it_up else "colleagues:list")


@FORM
@partner_account
@own(Account, "account_id")
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
def withdraw_colleague(request: PortalRequest, account_id: int) -> HttpResponse:
    """End a colleague's access, after a dialog that says what that means."""
    account = get_colleague(request.partner, account_id)
    if not account.is_active:
        return _withdrawn_already(request)
    if request.method != "POST":
        return _show_dialog(request, "colleagues/withdraw.html", colleague=account)
    try:
        withdraw(account, by=request.account)
    except Refusal as refusal:
        return _show_dialog(request, "colleagues/withdraw.html", alert_of(refusal), colleague=account)
    messages.success(request, _("The access of %(name)s was withdrawn.") % {"name": account})
    return redirect(request, "colleagues:list")


@FORM
@partner_account
@own(Invitation, "invitation_id")
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
def repeat_invitation(request: PortalRequest, invitation_id: int) -> HttpResponse:
    """Send a new link to the same address; the old one dies. A dialog says so first."""
    invitation = get_invitation(request.partner, invitation_id)
    if request.method != "POST":
        return _show_dialog(request, "colleagues/invite_again.html", invitation=invitation)
    if not _may_send(request, invitation.email):
        return _show_dialog(request, "colleagues/invite_again.html", _too_many(), invitation=invitation)
    try:
        invite_again(invitation, by=request.account)
    except InvitationGone:
        return _over_already(request)
    except Refusal as refusal:
        return _show_dialog(request, "colleagues/invite_again.html", alert_of(refusal), invitation=invitation)
    messages.success(request, _("%(email)s was sent a new link.") % {"email": invitation.email})
    return redirect(request, "colleagues:list")


@FORM
@partner_account
@own(Invitation, "invitation_id")
@requires(Permission.MANAGE_COLLEAGUES)
@recently_authenticated
def end_invitation(request: PortalRequest, invitation_id: int) -> HttpResponse:
    """Withdraw an invitation: its link works no more."""
    invitation = get_invitation(request.partner, invitation_id)
    if request.method != "POST":
        return _show_dialog(request, "colleagues/withdraw_invitation.html", invitation=invitation)
    try:
        withdraw_invitation(invitation, by=request.account)
    except InvitationGone:
        return _over_already(request)
    except Refusal as refusal:
        return _show_dialog(request, "colleagues/withdraw_invitation.html", alert_of(refusal), invitation=invitation)
    messages.success(request, _("The invitation of %(email)s was withdrawn.") % {"email": invitation.email})
    return redirect(request, "colleagues:list")


def _may_send(request: PortalRequest, email: str) -> bool:
    """That a limit was reached is noted, for the audit (users/accounts/refused.py)."""
    if consume(request, app="users.accounts", action="invite", config=MAIL_LIMIT, key=email):
        return True
    request.is_over_limit = True  # type: ignore[attr-defined]
    return False


def _too_many() -> Alert:
    return Alert(_("Too many invitations were sent lately. Nothing was sent: wait a while, then try again."))


def _searches(request: PortalRequest) -> bool:
    """Without JavaScript the server narrows the companies: a way to fill in the form, and nothing is sent by it."""
    return request.POST.get("act") == "search"


def _as_it_is(account: Account) -> dict[str, Any]:
    """What the form shows of the account now, and a mark by which a form that shows something else is known."""
    companies = given_to(account)
    state = f"{account.role} {sorted(companies)}"
    return {"role": account.role, "companies": companies, "seen": hashlib.sha256(state.encode()).hexdigest()[:16]}


def _stale() -> Alert:
    return Alert(
        _("Nothing was saved: somebody else changed this colleague meanwhile. This is how it is now: choose again.")
    )


def _typed(form: RoleForm) -> dict[str, Any]:
    """What stands in the fields, right or wrong."""
    typed = {name: form[name].value() for name in form.fields}
    return typed | {"companies": form.fields["companies"].clean(typed["companies"])}


def _ask_whom(
    request: PortalRequest, form: InviteForm, alert: Alert | None = None, *, searched: bool = False
) -> HttpResponse:
    return _show_form(request, "colleagues/invite.html", form, alert, searched=searched)


def _ask_role(
    request: PortalRequest, account: Account, form: RoleForm, alert: Alert | None = None, *, searched: bool = False
) -> HttpResponse:
    return _show_form(request, "colleagues/edit.html", form, alert, searched=searched, colleague=account)


def _show_form(
    request: PortalRequest, page: str, form: RoleForm, alert: Alert | None, *, searched: bool, **context: Any
) -> HttpResponse:
    chosen = form.fields["companies"].clean(form["companies"].value())
    offer = offered(request.partner, chosen=chosen, search=request.POST.get("q", "") if searched else "")
    context |= {"section": "colleagues", "form": form, "alert": alert, "offer": offer}
    return with_alert(request, render_page(request, page, context, part="colleague"), alert)


def _show_dialog(request: PortalRequest, page: str, alert: Alert | None = None, **context: Any) -> HttpResponse:
    context |= {"section": "colleagues", "alert": alert, "is_part": wants_part(request)}
    return with_alert(request, render_page(request, page, context, part="dialog"), alert)


def _withdrawn_already(request: PortalRequest) -> HttpResponse:
    """A second click finds it done."""
    messages.info(request, _("The access of this colleague was withdrawn already."))
    return redirect(request, "colleagues:list")


def _over_already(request: PortalRequest) -> HttpResponse:
    messages.info(request, _("This invitation was accepted or withdrawn meanwhile."))
    return redirect(request, "colleagues:list")
