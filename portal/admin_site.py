"""The site where support staff work: Django admin under our own name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """Django admin; what it changes goes through the same rules as the portal (R25)."""

    site_header = _("Partner Portal support")
    site_title = _("Partner Portal support")
    index_title = _("Support")
    site_url = None


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"
