"""Write what was done."""

from typing import Any

from companies.audit.enums import KIND_OF_ACT, Act, Outcome
from companies.audit.models import AuditEvent
from companies.audit.origin import client_address
from companies.models import Company
from licensing.actors import By, columns


def record(company: Company, act: Act, *, by: By, reason: str = "", **data: Any) -> AuditEvent:
    """One line of the company's Activity tab, in the caller's transaction.

    `data` holds numbers, codes and ids; never names or addresses of people, which must be erasable, and no secrets.
    """
    return _write(company.partner_id, act, company=company, by=by, reason=reason, data=data)


def record_of_partner(
    partner_id: int, act: Act, *, by: By, reason: str = "", outcome: Outcome = Outcome.DONE, **data: Any
) -> AuditEvent:
    """One line of the partner's Audit page that is no company's: a sign-in, an account, an export (R25).

    In the caller's transaction, and in a scope that may write the partner's rows. The same is true of `data`.
    """
    return _write(partner_id, act, company=None, by=by, reason=reason, data=data, outcome=outcome)


def record_of_support(
    act: Act, *, by: By, reason: str = "", outcome: Outcome = Outcome.DONE, **data: Any
) -> AuditEvent:
    """One line that is no partner's: support staff's own sign-ins and accounts, and strangers at the door (R25).

    In the caller's transaction, and in the support scope. The same is true of `data`.
    """
    return _write(None, act, company=None, by=by, reason=reason, data=data, outcome=outcome)


def _write(
    partner_id: int | None,
    act: Act,
    *,
    company: Company | None,
    by: By,
    reason: str,
    data: dict[str, Any],
    outcome: Outcome = Outcome.DONE,
) -> AuditEvent:
    return AuditEvent.objects.create(
        partner_id=partner_id,
        company=company,
        kind=KIND_OF_ACT[act],
        act=act,
        data=data,
        reason=reason,
        outcome=outcome,
        address=client_address(),
        **columns(by),
    )
