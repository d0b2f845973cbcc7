"""What was typed into a form that could not be sent, because the sign-in ended while it was open, is not lost.

It waits in the visitor's session, on the server, for a short time. Whoever signs in again as the same account finds the
form with it; nothing is ever sent again by itself.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from django.forms import BaseForm, FileInput, PasswordInput
from django.http import HttpRequest, QueryDict

from portal.web.stamps import FIELD, stamp_in

WAITS = 60 * 60
"""Seconds."""
MOST_FORMS = 3
MOST_CHARACTERS = 32_000

_KEY = "typed"
_NEVER = re.compile(rf"^(csrfmiddlewaretoken|{FIELD})$|password|token|secret|code", re.IGNORECASE)


def brings_back[V: Callable[..., Any]](view: V) -> V:
    """Marks a view whose form shows again what was typed: a GET of its address calls `take`. The innermost decorator:
    the others carry the mark outwards. Not for a form with secrets."""
    view.brings_back = True  # type: ignore[attr-defined]
    return view


def keep(request: HttpRequest, view: Callable[..., Any]) -> str:
    """Keep what was typed into the form of `view`; the address where it comes back, or nothing if it was not kept.

    Kept is only what a page of this portal was made for: its stamp says for which account. Never files, nor what is
    called a password, a code, a token or a secret; not more than MOST_CHARACTERS, and of the last MOST_FORMS forms.
    """
    typed = request.POST if request.method == "POST" else request.GET
    stamp = stamp_in(typed)
    if stamp is None or not getattr(view, "brings_back", False) or not _may_be(request, stamp.account):
        return ""
    fields = {name: typed.getlist(name) for name in typed if not _NEVER.search(name)}
    if sum(len(name) + len(text) for name, texts in fields.items() for text in texts) > MOST_CHARACTERS:
        return ""
    waiting = _waiting(request)
    waiting.pop(request.path, None)
    waiting[request.path] = {"account": stamp.account, "until": time.time() + WAITS, "fields": fields}
    _store(request, dict(list(waiting.items())[-MOST_FORMS:]))
    return request.get_full_path() if request.method == "POST" else request.path


def take(request: HttpRequest, account: int) -> QueryDict | None:
    """What `account` had typed into the form at this address, once. Another account gets nothing."""
    if _KEY not in request.session or request.method != "GET":
        return None
    waiting = _waiting(request)
    found = waiting.pop(request.path, None)
    if found is None or found["account"] != account:
        return None
    _store(request, waiting)
    typed = QueryDict(mutable=True)
    for name, texts in found["fields"].items():
        typed.setlist(name, texts)
    return typed


def forget_others(request: HttpRequest, account: int) -> None:
    """After a sign-in: drop what other accounts had typed in this browser."""
    if _KEY in request.session:
        _store(request, {path: kept for path, kept in _waiting(request).items() if kept["account"] == account})


def refill(form: BaseForm, typed: QueryDict) -> None:
    """Let the form, which was not sent, show what was typed, right or wrong."""
    for name, field in form.fields.items():
        if not isinstance(field.widget, PasswordInput | FileInput):
            form.initial[name] = field.widget.value_from_datadict(typed, form.files, form.add_prefix(name))


def _may_be(request: HttpRequest, account: int) -> bool:
    """Whether the form is of whoever is signed in; of a visitor it is seen when they sign in."""
    user = getattr(request, "user", None)
    return user is None or user.pk is None or user.pk == account


def _waiting(request: HttpRequest) -> dict[str, Any]:
    now = time.time()
    return {path: kept for path, kept in request.session.get(_KEY, {}).items() if kept["until"] > now}


def _store(request: HttpRequest, waiting: dict[str, Any]) -> None:
    if waiting:
        request.session[_KEY] = waiting
    else:
        request.session.pop(_KEY, None)
