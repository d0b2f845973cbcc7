"""The portal's own addresses, and a few pages that exist for the tests of the shell alone."""

from typing import ClassVar

import django_tables2 as tables
import psycopg_pool
from django import forms
from django.contrib import messages
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from companies.access import companies_for
from licensing.errors import Busy, NoSeatsAvailable
from portal import urls
from portal.web.errors import too_many_requests
from portal.web.htmx import redirect, render_page
from portal.web.requests import PortalRequest
from portal.web.tables import BaseTable
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission


class SampleTable(BaseTable):
    dom_id = "sample-list"
    row_template = "sample/row.html"
    caption = "Samples"
    per_page: ClassVar[int] = 3
    name = tables.Column(order_by=("name_norm",))
    tier = tables.Column()
    note = tables.Column(orderable=False, empty_values=())

    class Meta(BaseTable.Meta):
        order_by = "name"


class SampleForm(forms.Form):
    word = forms.CharField(help_text="Any word.")


@partner_account
def sample_list(request: PortalRequest) -> HttpResponse:
    table = SampleTable(companies_for(request.account), request=request)
    return render_page(request, "sample/list.html", {"table": table}, part=table.dom_id)


@partner_account
@requires(Permission.CHANGE_COMPANIES)
def sample_dialog(request: PortalRequest) -> HttpResponse:
    form = SampleForm(request.POST or None)
    if form.is_valid() and form.cleaned_data["word"] != "no":
        messages.success(request, "Saved.")
        return redirect(request, "sample-list")
    refused = "The word is no." if form.is_bound and form.is_valid() else ""
    context = {"form": form, "refused": refused}
    return render_page(request, "sample/dialog.html", context, part="edit", status=422 if form.is_bound else 200)


@partner_account
def sample_part_with_message(request: PortalRequest) -> HttpResponse:
    messages.info(request, "By the way.")
    return render_page(request, "sample/dialog.html", {"form": SampleForm()}, part="edit")


def failing(request: HttpRequest, how: str) -> HttpResponse:
    """Fails in the way that the address names."""
    match how:
        case "down":
            raise OperationalError("the connection is closed")
        case "pool":
            raise OperationalError("too slow") from psycopg_pool.PoolTimeout("too slow")
        case "locked":
            _raise_in_the_database("55P03")
        case "deadlock":
            _raise_in_the_database("40P01")
        case "constraint":
            _raise_in_the_database("23514")
        case "refused":
            raise NoSeatsAvailable(needed=3, available=1)
        case "busy":
            raise Busy(retry_after=3)
        case "crash":
            raise RuntimeError("as asked")
        case "too_many":
            return too_many_requests(request)
    raise Http404


def _raise_in_the_database(sqlstate: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"do $$ begin raise exception using errcode = '{sqlstate}', message = 'as asked'; end $$")


urlpatterns = [
    path("sample/list/", sample_list, name="sample-list"),
    path("sample/dialog/", sample_dialog, name="sample-dialog"),
    path("sample/message/", sample_part_with_message),
    path("sample/failing/<str:how>/", failing),
    *urls.urlpatterns,
]
handler429 = urls.handler429
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
