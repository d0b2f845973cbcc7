"""Where an account is signed in, and signing out elsewhere."""

from dataclasses import dataclass
from typing import cast

from allauth.usersessions.internal.flows import sessions as flows
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from users.accounts.devices import device
from users.accounts.models import Account


@dataclass(frozen=True)
class Line:
    """One session, for its owner to recognise."""

    session: UserSession
    device: str
    is_current: bool


@require_http_methods(["GET", "HEAD", "POST"])
def list_sessions(request: HttpRequest) -> HttpResponse:
    """All that are open, this one first; a POST ends all but this."""
    if request.method == "POST":
        ended = end_others(request)
        told = ngettext("Signed out in one other place.", "Signed out in %(count)s other places.", ended)
        messages.success(request, told % {"count": ended} if ended else _("You are signed in nowhere else."))
        return redirect("usersessions_list")
    sessions = UserSession.objects.purge_and_list(cast("Account", request.user))
    lines = [Line(session, device(session.user_agent), session.is_current()) for session in sessions]
    lines.sort(key=lambda line: (line.is_current, line.session.created_at), reverse=True)
    return render(request, "usersessions/usersession_list.html", {"lines": lines})


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own; ending this one is signing out."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    is_current = session.is_current()
    flows.end_sessions(request, [session])
    if is_current:
        return redirect("account_login")
    messages.success(request, _("Signed out there."))
    return redirect("usersessions_list")


def end_others(request: HttpRequest) -> int:
    """End all of the account's sessions but this one; how many there were."""
    account = cast("Account", request.user)
    others = [session for session in UserSession.objects.purge_and_list(account) if not session.is_current()]
    flows.end_sessions(request, others)
    return len(others)
