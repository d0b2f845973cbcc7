"""Addresses of the partner's audit."""

from django.urls import path

from companies.views.audit import audit, export

app_name = "audit"
urlpatterns = [
    path("", audit, name="list"),
    path("export/", export, name="export"),
]
