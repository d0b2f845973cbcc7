"""Addresses of a company's people, below /companies/<company_id>/users/."""

from django.urls import URLPattern

app_name = "users"
urlpatterns: list[URLPattern] = []
