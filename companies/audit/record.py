"""Write what was done."""

from typing import Any

from companies.audit.enums import KIND_OF_ACT, Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.actors import By, columns


def record(company: Company, act: Act, *, by: By, reason: str = "", **data: Any) -> AuditEvent:
    """One line of the company's Activity tab, in the caller's transaction.

    `data` holds numbers, codes and ids; never names or addresses of people, which must be erasable, and no secrets.
    """
    return _write(company.partner_id, act, company=company, by=by, reason=reason, data=data)


def record_of_partner(partner_id: int, act: Act, *, by: By, reason: str = "", **data: Any) -> AuditEvent:
    """One line of the partner's Audit page that is no company's: a sign-in, an account, an export (R25).

    In the caller's transaction, and in a scope that may write the partner's rows. The same is true of `data`, but
    that a sign-in keeps the network address it came from.
    """
    return _write(partner_id, act, company=None, by=by, reason=reason, data=data)


def _write(
    partner_id: int, act: Act, *, company: Company | None, by: By, reason: str, data: dict[str, Any]
) -> AuditEvent:
    return AuditEvent.objects.create(
        partner_id=partner_id,
        company=company,
        kind=KIND_OF_ACT[act],
        act=act,
        data=data,
        reason=reason,
        **columns(by),
    )
