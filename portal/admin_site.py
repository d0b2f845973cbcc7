"""The site where support staff work: Django admin under our own name."""

from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from companies.partners.scope import enter_support
from portal.web.htmx import SAFE_METHODS

if TYPE_CHECKING:
    from portal.web.requests import PortalRequest


class PortalAdminSite(AdminSite):
    """Django admin; what it changes goes through the same rules as the portal (R25)."""

    site_header = _("Partner Portal support")
    site_title = _("Partner Portal support")
    index_title = _("Support")
    site_url = None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the site, once the sign-in was checked, sees the rows of all partners (R23, R25).

        Whoever signed in long ago is asked again before anything is changed. Rows are read-only, and the pages of
        rules ask by themselves: choosing a rule on a page of rows changes nothing yet.
        """
        # Not sooner: there are no models yet when Django reads this file.
        from portal.admin_actions import ReadOnlyAdmin
        from users.accounts.models import Account
        from users.accounts.preferences import speak
        from users.accounts.reauthentication import recently_authenticated

        asks = not isinstance(getattr(view, "__self__", None), ReadOnlyAdmin) and view != self.logout

        @wraps(view)
        def across_partners(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if asks and request.method not in SAFE_METHODS:
                return recently_authenticated(entered)(cast("PortalRequest", request), *args, **kwargs)
            return entered(request, *args, **kwargs)

        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            enter_support()
            if isinstance(request.user, Account):
                speak(request, request.user)
            return view(request, *args, **kwargs)

        return super().admin_view(across_partners, cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in, with its limits on attempts; who is signed in as partner staff gets a 403."""
        if request.user.is_authenticated:
            raise PermissionDenied
        after = request.GET.get("next") or resolve_url("admin:index")
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{urlencode({'next': after})}")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one page for one's own password, which writes down that it was changed."""
        return HttpResponseRedirect(resolve_url("account_change_password"))


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"

    def ready(self) -> None:
        """Nobody browses what other packages would show.

        Second factors, sessions and mail that is not yet sent are secrets; allauth's addresses a second truth. What
        groups may do is set by `manage.py migrate`, and for reading only.
        """
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site
        from django.contrib.auth.models import Group
        from procrastinate.contrib.django.models import ProcrastinateJob

        from users.accounts import groups
        from users.accounts.admin import GroupAdmin

        for model in (EmailAddress, Authenticator, UserSession, ProcrastinateJob, Group):
            if site.is_registered(model):
                site.unregister(model)
        site.register(Group, GroupAdmin)
        groups.listen()
