"""The site where support staff work: Django admin under our own name."""

from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from companies.partners.scope import enter_support


class PortalAdminSite(AdminSite):
    """Django admin; what it changes goes through the same rules as the portal (R25)."""

    site_header = _("Partner Portal support")
    site_title = _("Partner Portal support")
    index_title = _("Support")
    site_url = None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the site, once the sign-in was checked, sees the rows of all partners (R23, R25)."""

        @wraps(view)
        def across_partners(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            enter_support()
            return view(request, *args, **kwargs)

        return super().admin_view(across_partners, cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in, with its limits on attempts; who is signed in as partner staff gets a 403."""
        if request.user.is_authenticated:
            raise PermissionDenied
        after = request.GET.get("next") or resolve_url("admin:index")
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{urlencode({'next': after})}")


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"

    def ready(self) -> None:
        """Nobody browses what allauth would show: second factors and sessions are secrets, addresses a second truth."""
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site

        for model in (EmailAddress, Authenticator, UserSession):
            if site.is_registered(model):
                site.unregister(model)
