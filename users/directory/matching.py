"""Whom a directory means: is it somebody whom the company knows already (R9, R20, R21)?"""

from collections.abc import Iterator

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower, Now

from companies.models import Company
from licensing.errors import EmailTaken, Refusal, UserNameTaken
from users.directory.claims import Claim
from users.directory.models import Connector, Entry
from users.enums import Door, UserStatus
from users.models import StatusChange, User


def match_of(company: Company, connector: Connector, claim: Claim) -> User | None:
    """The user whom `claim` means, to be linked to a new entry; None for somebody new. Under the company's lock.

    Asked in this order: the claim's e-mail; its userName, where that is somebody's e-mail; its userName among the
    entries of removed connectors; its userName, then its externalId, among the entries that this connector deleted.
    Whom this connector deleted is meant only while on the Users tab (R20): else it is a new claim (R8), also for those
    removed by hand, whom their directory has forgotten since. Behind an entry of a removed connector, which nobody
    deleted, a person removed by hand is meant too, and stays removed (R21).

    Raises EmailTaken or UserNameTaken where another existing connector manages the match, or this one does already.
    """
    email = Q(email_norm=Lower(Value(claim.email))) if claim.email else None
    for user in _listed(company, email):
        _refuse_managed(user, connector, EmailTaken(taken=(claim.email,)), own=True)
        return user
    name = Q(email_norm=Lower(Value(claim.user_name))) if "@" in claim.user_name else None
    for user in _listed(company, name):
        _refuse_managed(user, connector, UserNameTaken(user_name=claim.user_name), own=False)
        if not _is_described(user, connector):
            return user
    return next(_behind_entries(company, connector, claim), None)


def free_user_name(company: Company, claim: Claim, *, but: Entry | None = None) -> None:
    """Raise UserNameTaken where a resource of an existing connector of the company has this userName (R20)."""
    named = _living(company).filter(user_name_norm=Lower(Value(claim.user_name)), connector__removed_at__isnull=True)
    if but is not None:
        named = named.exclude(pk=but.pk)
    if named.exists():
        raise UserNameTaken(user_name=claim.user_name)


def retire(company: Company, claim: Claim, *, user: User | None = None) -> None:
    """Resources of removed connectors give up this userName and this person: nobody can delete them any more (R2)."""
    old = _living(company).filter(connector__removed_at__isnull=False)
    meant = Q(user_name_norm=Lower(Value(claim.user_name)))
    if user is not None:
        meant |= Q(user=user)
    ids = list(old.filter(meant).values_list("pk", flat=True))
    if ids:
        Entry.objects.filter(partner_id=company.partner_id, pk__in=ids).update(deleted_at=Now())


def added_again(company: Company, claim: Claim) -> User | None:
    """Whom somebody added by hand since the person of an entry was removed: that undoes the removal (R21)."""
    meant = [claim.email] if claim.email else []
    meant += [claim.user_name] if "@" in claim.user_name else []
    listed = User.objects.of_company(company).listed().filter(connector__isnull=True)
    found = (listed.filter(email_norm=Lower(Value(email))).first() for email in meant)
    return next((user for user in found if user is not None), None)


def is_by_directory(user: User) -> bool:
    """Whether a directory gave `user` its present status; if not, somebody did by hand, and that stands (R21).

    By hand it is too where a directory removed somebody who was Disabled by hand: no sync enables them by that detour.
    """
    changes = StatusChange.objects.filter(partner_id=user.partner_id, user=user).order_by("-pk")
    newest, *before = changes.values_list("door", "from_status")[:2]
    if newest == (Door.DIRECTORY, UserStatus.DISABLED) and before:
        return bool(before[0][0] == Door.DIRECTORY)
    return bool(newest[0] == Door.DIRECTORY)


def _behind_entries(company: Company, connector: Connector, claim: Claim) -> Iterator[User]:
    name = Q(user_name_norm=Lower(Value(claim.user_name)))
    entries = Entry.objects.filter(partner_id=company.partner_id, company_id=company.pk).select_related("user")
    for entry in entries.filter(name, deleted_at__isnull=True, connector__removed_at__isnull=False):
        if entry.user.status != UserStatus.REMOVED or not is_by_directory(entry.user):
            yield entry.user
    deleted = entries.filter(connector=connector, user__connector=connector, deleted_at__isnull=False)
    deleted = deleted.exclude(user__status=UserStatus.REMOVED).order_by("-deleted_at", "-pk")
    keys = [name, Q(external_id=claim.external_id)] if claim.external_id else [name]
    for key in keys:
        for entry in deleted.filter(key):
            if not _is_described(entry.user, connector):
                yield entry.user


def _listed(company: Company, meant: Q | None) -> list[User]:
    if meant is None:
        return []
    return list(User.objects.of_company(company).listed().filter(meant).select_related("connector"))


def _living(company: Company) -> QuerySet[Entry]:
    return Entry.objects.filter(partner_id=company.partner_id, company_id=company.pk, deleted_at__isnull=True)


def _is_described(user: User, connector: Connector) -> bool:
    return Entry.objects.of_connector(connector).filter(user=user).exists()


def _refuse_managed(user: User, connector: Connector, refusal: Refusal, *, own: bool) -> None:
    """`own` also refuses whom this connector describes by another entry already."""
    manager = user.connector
    if manager is None or manager.removed_at is not None:
        return
    if manager.pk != connector.pk or (own and _is_described(user, connector)):
        raise refusal
