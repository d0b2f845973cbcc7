"""Support staff (R25): the groups that say what they may do, and who belongs to them.

Readers see everything in support's site and change nothing; Support runs the rules. Superusers do all that, and are
the only ones who make support staff or touch their accounts.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from allauth.core import context
from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.signals import post_migrate
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from companies.audit.enums import Act
from companies.audit.record import record_of_support
from licensing.errors import EmailInUse
from licensing.refusing import accepted_name, refusing
from users.accounts.emails import keep_in_step, release
from users.accounts.factors import MAX_ACCOUNT_NAME, end_sessions
from users.accounts.models import Account

READER: Final = "Reader"
SUPPORT: Final = "Support"

SEEN: Final = (
    "accounts.account",
    "accounts.invitation",
    "audit.auditevent",
    "auth.group",
    "companies.company",
    "directory.connector",
    "directory.entry",
    "directory.heldchange",
    "directory.run",
    "licensing.ledgerentry",
    "partners.partner",
    "policies.policy",
    "users.statuschange",
    "users.user",
)
"""What support's site shows, as Django names models in its permissions."""
RULED: Final = ("accounts.account", "accounts.invitation", "companies.company", "partners.partner", "users.user")
"""What rules may be run on there: whoever may "change" one of these may run them."""


def listen() -> None:
    """From now on `manage.py migrate` makes both groups, and mends them."""
    post_migrate.connect(_keep_groups, sender=apps.get_app_config("accounts"), dispatch_uid="support_groups")


def _keep_groups(sender: AppConfig, **options: Any) -> None:
    """Nothing while the tables of groups are not there: somebody migrates back to before them."""
    # `flush` tells of no state: the tables are as they are now.
    state, using = options.get("apps", apps), options["using"]
    try:
        groups, permissions = (state.get_model("auth", name).objects.using(using) for name in ("Group", "Permission"))
    except LookupError:
        return
    for label in sorted({model.split(".")[0] for model in SEEN}):
        # Django makes permissions app by app, and those of some of these only later.
        create_permissions(apps.get_app_config(label), verbosity=0, using=using, apps=state)
    there = list(permissions.select_related("content_type"))
    seen, ruled = _codes("view", SEEN), _codes("change", RULED)
    for name, wanted in ((READER, seen), (SUPPORT, seen | ruled)):
        group, _made = groups.get_or_create(name=name)
        group.permissions.set([one for one in there if (one.content_type.app_label, one.codename) in wanted])


def _codes(verb: str, models: Iterable[str]) -> set[tuple[str, str]]:
    return {(label, f"{verb}_{name}") for label, name in (model.split(".") for model in models)}


def open_support_account(
    email: str, *, name: str, groups: Collection[Group], is_superuser: bool, by: Account, reason: str
) -> Account:
    """A new account of support staff, without a password: whoever reads the mail that goes there sets one.

    Superusers only, else PermissionDenied. Raises InvalidName, EmailInUse. Writes an audit event of no partner.
    """
    _refuse_all_but_superusers(by)
    name = accepted_name(name, most=MAX_ACCOUNT_NAME)
    with transaction.atomic():
        release(email)
        with _while_free():
            account = Account.objects.create_user(
                email, None, name=name, role="", is_staff=True, is_superuser=is_superuser
            )
        account.groups.set(groups)
        record_of_support(Act.ACCOUNT_CREATED, by=by, reason=reason, account=account.pk, role="")
        _tell(account)
        return account


def change_support_account(
    account: Account, *, groups: Collection[Group], is_superuser: bool, is_active: bool, by: Account, reason: str
) -> list[str]:
    """Change what an account of support staff may do, withdraw it or bring it back (R2). Returns the fields changed.

    Superusers only, and never for their own account, so that one is always left; else PermissionDenied. Whoever is
    withdrawn is signed out everywhere. Raises EmailInUse where the address of a withdrawn one was given away meanwhile.
    Writes an audit event of no partner; nothing, where nothing changes.
    """
    _refuse_all_but_superusers(by)
    if account.pk == by.pk or not account.is_staff:
        raise PermissionDenied
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
        wanted = {"is_superuser": is_superuser, "is_active": is_active}
        changed = [field for field, value in wanted.items() if getattr(account, field) != value]
        account.is_superuser, account.is_active = is_superuser, is_active
        if changed:
            with _while_free():
                account.save(update_fields=changed)
        if "is_active" in changed:
            keep_in_step(account)
        if {group.pk for group in groups} != set(account.groups.values_list("pk", flat=True)):
            account.groups.set(groups)
            changed.append("groups")
        if not is_active:
            end_sessions(account)
        if changed:
            record_of_support(
                Act.ACCOUNT_CHANGED,
                by=by,
                reason=reason,
                account=account.pk,
                fields=changed,
                role_from="",
                role_to="",
                active=is_active,
            )
        return changed


def _refuse_all_but_superusers(by: Account) -> None:
    if not (by.is_staff and by.is_superuser):
        raise PermissionDenied


@contextmanager
def _while_free() -> Iterator[None]:
    """allauth keeps addresses in a table of its own, which is unique too."""
    with (
        refusing(EmailInUse(), constraint="account_email_once"),
        refusing(EmailInUse(), constraint="unique_verified_email"),
    ):
        yield


def _tell(account: Account) -> None:
    page = reverse("account_reset_password")
    link = context.request.build_absolute_uri(page) if context.request else page
    body = render_to_string("accounts/email/support_account.txt", {"account": account, "link": link})
    send_mail(
        settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + _("Your account in the Partner Portal"), body, None, [account.email]
    )
