"""What allauth's views lack to be pages of the portal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import connection
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone

from portal.web.htmx import to_sign_in
from users.accounts.models import Account
from users.accounts.preferences import speak

type PageView = Callable[..., HttpResponseBase]


def page(view: PageView) -> PageView:
    """A page of allauth's as one of ours: 422 when its form was refused, times in the partner's time zone.

    What allauth would do after the transaction is done in it, for the transaction is as long as the request.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        partner = getattr(request.user, "partner", None)
        if isinstance(request.user, Account):
            speak(request, request.user)
        with timezone.override(partner.time_zone if partner else None), _at_once():
            response = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                if request.method == "POST" and response.status_code == 200 and _is_refused(response):
                    response.status_code = 422
                response.render()
            return response

    return shown


def own_page(view: PageView) -> PageView:
    """The same for pages of whoever is signed in; visitors are sent to sign in and come back."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request, "account_login")
        return page(view)(request, *args, **kwargs)

    return shown


def _is_refused(response: TemplateResponse) -> bool:
    values = (response.context_data or {}).values()
    return any(isinstance(value, BaseForm) and bool(value.errors) for value in values)


@contextmanager
def _at_once() -> Iterator[None]:
    """allauth tells of new factors and codes "on commit": then the messages are gone, and so is the scope."""
    waiting = len(connection.run_on_commit)
    yield
    callbacks = connection.run_on_commit[waiting:]
    del connection.run_on_commit[waiting:]
    for callback in callbacks:
        callback[1]()
