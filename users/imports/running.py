"""Add the people of a confirmed file: all or nobody, or those that can be added (R5). For a request, or for a worker.

Whatever is written of a person is written together with the outcome of that person's row: a worker that is killed, and
begins again, goes on with the rows that have none; nobody is lost and nobody comes in twice.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from companies.access import companies_for
from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from companies.partners.scope import partner_scope
from licensing.errors import CompanyClosed, Refusal
from licensing.locks import locked
from users.accounts.models import Account
from users.accounts.permissions import Permission
from users.enums import Door, ImportOutcome, ImportState, UserStatus
from users.imports.drafts import KEPT_FOR, Plan, Verdict, find_twice, judged, person_of, plan_of
from users.models import ImportRow, ImportRun, User
from users.provisioning import add_listed, add_possible

TASK = "import_people"
QUEUE = "imports"
AT_ONCE = 200
"""More people than these are left to a worker."""
CHUNK = 250
"""So many rows are tried under one lock: others who want a seat wait for no more than these."""
RESULT_KEPT_FOR = dt.timedelta(days=14)
NO_LONGER = "account_gone"


class NotReady(Exception):
    """All were to be added or nobody, and some rows cannot be: nobody was."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{plan.wrong} wrong, {plan.there} there")
        self.plan = plan


def confirm(run: ImportRun, *, all_or_nothing: bool, may_wait: bool) -> bool:
    """Write down what was chosen, and forget the cells of the file. Nobody is added yet.

    False where it was confirmed before: of two who confirm at once, one hears that.
    """
    now = timezone.now()
    rows = ImportRun.objects.filter(pk=run.pk, partner_id=run.partner_id, state=ImportState.DRAFT)
    changed = rows.update(
        state=ImportState.WAITING,
        all_or_nothing=all_or_nothing,
        may_wait=may_wait and not all_or_nothing,
        confirmed_at=now,
        expires_at=now + RESULT_KEPT_FOR,
        code="",
        data={},
        records=[],
        columns={},
    )
    if changed:
        run.refresh_from_db()
    return changed > 0


def open_again(run: ImportRun) -> bool:
    """Back to the preview, where nobody was added: the rows can be mended and confirmed anew."""
    rows = ImportRun.objects.filter(
        pk=run.pk, partner_id=run.partner_id, state=ImportState.REFUSED, all_or_nothing=True
    )
    changed = rows.update(
        state=ImportState.DRAFT,
        confirmed_at=None,
        ended_at=None,
        expires_at=timezone.now() + KEPT_FOR,
        code="",
        data={},
    )
    return changed > 0


def add_all(run: ImportRun, company: Company) -> list[User]:
    """Add everybody who is not left out, in one transaction, or nobody (R5).

    Raises NotReady where rows are wrong or people there already, and whatever `add_users` raises.
    """
    with locked(company) as company:
        find_twice(run)
        plan = plan_of(run, company)
        if plan.wrong or plan.there or not plan.ready:
            raise NotReady(plan)
        rows = list(judged(run, company).filter(verdict=Verdict.READY).order_by("number"))
        users = add_listed(company, people=[person_of(row) for row in rows], by=run.account, door=Door.FILE)
        run.rows.filter(is_left_out=True).update(outcome=ImportOutcome.LEFT_OUT)
        run.rows.filter(outcome="").update(outcome=ImportOutcome.ADDED)
        run.first_users = [user.pk for user in users[:10]]
        end(run, company)
        return users


def add_chunk(run: ImportRun, company: Company) -> bool:
    """Try the next rows, in the order of the file, each by itself, and write down what became of it. False at the end.

    Raises Busy where the company could not be locked in time.
    """
    with locked(company) as company:
        numbers = list(run.rows.filter(outcome="").order_by("number").values_list("number", flat=True)[:CHUNK])
        if not numbers:
            # Of two workers at the same, the second finds it ended.
            if ImportRun.objects.filter(pk=run.pk, state=ImportState.WAITING).exists():
                run.refresh_from_db(fields=["first_users"])
                end(run, company)
            return False
        rows = list(judged(run, company).filter(number__in=numbers).order_by("number"))
        _write_down(run, rows, _try(run, company, rows))
        return True


def _try(run: ImportRun, company: Company, rows: Sequence[Any]) -> list[User]:
    """Give each row its outcome. Returns who was added or waits now."""
    ready = []
    for row in rows:
        verdict = row.verdict
        if verdict == Verdict.READY:
            ready.append(row)
        elif verdict == Verdict.LEFT_OUT:
            row.outcome = ImportOutcome.LEFT_OUT
        else:
            row.outcome = ImportOutcome.THERE if verdict == Verdict.THERE else ImportOutcome.REFUSED
            row.code = "taken" if verdict == Verdict.THERE else _fault_of(row)
    people = [person_of(row) for row in ready]
    found = add_possible(company, people=people, may_wait=run.may_wait, by=run.account, door=Door.FILE)
    for row, user in zip(ready, found, strict=True):
        if isinstance(user, str):
            row.outcome = ImportOutcome.THERE if user == "taken" else ImportOutcome.REFUSED
            row.code = user
        else:
            row.outcome = ImportOutcome.ADDED if user.status == UserStatus.ACTIVE else ImportOutcome.WAITING
    return [user for user in found if not isinstance(user, str)]


