"""Answers that fit both a plain page and htmx. Everything works without JavaScript; htmx only swaps less."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from portal.web.typed import keep

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""These change nothing."""


class PageMiddleware:
    """Keep pages apart and out of caches: one address answers htmx with a part and others with the whole page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asked, and for a part: when it restores a page of the browser's history it needs the whole."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request


def redirect(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Send the browser to another page. htmx would follow a 302 silently and swap what it finds: it gets HX-Redirect.

    `to` and what follows are those of Django's `redirect`.
    """
    if wants_part(request):
        return HttpResponseClientRedirect(resolve_url(to, *args, **kwargs))
    return HttpResponseRedirect(resolve_url(to, *args, **kwargs))


def render_page(
    request: HttpRequest, page: str, context: dict[str, Any] | None = None, *, part: str, status: int = 200
) -> HttpResponse:
    """Render `page`, or under htmx only its partial `part`, followed by the messages, out of band."""
    if not wants_part(request):
        return render(request, page, context, status=status)
    response = render(request, f"{page}#{part}", context, status=status)
    if len(messages.get_messages(request)):
        response.write(render_to_string("messages.html", {"out_of_band": True}, request))
    return response


def part_asked(request: HttpRequest, *parts: str) -> str:
    """Which of `parts` htmx is going to swap; the last, if it does not say."""
    target = request.htmx.target if wants_part(request) else None  # type: ignore[attr-defined]
    return target if target in parts else parts[-1]


def to_sign_in(request: HttpRequest, sign_in: str, view: Callable[..., Any] | None = None) -> HttpResponse:
    """Send a visitor who is not signed in to `sign_in`, and afterwards back to the page that they were on.

    Whoever sent a form is told that nothing came of it: the sign-in ended while the form was open.
    """
    unsent = _("You were signed out meanwhile. Nothing was saved: sign in, then do it again.")
    return by_way_of(request, sign_in, view, unsent=unsent)


def by_way_of(request: HttpRequest, place: str, view: Callable[..., Any] | None = None, *, unsent: str) -> HttpResponse:
    """Send a visitor to `place` first, which leads back to the page that they were on, or to the form of `view` with
    what was typed into it.

    Whoever sent a form is told `unsent`: nothing came of it.
    """
    back = keep(request, view) if view else ""
    if back:
        messages.warning(request, _("Nothing was saved yet. Show that it is you: then what you typed comes back."))
    elif request.method not in SAFE_METHODS:
        messages.warning(request, unsent)
    return redirect(request, f"{resolve_url(place)}?{urlencode({'next': back or _page_of(request)})}")


def page_open(request: HttpRequest) -> str:
    """The path and query of the page that htmx says is open, or nothing: another site's, or what cannot be read."""
    try:
        return request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
    except ValueError:
        return ""


def _page_of(request: HttpRequest) -> str:
    """The page that the visitor was on: neither a part of it, nor where its form is sent, is a page to come back to."""
    if wants_part(request):
        return page_open(request) or "/"
    came_from = request.headers.get("Referer", "")
    if request.method in SAFE_METHODS or not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return request.get_full_path()
    address = urlsplit(came_from)
    return f"{address.path}?{address.query}" if address.query else address.path
