"""Licenses of many companies by one confirmation: all or nothing, or those that can (R10 to R12, R16).

Each company is changed as the pencil would change it: by the same function, with the number that was seen.
"""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from companies.models import Company
from companies.partners.models import Partner
from companies.partners.scope import partner_scope
from licensing.bulk_plan import Plan, refusal_of
from licensing.enums import BulkOutcome, BulkState, Tier
from licensing.errors import Busy, CompanyClosed, Refusal
from licensing.locks import locked, locked_together
from licensing.models import BulkChange, BulkLine
from licensing.pools import change_locked
from users.accounts.models import Account
from users.accounts.permissions import Permission

TASK = "change_licenses"
QUEUE = "licenses"
KEPT_FOR = dt.timedelta(days=14)
_ATTEMPTS = 3
_WITHDRAWN = "account_gone"


class NotAll(Exception):
    """All or nothing, and it was nothing: what stood in the way, by company, in the order of their ids."""

    def __init__(self, refusals: dict[int, Refusal]) -> None:
        super().__init__(f"{len(refusals)} refused")
        self.refusals = refusals


def begin(plan: Plan, *, partner: Partner, account: Account, all_or_nothing: bool) -> tuple[BulkChange, bool]:
    """Write down what was confirmed. Nothing is changed yet.

    Returns the bulk change and whether it is new: the plan may have been confirmed already, by a double click.
    """
    bulk, is_new = BulkChange.objects.get_or_create(
        partner=partner,
        token=plan.token,
        defaults={
            "account": account,
            "how": plan.wish.how,
            "number": plan.wish.number,
            "reason": plan.reason,
            "all_or_nothing": all_or_nothing,
        },
    )
    if is_new:
        BulkLine.objects.bulk_create(_lines(bulk, plan))
    return bulk, is_new


def _lines(bulk: BulkChange, plan: Plan) -> Iterator[BulkLine]:
    for step in plan.steps:
        line = BulkLine(
            partner_id=bulk.partner_id,
            bulk=bulk,
            company_id=step.company_id,
            seen=step.seen,
            seats_from=step.seats_from,
            tier_from=step.tier_from,
            seats=step.seats,
            tier=step.tier,
        )
        if step.refusal and not bulk.all_or_nothing:
            # It was confirmed for the others: this one is not tried, whatever has become of it meanwhile.
            _refused(line, step.refusal)
        yield line


def change_together(bulk: BulkChange) -> None:
    """Change the license of every company, in one transaction with all of them locked, or of none.

    Raises NotAll with every refusal, Busy where not all could be locked in time; nothing is changed then.
    """
    lines = {line.company_id: line for line in bulk.lines.all()}
    refusals: dict[int, Refusal] = {}
    with locked_together(bulk.partner_id, lines) as companies:
        for company in companies:
            try:
                _change(company, lines[company.pk], bulk)
            except Refusal as refusal:
                refusals[company.pk] = refusal
        if refusals:
            raise NotAll(refusals)
        BulkLine.objects.bulk_update(lines.values(), ["outcome", "seated"], batch_size=200)
        _end(bulk, BulkState.DONE)


def change_each(bulk: BulkChange) -> None:
    """Change the license of every company that can be changed, each in a transaction of its own.

    Called again after it was interrupted, it goes on where it was.
    """
    with partner_scope(bulk.partner_id):
        lines = list(bulk.lines.filter(outcome="").select_related("company").order_by("company_id"))
    for line in lines:
        with partner_scope(bulk.partner_id):
            _try(line, bulk)
    with partner_scope(bulk.partner_id):
        _end(bulk, BulkState.DONE)


def _try(line: BulkLine, bulk: BulkChange) -> None:
    try:
        with locked(line.company) as company:
            # Another worker may have been here while this one waited.
            if BulkLine.objects.filter(pk=line.pk, outcome="").exists():
                _change(company, line, bulk)
                line.save(update_fields=["outcome", "seated"])
    except Refusal as refusal:
        _refused(line, refusal)
        line.save(update_fields=["outcome", "code", "data"])


def _change(company: Company, line: BulkLine, bulk: BulkChange) -> None:
    """What the pencil does, for a company that is locked: refusals come before anything is written."""
    if not company.is_open:
        raise CompanyClosed(company_id=company.pk)
    entry, line.seated = change_locked(
        company, seats=line.seats, tier=Tier(line.tier), seen=line.seen, by=bulk.account, reason=bulk.reason
    )
    line.outcome = BulkOutcome.CHANGED if entry else BulkOutcome.UNCHANGED


def _refused(line: BulkLine, refusal: Refusal) -> None:
    line.outcome, line.code, line.data = BulkOutcome.REFUSED, refusal.code, refusal.data


def _end(bulk: BulkChange, state: BulkState, code: str = "") -> None:
    bulk.state, bulk.code = state, code
    bulk.save(update_fields=["state", "code"])


def leave_to_worker(bulk: BulkChange) -> None:
    """Let a worker do it (portal/tasks.py); the job is part of the open transaction."""
    app.configure_task(TASK, queue=QUEUE).defer(partner_id=bulk.partner_id, bulk_id=bulk.pk)


def work_off(partner_id: int, bulk_id: int) -> None:
    """Do in the background what was confirmed. For a worker: in no scope, and perhaps not for the first time.

    Nothing is done any more for an account that was withdrawn, or may not change licenses any more.
    """
    with partner_scope(partner_id):
        bulk = BulkChange.objects.select_related("account__partner").filter(pk=bulk_id).first()
        if bulk is None or bulk.state != BulkState.WAITING:
            return
        if not _may_still(bulk.account):
            _end(bulk, BulkState.REFUSED, _WITHDRAWN)
            return
    if bulk.all_or_nothing:
        _work_together(bulk)
    else:
        change_each(bulk)


def _may_still(account: Account) -> bool:
    partner = account.partner
    has_access = account.is_active and partner is not None and partner.has_access
    return has_access and Permission.CHANGE_LICENSE in account.permissions


def _work_together(bulk: BulkChange) -> None:
    for attempt in range(_ATTEMPTS):
        with partner_scope(bulk.partner_id):
            # Of two workers at the same, the second finds it done.
            BulkChange.objects.select_for_update(no_key=True).get(pk=bulk.pk)
            bulk.refresh_from_db(fields=["state"])
            if bulk.state != BulkState.WAITING:
                return
            try:
                with transaction.atomic():
                    change_together(bulk)
            except NotAll as refused:
                _write_down(bulk, refused.refusals)
            except Busy as busy:
                if attempt == _ATTEMPTS - 1:
                    _end(bulk, BulkState.REFUSED, busy.code)


def _write_down(bulk: BulkChange, refusals: dict[int, Refusal]) -> None:
    lines = list(bulk.lines.filter(company_id__in=refusals))
    for line in lines:
        _refused(line, refusals[line.company_id])
    BulkLine.objects.bulk_update(lines, ["outcome", "code", "data"], batch_size=200)
    _end(bulk, BulkState.REFUSED)


def refusal_on(line: BulkLine) -> Refusal | None:
    """Why the company was not changed."""
    return refusal_of(line.code, line.data) if line.code else None


def forget_old(partner_id: int) -> int:
    """Delete the partner's bulk changes that are older than KEPT_FOR; the ledger keeps what they did. How many."""
    old = BulkChange.objects.filter(partner_id=partner_id, created_at__lt=timezone.now() - KEPT_FOR)
    count = old.count()
    BulkLine.objects.filter(partner_id=partner_id, bulk__in=old).delete()
    old.delete()
    return count
