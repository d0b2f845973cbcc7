"""Addresses of companies."""

from django.urls import URLPattern, path

from companies.views.activity import activity

app_name = "companies"
urlpatterns: list[URLPattern] = [
    path("<int:company_id>/activity/", activity, name="activity"),
]
