"""Addresses of statements."""

from django.urls import path

from companies.views.statements import export, statement

app_name = "statements"
urlpatterns = [
    path("", statement, name="list"),
    path("export/", export, name="export"),
]
