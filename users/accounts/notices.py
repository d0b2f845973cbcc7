"""Mail to colleagues: they are invited, their role was changed, their access was withdrawn (R24), they decide (R22).

Queued in the open transaction like all mail (portal/mail.py): what is taken back tells nobody.
"""

from typing import Any

from allauth.core import context
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from users.accounts.enums import Role
from users.accounts.models import Account, Invitation
from users.accounts.preferences import in_language_of
from users.directory.models import Connector


def tell_invited(invitation: Invitation, *, token: str, by: Account) -> None:
    """To the invited address alone goes the link; nobody else ever sees the token."""
    partner = invitation.partner
    subject = _("You are invited to %(partner)s in the Partner Portal") % {"partner": partner.name}
    with timezone.override(partner.time_zone):
        _tell(
            invitation.email,
            subject,
            "accounts/email/invited.txt",
            invitation=invitation,
            link=_address_of(reverse("account_invitation", args=[token])),
            by=_named(by),
        )


def tell_role_changed(account: Account, *, role_from: Role, by: Account) -> None:
    """`account` has its new role already."""
    with in_language_of(account):
        _tell(
            account.email,
            _("Your role in the Partner Portal was changed"),
            "accounts/email/role_changed.txt",
            account=account,
            role_from=role_from.label,
            by=_named(by),
        )


def tell_withdrawn(account: Account, *, by: Account) -> None:
    with in_language_of(account):
        subject = _("Your access to the Partner Portal was withdrawn")
        _tell(account.email, subject, "accounts/email/withdrawn.txt", account=account, by=_named(by))


def tell_held(connector: Connector) -> None:
    """To the partner's Admins, who decide about what is held of `connector`: where they do that (R22)."""
    admins = Account.objects.filter(partner_id=connector.partner_id, role=Role.ADMIN, is_active=True).order_by("pk")
    link = _address_of(reverse("companies:connector_held", args=[connector.company_id, connector.pk]))
    for admin in admins:
        with in_language_of(admin):
            subject = _("Changes from %(connector)s are held") % {"connector": connector.name}
            _tell(admin.email, subject, "directory/email/held.txt", account=admin, connector=connector, link=link)


def _named(by: Account) -> str:
    return _("%(name)s (support)") % {"name": by} if by.is_staff else str(by)


def _tell(to: str, subject: str, template: str, **data: Any) -> None:
    # A name of support's making may hold a line break; a subject must not.
    line = settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + " ".join(subject.split())
    send_mail(line, render_to_string(template, data), None, [to])


def _address_of(path: str) -> str:
    """With the host by which whoever invites reaches the portal: ALLOWED_HOSTS has seen to it that it is one of ours.

    A command has no request: the first of these hosts is taken.
    """
    if context.request is not None:
        return str(context.request.build_absolute_uri(path))
    return f"{settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL}://{settings.ALLOWED_HOSTS[0].lstrip('.*')}{path}"
