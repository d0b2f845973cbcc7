"""A form that is sent twice is done once: two clicks, "send again" in the browser, the same request twice at a time.

Another page's form, with the same in it, is another matter: each page has a stamp of its own (portal/web/stamps.py).
"""

import datetime as dt
import hashlib
from collections.abc import Callable

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from portal.web.htmx import redirect, wants_part
from portal.web.stamps import FIELD, GOOD_FOR, stamp_in
from portal.web.told import has_done_something
from users.accounts.models import Account, SentForm

WAITS_SECONDS = 10
"""Longer than anything takes that a form does at once."""


def once(request: HttpRequest, account: Account, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer the request by `act`, unless the same form of the same page was done already; that is told instead.

    In the partner's scope. Two at the same moment come one after the other. What was refused, or only asked or shown
    something, was not done, and may be sent again. Without a stamp nothing is known of other requests, and it is done.
    """
    key = _key(request, account)
    if not key:
        return act()
    _take_turns(key)
    own = {"partner_id": account.partner_id, "account_id": account.pk}
    done = SentForm.objects.filter(**own, key=key).first()
    if done is not None:
        return _done_already(request, done)
    response = act()
    if response.status_code < 400 and has_done_something(request):
        SentForm.objects.create(**own, key=key, leads_to=_leads_to(response))
    return response


def forget_sent(partner_id: int) -> int:
    """Delete what was sent by pages that are too old to send anything. Returns how many forms that were."""
    too_old = timezone.now() - dt.timedelta(seconds=GOOD_FOR)
    deleted, _by_model = SentForm.objects.filter(partner_id=partner_id, at__lt=too_old).delete()
    return deleted


def _key(request: HttpRequest, account: Account) -> str:
    """What tells this form, of this page, with this in it, from all others."""
    stamp = stamp_in(request.POST) if request.method == "POST" else None
    if stamp is None or stamp.account != account.pk:
        return ""
    typed = request.POST.copy()
    for name in (FIELD, "csrfmiddlewaretoken"):
        typed.pop(name, None)
    text = "\n".join([stamp.number, request.get_full_path(), typed.urlencode(), *map(_file, request.FILES.values())])
    return hashlib.sha256(text.encode()).hexdigest()


def _file(file: object) -> str:
    return f"{getattr(file, 'name', '')} {getattr(file, 'size', '')}"


def _take_turns(key: str) -> None:
    """Wait until no other transaction has this key, and have it to the end of this one."""
    number = int(key[:15], 16)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if cursor.fetchone()[0]:
            return
        # Waited for too long it is a lock that stays taken: 503 (portal/web/errors.py).
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAITS_SECONDS}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _leads_to(response: HttpResponse) -> str:
    return response.headers.get("HX-Redirect") or response.headers.get("Location") or ""


def _done_already(request: HttpRequest, done: SentForm) -> HttpResponse:
    messages.info(request, _("This was sent twice. It was done once."))
    if not done.leads_to and wants_part(request):
        return HttpResponseClientRefresh()
    return redirect(request, done.leads_to or request.get_full_path())
