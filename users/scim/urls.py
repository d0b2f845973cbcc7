"""Addresses of the SCIM door, below `/scim/v2/`."""

from django.urls import path

from users.scim import views

urlpatterns = [
    path("", views.scim, name="scim"),
    path("<path:path>", views.scim, name="scim"),
]
