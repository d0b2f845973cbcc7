"""A file of people after its columns were chosen: look at every row and mend it, confirm, watch, see what became of it.

All at one address, which shows what the import has come to (R5). Nothing is added before it is confirmed.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from companies.access import get_company
from companies.alerts import alert_of
from companies.audit.export import exported
from companies.models import Company
from licensing.errors import NoSeatsAvailable, Refusal
from portal.web.alerts import Alert
from portal.web.exports import Sheet
from portal.web.htmx import redirect, render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.enums import ImportState
from users.imports import running
from users.imports.drafts import Plan, Typed, Verdict, change_rows, draft_of, errors_of, judged, plan_of
from users.imports.results import confirmed_imports, result_header, result_of, result_rows, rows_by_outcome, why_not
from users.models import ImportRun
from users.people import Person
from users.views.add import add_page
from users.views.add_many import added_text

PER_PAGE = 50
_MOST_TYPED = 1_000
_LONGEST_CELL = 1_000


@require_http_methods(["GET", "HEAD", "POST"])
@partner_account
@requires(Permission.CHANGE_USERS)
def import_run(request: PortalRequest, company_id: int, token: str) -> HttpResponse:
    """The preview until it is confirmed, then how far it is, then what became of each row."""
    company = get_company(request.account, company_id)
    draft = draft_of(company, request.account, token=token, to_change=request.method == "POST")
    if draft is not None:
        return _draft(request, company, draft)
    run = confirmed_imports(company).filter(token=token).first()
    if run is None:
        return gone(request, company)
    if request.method == "POST":
        return _after(request, company, run)
    if run.state == ImportState.WAITING:
        return _progress(request, company, run)
    return HttpResponseClientRefresh() if wants_part(request) else _result(request, company, run)


@require_safe
@partner_account
@requires(Permission.CHANGE_USERS)
def result_file(request: PortalRequest, company_id: int, token: str) -> HttpResponse:
    """What became of each row, as a file for spreadsheets: CSV, or XLSX by `?as=xlsx`."""
    company = get_company(request.account, company_id)
    run = get_object_or_404(confirmed_imports(company).filter(ended_at__isnull=False), token=token)
    sheet = Sheet(name=f"import-{run.pk}-{company.name}", header=result_header(), rows=result_rows(run))
    return exported(request, sheet, what="import", company=company)


def gone(request: PortalRequest, company: Company) -> HttpResponse:
    """To the list: there is no such file (any more)."""
    messages.warning(request, _("This preview was used already, or is too old. Look at the list before you go on."))
    return redirect(request, "users:list", company.pk)


def _draft(request: PortalRequest, company: Company, run: ImportRun) -> HttpResponse:
    if run.state == ImportState.COLUMNS:
        return redirect(request, "users:add_file_columns", company.pk, run.token)
    if request.method != "POST":
        return _preview(request, company, run)
    act = request.POST.get("act", "save")
    if act not in {"save", "all", "possible"}:
        raise BadRequest
    changed = change_rows(run, _typed(request))
    if act == "save":
        return _saved(request, company, run, changed)
    if changed:
        # What was confirmed is what was seen: not the numbers of other rows.
        alert = Alert(_("Your corrections were saved. Look at the numbers, which may have changed, then confirm."))
        return _preview(request, company, run, alert)
    return _confirm(request, company, run, together=act == "all")


def _saved(request: PortalRequest, company: Company, run: ImportRun, changed: int) -> HttpResponse:
    plan = plan_of(run, company)
    if not plan.wrong:
        messages.success(request, _("No row is wrong any more."))
    elif changed:
        text = ngettext("Saved. %(count)d row is still wrong.", "Saved. %(count)d rows are still wrong.", plan.wrong)
        messages.info(request, text % {"count": plan.wrong})
    wanted = {"show": request.POST.get("show", ""), "page": request.POST.get("page", "")}
    query = urlencode({name: text for name, text in wanted.items() if text})
    address = reverse("users:add_file_check", args=[company.pk, run.token])
    return HttpResponseRedirect(f"{address}{'?' + query if query else ''}#rows")


def _typed(request: PortalRequest) -> dict[int, Typed]:
    """What stands in the cells that can be mended, by the number of the row."""
    data = request.POST
    numbers = data.getlist("rows")
    if len(numbers) > _MOST_TYPED or not all(text.isascii() and text.isdigit() and len(text) < 9 for text in numbers):
        raise BadRequest

    def cell(number: str, field: str) -> str:
        return data.get(f"{number}-{field}", "").replace("\0", "")[:_LONGEST_CELL]

    return {
        int(number): Typed(
            Person(cell(number, "first_name"), cell(number, "last_name"), cell(number, "email")),
            is_left_out=f"{number}-left_out" in data,
            accepts=f"{number}-accepts" in data,
        )
        for number in numbers
    }


def _confirm(request: PortalRequest, company: Company, run: ImportRun, *, together: bool) -> HttpResponse:
    """Add them, or leave it to a worker where they are many; what can be refused at once is, and changes nothing."""
    may_wait = "may_wait" in request.POST
    try:
        with transaction.atomic():
            plan = plan_of(run, company)
            _refuse_at_once(plan, company, together=together, may_wait=may_wait)
            if running.confirm(run, all_or_nothing=together, may_wait=may_wait):
                _run(run, company, plan)
    except running.NotReady as nothing:
        there = (nothing.plan.wrong, nothing.plan.there) if together else (0, 0)
        return _preview(request, company, run, _not_ready(*there))
    except Refusal as refusal:
        return _preview(request, company, run, alert_of(refusal, account=request.account))
    if added := result_of(run).added:
        messages.success(request, added_text(added))
    return redirect(request, "users:add_file_check", company.pk, run.token)


def _refuse_at_once(plan: Plan, company: Company, *, together: bool, may_wait: bool) -> None:
    """What the rule itself would say, and what would add nobody."""
    if not plan.ready or (together and (plan.wrong or plan.there)):
        raise running.NotReady(plan)
    if (together and plan.beyond) or not (plan.seated or may_wait):
        raise NoSeatsAvailable(needed=plan.ready, available=company.seats_available)


def _run(run: ImportRun, company: Company, plan: Plan) -> None:
    if plan.total > running.AT_ONCE:
        running.leave_to_worker(run)
    elif run.all_or_nothing:
        running.add_all(run, company)
    else:
        while running.add_chunk(run, company):
            pass


def _after(request: PortalRequest, company: Company, run: ImportRun) -> HttpResponse:
    """Whoever confirms again finds what came of the first time; whose file was refused may mend it."""
    if request.POST.get("act") == "again" and run.account_id == request.account.pk:
        running.open_again(run)
    return redirect(request, "users:add_file_check", company.pk, run.token)


def _preview(request: PortalRequest, company: Company, run: ImportRun, alert: Alert | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    run.refresh_from_db(fields=["state"])
    plan = plan_of(run, company)
    rows = judged(run, company)
    show = data.get("show", "")
    if show in Verdict.ALL:
        rows = rows.filter(verdict=show)
    page = Paginator(rows, PER_PAGE).get_page(data.get("page"))
    edited = request.GET.get("edit", "")
    lines = [
        {
            "row": row,
            "errors": errors_of(row),
            "is_open": row.verdict in {Verdict.WRONG, Verdict.THERE} or str(row.number) == edited,
        }
        for row in page
    ]
    context: dict[str, Any] = {"run": run, "plan": plan, "lines": lines, "page": page, "show": show, "step": 3}
    context["shown"] = [(verdict, getattr(plan, verdict)) for verdict in Verdict.ALL if getattr(plan, verdict)]
    context["shortage"] = _shortage(request, company, plan)
    context |= _button_texts(plan)
    return add_page(request, company, "users/import_preview.html", "file", alert=alert, **context)


def _button_texts(plan: Plan) -> Mapping[str, str]:
    every = ngettext("Add this person, or nobody", "Add all %(count)d, or nobody", plan.wanted)
    some = ngettext("Add the %(count)d that can be added", "Add the %(count)d that can be added", plan.seated)
    possible = some % {"count": plan.seated} if plan.seated else _("Add those that can be added")
    return {"all_text": every % {"count": plan.wanted}, "possible_text": possible}


def _shortage(request: PortalRequest, company: Company, plan: Plan) -> str:
    """Told before anybody confirms, in the words of the refusal itself."""
    if not plan.beyond:
        return ""
    refusal = NoSeatsAvailable(needed=plan.ready, available=company.seats_available)
    return alert_of(refusal, account=request.account).text


def _progress(request: PortalRequest, company: Company, run: ImportRun) -> HttpResponse:
    context = {"company": company, "tab": "users", "section": "companies", "way": "file", "step": 4, "run": run}
    context["result"] = result_of(run)
    return render_page(request, "users/import_progress.html", context, part="import-progress")


def _result(request: PortalRequest, company: Company, run: ImportRun) -> HttpResponse:
    page = Paginator(rows_by_outcome(run), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"run": run, "result": result_of(run), "page": page, "step": 4}
    context["lines"] = [{"row": row, "why": why_not(row)} for row in page]
    context["why_nobody"] = _why_nobody(request, run)
    context["is_own"] = run.account_id == request.account.pk
    return add_page(request, company, "users/import_result.html", "file", **context)


def _why_nobody(request: PortalRequest, run: ImportRun) -> str:
    if run.state != ImportState.REFUSED:
        return ""
    if run.code == NoSeatsAvailable.code:
        refusal = NoSeatsAvailable(needed=run.data["needed"], available=run.data["available"])
        return alert_of(refusal, account=request.account).text
    if run.code == "not_ready":
        return _not_ready(run.data["wrong"], run.data["there"]).text
    if run.code == running.NO_LONGER:
        return _("Whoever confirmed the import may not add users to this company any more.")
    return _("Nobody was added. Look at the rows again.")


def _not_ready(wrong: int, there: int) -> Alert:
    if wrong:
        text = ngettext(
            "Nobody was added: %(count)d row is wrong. Correct it, leave it out, or add those that can be added.",
            "Nobody was added: %(count)d rows are wrong. Correct them, leave them out, or add those that can be added.",
            wrong,
        )
        return Alert(text % {"count": wrong})
    if there:
        text = ngettext(
            "Nobody was added: %(count)d person is at the company already. Leave that row out, or add those that can "
            "be added.",
            "Nobody was added: %(count)d people are at the company already. Leave those rows out, or add those that "
            "can be added.",
            there,
        )
        return Alert(text % {"count": there})
    return Alert(_("Nobody can be added: no row is ready."))
