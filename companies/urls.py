"""Addresses of companies."""

from django.urls import URLPattern, path

from companies.views.activity import activity, activity_export
from companies.views.bulk_license import bulk_license, bulk_license_preview, bulk_license_result
from companies.views.companies import add_company, company_list, export
from companies.views.company import auto_fill, close, rename, settings
from companies.views.connector import connector, connector_pause, connector_rotate, connector_rules
from companies.views.connector_people import connector_held, connector_run, connector_run_export
from companies.views.connectors import connector_add, connector_remove
from companies.views.license import edit_license
from companies.views.policies import policy_off, policy_on
from companies.views.setting_up import checklist, policies_reviewed, technicians

app_name = "companies"
urlpatterns: list[URLPattern] = [
    path("", company_list, name="list"),
    path("add/", add_company, name="add"),
    path("export/", export, name="export"),
    path("licenses/", bulk_license, name="bulk_license"),
    path("licenses/preview/", bulk_license_preview, name="bulk_license_preview"),
    path("licenses/<slug:token>/", bulk_license_result, name="bulk_license_result"),
    path("<int:company_id>/activity/", activity, name="activity"),
    path("<int:company_id>/activity/export/", activity_export, name="activity_export"),
    path("<int:company_id>/settings/", settings, name="settings"),
    path("<int:company_id>/settings/license/", edit_license, name="license"),
    path("<int:company_id>/settings/policies/<slug:key>/on/", policy_on, name="policy_on"),
    path("<int:company_id>/settings/policies/<slug:key>/off/", policy_off, name="policy_off"),
    path("<int:company_id>/settings/connectors/add/", connector_add, name="connector_add"),
    path("<int:company_id>/settings/connectors/<int:connector_id>/", connector, name="connector"),
    path("<int:company_id>/settings/connectors/<int:connector_id>/held/", connector_held, name="connector_held"),
    path("<int:company_id>/settings/connectors/<int:connector_id>/pause/", connector_pause, name="connector_pause"),
    path("<int:company_id>/settings/connectors/<int:connector_id>/remove/", connector_remove, name="connector_remove"),
    path("<int:company_id>/settings/connectors/<int:connector_id>/rules/", connector_rules, name="connector_rules"),
    path(
        "<int:company_id>/settings/connectors/<int:connector_id>/runs/<int:run_id>/",
        connector_run,
        name="connector_run",
    ),
    path(
        "<int:company_id>/settings/connectors/<int:connector_id>/runs/<int:run_id>/export/",
        connector_run_export,
        name="connector_run_export",
    ),
    path("<int:company_id>/settings/connectors/<int:connector_id>/token/", connector_rotate, name="connector_rotate"),
    path("<int:company_id>/settings/name/", rename, name="rename"),
    path("<int:company_id>/settings/auto-fill/", auto_fill, name="auto_fill"),
    path("<int:company_id>/settings/checklist/", checklist, name="checklist"),
    path("<int:company_id>/settings/close/", close, name="close"),
    path("<int:company_id>/settings/policies/reviewed/", policies_reviewed, name="policies_reviewed"),
    path("<int:company_id>/settings/technicians/", technicians, name="technicians"),
]
