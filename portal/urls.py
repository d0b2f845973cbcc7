"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal import views
from portal.home import home
from users.accounts.views import visits

urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("users.accounts.urls")),
    path("companies/", include("companies.urls")),
    path("companies/<int:company_id>/users/", include("users.urls")),
    path("statements/", include("companies.statement_urls")),
    path("audit/", include("companies.audit_urls")),
    path("colleagues/", include("users.accounts.colleague_urls")),
    path("visits/stop/", visits.stop, name="visit_stop"),
    path("visits/<int:visit_id>/end/", visits.end, name="visit_end"),
    path("admin/", admin.site.urls),
    path("scim/v2/", include("users.scim.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

handler400 = "portal.web.errors.bad_request"
handler403 = "portal.web.errors.forbidden"
handler404 = "portal.web.errors.not_found"
handler429 = "portal.web.errors.too_many_requests"  # allauth's limits on sign-in
handler500 = "portal.web.errors.failed"
