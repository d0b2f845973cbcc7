"""The set-up checklist of a new company: put away, fetched again; and that its policies were looked at.

All else that the checklist ticks is read from the company itself (companies/checklist.py).
"""

from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.locks import locked


def put_checklist_away(company: Company, *, by: By) -> None:
    """For everybody; what is put away already writes nothing. Writes an audit event."""
    _choose(company, away=True, by=by)


def fetch_checklist(company: Company, *, by: By) -> None:
    """Show it again, to everybody who may do something on it. Writes an audit event."""
    _choose(company, away=False, by=by)


def review_policies(company: Company, *, by: By) -> None:
    """Note that the policies were looked at and are meant as they are; once is enough. Writes an audit event."""
    with locked(company) as company:
        if company.policies_reviewed_at is None:
            company.policies_reviewed_at = Now()
            company.save(update_fields=["policies_reviewed_at"])
            record(company, Act.POLICIES_REVIEWED, by=by)


def _choose(company: Company, *, away: bool, by: By) -> None:
    with locked(company) as company:
        if (company.checklist_away_at is not None) != away:
            company.checklist_away_at = Now() if away else None
            company.save(update_fields=["checklist_away_at"])
            record(company, Act.CHECKLIST_AWAY if away else Act.CHECKLIST_BACK, by=by)
