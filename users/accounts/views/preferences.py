"""The switches of language, theme and shortcuts at the foot of every page."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from users.accounts.enums import Theme
from users.accounts.preferences import SHORTCUTS, SHORTCUTS_COOKIE, THEME_COOKIE, keep


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, in this browser and of whoever is signed in, and go back to the page.

    What is not sent stays; empty means: as browser and device ask. Answers 400 to what cannot be chosen.
    """
    chosen = {name: request.POST[name] for name in ("language", "theme") if name in request.POST}
    if chosen.get("language", "") not in {"", *dict(settings.LANGUAGES)} or chosen.get("theme", "") not in {"", *Theme}:
        raise BadRequest("no such language or theme")
    shortcuts = request.POST.get("shortcuts", "")
    if shortcuts not in {"", *SHORTCUTS}:
        raise BadRequest("shortcuts are on or off")
    account = request.user
    if account.is_authenticated and chosen:
        for name, value in chosen.items():
            setattr(account, name, value)
        account.save(update_fields=list(chosen))
    response = HttpResponseRedirect(_back(request))
    for name, cookie in (("language", settings.LANGUAGE_COOKIE_NAME), ("theme", THEME_COOKIE)):
        if name in chosen:
            keep(response, cookie, chosen[name])
    if shortcuts:
        keep(response, SHORTCUTS_COOKIE, shortcuts)
    return response


def _back(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if is_ours else resolve_url("home")
