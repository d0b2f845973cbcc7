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
    return AuditEvent.objects.create(
        partner_id=company.partner_id,
        company=company,
        kind=KIND_OF_ACT[act],
        act=act,
        data=data,
        reason=reason,
        **columns(by),
    )
