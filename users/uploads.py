"""Files that were read and are right, kept until somebody confirms them: the file need not be sent twice."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from companies.models import Company
from users.accounts.models import Account
from users.models import Upload
from users.people import Person

_KEPT_FOR = timedelta(hours=2)


def keep(people: Sequence[Person], *, company: Company, account: Account) -> str:
    """Keep the people for two hours. Returns the token under which the same account finds them for this company.

    Deletes what the partner's accounts left behind until it expired.
    """
    drop_expired(company.partner_id)
    upload = Upload.objects.create(
        partner_id=company.partner_id,
        company=company,
        account=account,
        token=secrets.token_urlsafe(16),
        people=[[person.first_name, person.last_name, person.email] for person in people],
        expires_at=timezone.now() + _KEPT_FOR,
    )
    return upload.token


def kept(token: str, *, company: Company, account: Account) -> list[Person] | None:
    """The people, or None: never kept for this account and company, too long ago, or dropped since."""
    upload = _uploads(token, company, account).filter(expires_at__gt=timezone.now()).first()
    return None if upload is None else [Person(*row) for row in upload.people]


def drop(token: str, *, company: Company, account: Account) -> bool:
    """Delete them. Whether they were there: of two who drop the same at once, one hears no."""
    deleted, _by_model = _uploads(token, company, account).delete()
    return deleted > 0


def drop_expired(partner_id: int) -> int:
    """Delete what nobody confirmed in time. Returns how many files that were."""
    deleted, _by_model = Upload.objects.filter(partner_id=partner_id, expires_at__lte=timezone.now()).delete()
    return deleted


def _uploads(token: str, company: Company, account: Account) -> QuerySet[Upload]:
    return Upload.objects.filter(partner_id=company.partner_id, token=token, company=company, account=account)
