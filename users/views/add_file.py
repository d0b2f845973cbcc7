"""Add users from a CSV file: choose it, and say which of its columns holds what (R5)."""

import csv
from functools import partial

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from companies.access import get_company
from companies.models import Company
from portal.web.alerts import Alert, brought_back, wrong_fields
from portal.web.htmx import redirect
from portal.web.requests import PortalRequest
from portal.web.typed import brings_back
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.enums import ImportState
from users.forms import ColumnsForm, FileForm
from users.imports.columns import header_to_fill_in, separator_to_fill_in
from users.imports.drafts import choose_columns, draft_of, start
from users.imports.results import recent_imports
from users.models import ImportRun
from users.views.add import add_page
from users.views.import_run import gone

_ROWS_SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
def choose_file(request: PortalRequest, company_id: int) -> HttpResponse:
    """Read the file that was chosen, keep what is in it, and go on to its columns. Below are the last imports."""
    company = get_company(request.account, company_id)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    page = partial(add_page, request, company, "users/add_file.html", "file", form=form, step=1)
    if request.method != "POST" or not form.is_valid():
        recent = recent_imports(company, request.account)
        return page(recent=recent, alert=wrong_fields() if request.method == "POST" else None)
    sheet, name = form.cleaned_data["file"]
    run = start(sheet, company=company, account=request.account, file_name=name)
    return redirect(request, "users:add_file_columns", company.pk, run.token)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
@brings_back
def choose_file_columns(request: PortalRequest, company_id: int, token: str) -> HttpResponse:
    """Which column holds what: a guess by their names, until the person says so. Then on to the preview."""
    company = get_company(request.account, company_id)
    run = draft_of(company, request.account, token=token, to_change=request.method == "POST")
    if run is None:
        return gone(request, company)
    if not run.records:
        # Confirmed once, and refused: its rows are mended where they are.
        return redirect(request, "users:add_file_check", company.pk, run.token)
    if request.method != "POST":
        form = ColumnsForm(run)
        return _columns_page(request, company, run, form, alert=brought_back(request, form))
    form = ColumnsForm(run, request.POST)
    if not form.is_valid():
        return _columns_page(request, company, run, form, alert=wrong_fields())
    choose_columns(run, form.columns, has_header=form.cleaned_data["has_header"])
    return redirect(request, "users:add_file_check", company.pk, run.token)


@require_safe
@partner_account
@requires(Permission.CHANGE_USERS)
def template_file(request: PortalRequest, company_id: int) -> HttpResponse:
    """An empty file to fill in, in the person's language, with the mark by which Excel knows UTF-8."""
    get_company(request.account, company_id)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="users.csv"'
    csv.writer(response, delimiter=separator_to_fill_in()).writerow(header_to_fill_in())
    return response


def _columns_page(
    request: PortalRequest, company: Company, run: ImportRun, form: ColumnsForm, *, alert: Alert | None = None
) -> HttpResponse:
    people = run.records[1 if run.has_header else 0 :]
    return add_page(
        request,
        company,
        "users/import_columns.html",
        "file",
        form=form,
        alert=alert,
        step=2,
        run=run,
        count=len(people),
        header=[label for _at, label in form.labels],
        sample=[[*cells, *[""] * len(form.labels)][: len(form.labels)] for _number, cells in people[:_ROWS_SHOWN]],
        was_mended=run.state == ImportState.DRAFT,
    )
