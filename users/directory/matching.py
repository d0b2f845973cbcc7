"""Whom a directory means: is it somebody whom the company knows already (R9, R20, R21)?"""

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower, Now

from companies.models import Company
from licensing.errors import EmailTaken, UserNameTaken
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

    Raises UserNameTaken where an entry of an existing connector has the userName (R20); EmailTaken or UserNameTaken
    where another existing connector manages the match, or this one does already.
    """
    named = _named(company, claim)
    if named is not None and named.connector.removed_at is None:
        raise UserNameTaken(user_name=claim.user_name)
    user = (
        _by_email(company, connector, claim)
        or _by_user_name(company, connector, claim)
        or _behind(named)
        or _deleted(connector, claim)
    )
    old = {entry.pk for entry in (named, user and _described_by(user)) if entry}
    if old:
        _retire(company, old)
    return user


def free_user_name(company: Company, claim: Claim, *, by: Entry) -> None:
    """Make sure that the entry `by` can have the claim's userName, whatever its case (R20).

    Raises UserNameTaken where another one has it; that of a removed connector gives it up, for nobody can delete it any
    more (R2).
    """
    named = _named(company, claim)
    if named is None or named.pk == by.pk:
        return
    if named.connector.removed_at is None:
        raise UserNameTaken(user_name=claim.user_name)
    _retire(company, {named.pk})


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


def _by_email(company: Company, connector: Connector, claim: Claim) -> User | None:
    user = _listed(company, claim.email) if claim.email else None
    if user is not None and _is_managed(user) and (user.connector_id != connector.pk or _described_by(user)):
        raise EmailTaken(taken=(claim.email,))
    return user


def _by_user_name(company: Company, connector: Connector, claim: Claim) -> User | None:
    """This connector may call somebody by what is the e-mail of another person of its own: no match, no clash."""
    if "@" not in claim.user_name or claim.user_name == claim.email:
        return None
    user = _listed(company, claim.user_name)
    if user is None or not _is_managed(user):
        return user
    if user.connector_id != connector.pk:
        raise UserNameTaken(user_name=claim.user_name)
    return None if _described_by(user) else user


def _behind(named: Entry | None) -> User | None:
    """The person of a removed connector's entry, unless that connector had removed them."""
    if named is None or (named.user.status == UserStatus.REMOVED and is_by_directory(named.user)):
        return None
    return named.user


def _deleted(connector: Connector, claim: Claim) -> User | None:
    name, key = Q(user_name_norm=Lower(Value(claim.user_name))), Q(external_id=claim.external_id)
    entries = Entry.objects.filter(
        name | key if claim.external_id else name,
        partner_id=connector.partner_id,
        connector=connector,
        deleted_at__isnull=False,
        user__connector=connector,
    ).exclude(user__status=UserStatus.REMOVED)
    # By userName first, then by externalId; the latest of each.
    found = entries.annotate(is_named=Case(When(name, then=1), default=0)).order_by("-is_named", "-deleted_at", "-pk")
    return next((entry.user for entry in found.select_related("user") if not _described_by(entry.user)), None)


def _listed(company: Company, email: str) -> User | None:
    listed = User.objects.of_company(company).listed().select_related("connector")
    return listed.filter(email_norm=Lower(Value(email))).first()


def _is_managed(user: User) -> bool:
    return user.connector is not None and user.connector.removed_at is None


def _named(company: Company, claim: Claim) -> Entry | None:
    living = Entry.objects.filter(partner_id=company.partner_id, company_id=company.pk, deleted_at__isnull=True)
    return living.filter(user_name_norm=Lower(Value(claim.user_name))).select_related("connector", "user").first()


def _described_by(user: User) -> Entry | None:
    return Entry.objects.filter(partner_id=user.partner_id, user=user, deleted_at__isnull=True).first()


def _retire(company: Company, ids: set[int]) -> None:
    Entry.objects.filter(partner_id=company.partner_id, pk__in=ids).update(deleted_at=Now())
