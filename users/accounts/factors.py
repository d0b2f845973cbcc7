"""Support helps whoever lost a way to sign in (R25): the second factor, or the e-mail."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.audit.enums import Act
from companies.audit.record import record_of_partner, record_of_support
from licensing.errors import AccountGone, EmailInUse
from licensing.refusing import accepted_name, refusing
from users.accounts.emails import keep_in_step
from users.accounts.models import Account

MAX_ACCOUNT_NAME = 150


def may_help(account: Account, *, by: Account) -> bool:
    """Support staff help partner staff, superusers support staff too, and nobody themselves (R25).

    Else a stolen sign-in would do away with the factor that it lacks, and lead the mail elsewhere.
    """
    return by.is_staff and account.pk != by.pk and (by.is_superuser or not account.is_staff)


def reset_factors(account: Account, *, by: Account, reason: str) -> int:
    """Take away all second factors of the account, and end its sessions. Returns how many factors there were.

    PermissionDenied unless `may_help`; AccountGone for one that was withdrawn. The account is told by mail; writes an
    audit event, also where there was nothing to take away: sessions were ended.
    """
    with transaction.atomic():
        account = _helped(account, by=by)
        factors = Authenticator.objects.filter(user=account)
        count: int = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
        factors.delete()
        end_sessions(account)
        _record(account, Act.FACTORS_RESET, by=by, reason=reason, count=count)
        _tell([account.email], _("Your second factor was taken away"), "factors_reset", account)
        return count


def change_sign_in(account: Account, *, name: str, email: str, by: Account, reason: str) -> list[str]:
    """Give the account another name or e-mail. Returns the fields changed.

    A new e-mail has to be proved at the next sign-in. PermissionDenied unless `may_help`; AccountGone, InvalidName,
    EmailInUse. The former e-mail is told, and the new one; writes an audit event for each field. Nothing, where nothing
    changes.
    """
    name, email = accepted_name(name, most=MAX_ACCOUNT_NAME), email.strip().lower()
    with transaction.atomic():
        account = _helped(account, by=by)
        wanted, former = {"name": name, "email": email}, account.email
        changed = [field for field, value in wanted.items() if getattr(account, field) != value]
        for field in changed:
            setattr(account, field, wanted[field])
        if changed:
            with refusing(EmailInUse(), constraint="account_email_once"):
                account.save(update_fields=changed)
        if "name" in changed:
            same = {"role_from": account.role, "role_to": account.role, "active": True}
            _record(account, Act.ACCOUNT_CHANGED, by=by, reason=reason, fields=["name"], **same)
        if "email" in changed:
            keep_in_step(account)
            _record(account, Act.EMAIL_CHANGED, by=by, reason=reason)
            for address in (former, email):
                _tell([address], _("The e-mail of your account was changed"), "email_changed", account)
        return changed


def end_sessions(account: Account) -> int:
    """Sign the account out everywhere. Returns how many sessions that ended.

    Every session is looked into: allauth's list of them lacks those that are older than the list.
    """
    open_ones = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
    keys = [each.session_key for each in open_ones if each.get_decoded().get(SESSION_KEY) == str(account.pk)]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=account).delete()
    return len(keys)


def _helped(account: Account, *, by: Account) -> Account:
    """The account as it stands now, locked."""
    if not may_help(account, by=by):
        raise PermissionDenied
    now = Account.objects.select_for_update(of=("self",), no_key=True).filter(pk=account.pk, is_active=True).first()
    if now is None:
        raise AccountGone(account_id=account.pk)
    return now


def _record(account: Account, act: Act, *, by: Account, reason: str, **data: Any) -> None:
    """In the partner's audit, or for support staff in support's own."""
    if account.partner_id is None:
        record_of_support(act, by=by, reason=reason, account=account.pk, **data)
    else:
        record_of_partner(account.partner_id, act, by=by, reason=reason, account=account.pk, **data)


def _tell(addresses: list[str], subject: str, text: str, account: Account) -> None:
    body = render_to_string(f"accounts/email/{text}.txt", {"account": account})
    send_mail(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, body, None, addresses)