def _fault_of(row: ImportRow) -> str:
    if row.is_wrong:
        return "invalid"
    return "surplus" if row.surplus else "twice"


def _write_down(run: ImportRun, rows: Sequence[ImportRow], users: Sequence[User]) -> None:
    ImportRow.objects.bulk_update(rows, ["outcome", "code"])
    run.refresh_from_db(fields=["first_users"])
    if users and len(run.first_users) < 10:
        run.first_users = [*run.first_users, *(user.pk for user in users)][:10]
        run.save(update_fields=["first_users"])


def end(run: ImportRun, company: Company, *, code: str = "") -> None:
    """It has ended: write one line of the company's Activity tab, which names the import, unless nobody came in."""
    added, waiting = (run.rows.filter(outcome=one).count() for one in (ImportOutcome.ADDED, ImportOutcome.WAITING))
    run.state, run.code, run.ended_at = ImportState.DONE, code, timezone.now()
    run.save(update_fields=["state", "code", "ended_at", "first_users"])
    if added or waiting:
        record(
            company,
            Act.USERS_IMPORTED,
            by=run.account,
            users=run.first_users,
            number=run.pk,
            count=added + waiting,
            waiting=waiting,
            left=run.rows.count() - added - waiting,
        )


def refuse(run: ImportRun, *, code: str, data: dict[str, object]) -> None:
    """It has ended, and nobody was added."""
    run.state, run.code, run.data, run.ended_at = ImportState.REFUSED, code, data, timezone.now()
    run.save(update_fields=["state", "code", "data", "ended_at"])


def leave_to_worker(run: ImportRun) -> None:
    """Let a worker do it (portal/tasks.py); the job is part of the open transaction."""
    app.configure_task(TASK, queue=QUEUE).defer(partner_id=run.partner_id, run_id=run.pk)


def work_off(partner_id: int, run_id: int) -> None:
    """Do in the background what was confirmed. For a worker: in no scope, and perhaps not for the first time.

    Nothing is done any more for an account that was withdrawn, or may not change this company's users any more.
    Raises Busy where others held the company too long: what was done until then is kept.
    """
    run = _waiting(partner_id, run_id)
    if run is None:
        return
    if run.all_or_nothing:
        _work_together(run)
        return
    while _next(run):
        pass


def _waiting(partner_id: int, run_id: int) -> ImportRun | None:
    with partner_scope(partner_id):
        runs = ImportRun.objects.select_related("account__partner", "company").defer("records")
        return runs.filter(partner_id=partner_id, pk=run_id, state=ImportState.WAITING).first()


def _next(run: ImportRun) -> bool:
    """One chunk, in a transaction of its own; whether there may be more."""
    with partner_scope(run.partner_id):
        if not _may_still(run):
            _stop(run, NO_LONGER)
            return False
        try:
            return add_chunk(run, run.company)
        except CompanyClosed as closed:
            _stop(run, closed.code)
            return False


def _stop(run: ImportRun, code: str) -> None:
    """Nobody else is added: the rows that were not tried say why."""
    run.refresh_from_db(fields=["state", "first_users"])
    if run.state == ImportState.WAITING:
        run.rows.filter(outcome="").update(outcome=ImportOutcome.REFUSED, code=code)
        end(run, run.company, code=code)


def _work_together(run: ImportRun) -> None:
    with partner_scope(run.partner_id):
        # Of two workers at the same, the second finds it done.
        row = ImportRun.objects.select_for_update(no_key=True).filter(pk=run.pk, state=ImportState.WAITING).first()
        if row is None:
            return
        if not _may_still(run):
            refuse(run, code=NO_LONGER, data={})
            return
        try:
            with transaction.atomic():
                add_all(run, run.company)
        except NotReady as nothing:
            refuse(run, code="not_ready", data={"wrong": nothing.plan.wrong, "there": nothing.plan.there})
        except Refusal as refusal:
            if refusal.code == "busy":
                raise
            refuse(run, code=refusal.code, data=refusal.data)


def _may_still(run: ImportRun) -> bool:
    account = Account.objects.select_related("partner").get(pk=run.account_id)
    has_access = account.is_active and account.partner is not None and account.partner.has_access
    if not has_access or Permission.CHANGE_USERS not in account.permissions:
        return False
    return companies_for(account).filter(pk=run.company_id).exists() or not run.company.is_open
