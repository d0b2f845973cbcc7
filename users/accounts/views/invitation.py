"""The door for whoever was invited: the link of the mail, and the page that makes the account (R24)."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal.ratelimit import consume
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from companies.alerts import alert_of
from companies.audit.wording import account_name
from licensing.errors import InvitationGone, Refusal
from portal.web.alerts import Alert, with_alert, wrong_fields
from portal.web.errors import TOO_MANY, ExplainedNotFound, Trouble, answer
from users.accounts.colleague_forms import AcceptForm
from users.accounts.invitations import accept, invitation_of
from users.accounts.models import Account, Invitation
from users.directory.rules import hash_token

SESSION_KEY = "invitation"
LIMIT = {"invitation": "30/m/ip"}
"""Tokens cannot be guessed; this keeps whoever tries from keeping the database busy."""


class InvitationIsGone(ExplainedNotFound):
    """One answer for links that were used, withdrawn, made anew, are too old, or never were."""

    trouble = Trouble(
        404,
        _("This invitation is no longer valid"),
        _(
            "Its link works once and for seven days, and a newer one replaces it. If you have an account already, sign "
            "in. Else ask whoever invited you for a new link."
        ),
    )


@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the mail. It leads on to one without the token, so that no log and no Referer ever holds it.

    The session remembers for which invitation, by what is stored of its token. Opening it changes nothing: programs
    that look at mail open links, too.
    """
    if not _consume(request):
        return answer(request, TOO_MANY)
    token_hash = hash_token(token)
    _invitation(token_hash)
    request.session[SESSION_KEY] = token_hash
    return redirect("account_invitation_accept")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Who invites, to what; name and password make the account, and sign it in as the sign-in page does.

    Whoever is signed in signs out first: one browser is one account.
    """
    if not _consume(request):
        return answer(request, TOO_MANY)
    token_hash = str(request.session.get(SESSION_KEY, ""))
    invitation = _invitation(token_hash)
    if request.user.is_authenticated:
        context = {"invitation": invitation}
        return render(request, "accounts/signed_in.html", context, status=422 if request.method == "POST" else 200)
    if request.method != "POST":
        return _ask(request, invitation, AcceptForm(initial={"name": invitation.name}))
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _ask(request, invitation, form, wrong_fields())
    try:
        account = accept(token_hash, **form.cleaned_data)
    except InvitationGone as gone:
        raise InvitationIsGone from gone
    except ValidationError as error:
        form.add_error("password", error)
        return _ask(request, invitation, form, wrong_fields())
    except Refusal as refusal:
        return _ask(request, invitation, form, alert_of(refusal))
    return _signed_in(request, account)


def _consume(request: HttpRequest) -> bool:
    return bool(consume(request, app="users.accounts", action="invitation", config=LIMIT, limit_get=True))


def _invitation(token_hash: str) -> Invitation:
    try:
        return invitation_of(token_hash)
    except InvitationGone as gone:
        raise InvitationIsGone from gone


def _signed_in(request: HttpRequest, account: Account) -> HttpResponse:
    """By the way of all sign-ins: the second factor is asked for where one is needed, and the session is listed."""
    del request.session[SESSION_KEY]
    login = Login(user=account, email=account.email)
    response: HttpResponse = perform_password_login(request, {"email": account.email}, login)
    return response


def _ask(request: HttpRequest, invitation: Invitation, form: AcceptForm, alert: Alert | None = None) -> HttpResponse:
    by = invitation.by_account
    context = {"invitation": invitation, "by": by and account_name(by), "form": form, "alert": alert}
    return with_alert(request, render(request, "accounts/invitation.html", context), alert)
