"""The rules of "View as partner" (R25): support staff see the portal as a partner does for a while, and change nothing.

The support person stays signed in as themselves; a `Visit` says which partner is viewed, why, and until when. Who does
what in it is set down in users/accounts/visiting.py.
"""

from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.record import record_of_partner
from companies.partners.models import Partner
from companies.partners.scope import partner_scope
from users.accounts.models import VISIT_LASTS, Account, Visit
from users.accounts.permissions import Permission
from users.accounts.visiting import may_visit, named_visit
from users.people import clean_reason


@transaction.atomic
def start_visit(partner: Partner, *, by: Account, reason: str) -> Visit:
    """`by` views the portal as `partner` does, for VISIT_LASTS at most. The partner's Admins read the reason.

    Whoever starts one ends the one before: an account has one open visit. In the support scope. PermissionDenied for
    all others than `may_visit`; a ValueError without a reason.
    """
    if not may_visit(by):
        raise PermissionDenied
    if not (reason := clean_reason(reason)):
        raise ValueError("a visit needs a reason")
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    now = timezone.now()
    for former in Visit.objects.filter(account=by, ended_at__isnull=True, ends_at__gt=now):
        end_visit(former, by=by)
    visit = Visit.objects.create(partner=partner, account=by, reason=reason, ends_at=now + VISIT_LASTS)
    minutes = VISIT_LASTS.seconds // 60
    record_of_partner(partner.pk, Act.VISIT_STARTED, by=by, reason=reason, visit=visit.pk, minutes=minutes)
    return visit


@transaction.atomic
def end_visit(visit: Visit, *, by: Account) -> bool:
    """End it: the next thing that the support person asks for leads out. False, and nothing done, if it was ended.

    By whoever views, or by an Admin of the partner; PermissionDenied for others. One whose time was over is set down
    as ended then, and not early.
    """
    is_own = by.pk == visit.account_id
    is_host = by.partner_id == visit.partner_id and Permission.MANAGE_COLLEAGUES in by.permissions
    if not (is_own or is_host):
        raise PermissionDenied
    visit = Visit.objects.select_for_update(of=("self",), no_key=True).get(pk=visit.pk)
    if visit.ended_at is not None:
        return False
    is_early = visit.is_open
    visit.ended_at, visit.ended_by = timezone.now() if is_early else visit.ends_at, by
    visit.save(update_fields=["ended_at", "ended_by"])
    # Whose visit it was: when an Admin of the partner ends it, both names are in the audit.
    record_of_partner(
        visit.partner_id, Act.VISIT_ENDED, by=by, visit=visit.pk, account=visit.account_id, early=is_early
    )
    return True


def listen() -> None:
    """From now on whoever signs out ends the visit of that session."""
    user_logged_out.connect(_signed_out, dispatch_uid="visit_signed_out")


def _signed_out(request: HttpRequest, user: Account | None, **_kwargs: object) -> None:
    named = named_visit(request)
    if user is None or named is None:
        return
    visit_id, partner_id = named
    with partner_scope(partner_id):
        for visit in Visit.objects.filter(pk=visit_id, account=user):
            end_visit(visit, by=user)
