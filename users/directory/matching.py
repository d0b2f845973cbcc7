"""Whom a directory means: is it somebody whom the company knows already (R9, R20, R21)?"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower, Now

from companies.models import Company
from licensing.errors import ConnectorGone, EmailTaken, UserNameTaken
from users.directory.claims import Claim
from users.directory.models import Connector, Entry
from users.enums import Door, UserStatus
from users.models import StatusChange, User

# By what somebody is known, the best first. Directories give a userName to somebody else more often than the others.
_BY_EMAIL_OR_ID, _BY_NAME_AS_EMAIL, _BY_NAME = range(3)

# Whether anything at all answers to the claim: rather too much than too little, for what it means is asked afterwards.
# Most people of a first sync are somebody new, and cost this one question.
_ACTING = """
    SELECT acting.*, EXISTS (
        SELECT FROM directory_entry WHERE partner_id = %(partner)s AND company_id = %(company)s
            AND user_name_norm = lower(%(name)s) AND deleted_at IS NULL
    ) OR EXISTS (
        SELECT FROM directory_entry WHERE partner_id = %(partner)s
            AND connector_id IN (SELECT id FROM directory_connector WHERE partner_id = %(partner)s
                AND company_id = %(company)s)
            AND user_name_norm = lower(%(name)s) AND deleted_at IS NOT NULL
    ) OR (%(key)s <> '' AND EXISTS (
        SELECT FROM directory_entry WHERE partner_id = %(partner)s
            AND connector_id IN (SELECT id FROM directory_connector WHERE partner_id = %(partner)s
                AND company_id = %(company)s)
            AND external_id = %(key)s
    )) OR EXISTS (
        SELECT FROM users_user WHERE partner_id = %(partner)s AND company_id = %(company)s AND email_norm <> ''
            AND email_norm IN (lower(%(email)s), lower(%(name)s)) AND status <> 'removed'
    ) OR EXISTS (
        SELECT FROM users_user WHERE partner_id = %(partner)s AND company_id = %(company)s AND email_norm <> ''
            AND email_norm IN (lower(%(email)s), lower(%(name)s)) AND status = 'removed' AND connector_id IS NOT NULL
    ) AS may_know
    FROM directory_connector AS acting
    WHERE partner_id = %(partner)s AND company_id = %(company)s AND id = %(connector)s AND removed_at IS NULL
"""


def acting_for(company: Company, connector: Connector, claim: Claim) -> tuple[Connector, bool]:
    """The connector as it stands now, and whether the company may know the person: if not, `match_of` finds nobody.

    Under the company's lock. Raises ConnectorGone where it was removed meanwhile, or is another company's.
    """
    said = {
        "partner": company.partner_id,
        "company": company.pk,
        "connector": connector.pk,
        "name": claim.user_name,
        "email": claim.email,
        "key": claim.external_id,
    }
    for now in Connector.objects.raw(_ACTING, said):
        return now, bool(vars(now)["may_know"])
    raise ConnectorGone(connector_id=connector.pk)


def match_of(company: Company, connector: Connector, claim: Claim) -> User | None:
    """The user whom `claim` means, to be linked to a new entry; None for somebody new. Under the company's lock.

    Asked in this order: the claim's e-mail; its userName, where that is somebody's e-mail; its userName among the
    entries of removed connectors; its userName, then its externalId, among the entries that this connector deleted.
    All these are on the Users tab, or behind an entry that nobody deleted. Then those who were removed: whom somebody
    removed or rejected by hand, or disabled before the directory removed them, is meant, and stays so (R21), until
    somebody undoes it; whom the directory itself removed is a new claim (R8).

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
        or _out_by_hand(company, connector, claim)
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
    return _are_by_directory(changes[:2])


def _are_by_directory(changes: Iterable[StatusChange]) -> bool:
    """The same, of somebody's changes, the newest first."""
    newest, *before = changes
    if newest.door == Door.DIRECTORY and newest.from_status == UserStatus.DISABLED and before:
        return before[0].door == Door.DIRECTORY
    return newest.door == Door.DIRECTORY


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


@dataclass(frozen=True, slots=True)
class _Gone:
    """Somebody who is not on the Users tab any more. Numbers of status changes tell what was first."""

    user: User
    likeness: int
    removed: int
    """The number of the change that removed them."""
    taken_in: int
    """That of the last one by which somebody, and no directory, took them in; 0 if nobody did."""
    is_by_hand: bool


def _out_by_hand(company: Company, connector: Connector, claim: Claim) -> User | None:
    """Whom a directory of this company brought, who is not on the Users tab any more, and not by a directory's will.

    Known by e-mail; by userName, also that of a deleted entry; by externalId, which tells people apart within this
    connector and those that were removed. They stay out, whoever else was removed later, until somebody takes them
    back: adds them again, known by at least as much. Of several, those known by the most are meant; of these the one
    removed last.
    """
    gone = _gone(company, connector, claim)
    out = [one for one in gone if one.is_by_hand and not _is_taken_back(one, gone)]
    if not out:
        return None
    user = min(out, key=lambda one: (one.likeness, -one.removed)).user
    living = _described_by(user)
    if living is not None and living.connector.removed_at is None:
        raise EmailTaken(taken=(claim.email,)) if claim.email else UserNameTaken(user_name=claim.user_name)
    return user


def _is_taken_back(one: _Gone, gone: list[_Gone]) -> bool:
    return any(other.taken_in > one.removed and other.likeness <= one.likeness for other in gone)


def _gone(company: Company, connector: Connector, claim: Claim) -> list[_Gone]:
    """Whoever was removed and could be meant: those known by an e-mail, or an entry. Three questions at most."""
    called = _called(company, connector, claim)
    emails = {_BY_EMAIL_OR_ID: claim.email, _BY_NAME_AS_EMAIL: claim.user_name if "@" in claim.user_name else ""}
    alike = {likeness: Q(email_norm=Lower(Value(email))) for likeness, email in emails.items() if email}
    users = User.objects.of_company(company).filter(
        reduce(or_, alike.values(), Q(pk__in=list(called))),
        status=UserStatus.REMOVED,
        connector__isnull=False,
        erased_at__isnull=True,
    )
    likeness = Case(*(When(is_alike, then=Value(how)) for how, is_alike in alike.items()), default=Value(_BY_NAME))
    found = {user.pk: user for user in users.annotate(likeness=likeness)}
    return [
        _Gone(
            user=found[pk],
            likeness=min(vars(found[pk])["likeness"], called.get(pk, _BY_NAME)),
            removed=changes[0].pk,
            taken_in=next((change.pk for change in changes if _takes_in(change)), 0),
            is_by_hand=not _are_by_directory(changes),
        )
        for pk, changes in _histories(company, list(found)).items()
    ]


def _histories(company: Company, users: list[int]) -> dict[int, list[StatusChange]]:
    """The changes of each of them, the newest first."""
    histories: dict[int, list[StatusChange]] = {pk: [] for pk in users}
    if users:
        for change in StatusChange.objects.filter(partner_id=company.partner_id, user__in=users).order_by("-pk"):
            histories[change.user_id].append(change)
    return histories


def _takes_in(change: StatusChange) -> bool:
    return change.from_status in {"", UserStatus.REMOVED} and change.door != Door.DIRECTORY


def _called(company: Company, connector: Connector, claim: Claim) -> dict[int, int]:
    """Of whom an entry has the claim's userName or externalId, by the user's id: which of the two."""
    connectors = Connector.objects.of_company(company)
    entries = Entry.objects.filter(partner_id=company.partner_id)
    named = entries.filter(
        connector__in=connectors, deleted_at__isnull=False, user_name_norm=Lower(Value(claim.user_name))
    )
    found = named.values_list("user_id", Value(_BY_NAME))
    if claim.external_id:
        own = connectors.filter(Q(pk=connector.pk) | Q(removed_at__isnull=False))
        keyed = entries.filter(connector__in=own, external_id=claim.external_id)
        found = found.union(keyed.values_list("user_id", Value(_BY_EMAIL_OR_ID)))
    # Whoever has both is known by the better one.
    return dict(sorted(found, key=lambda row: -row[1]))


def _listed(company: Company, email: str) -> User | None:
    listed = User.objects.of_company(company).listed().select_related("connector")
    return listed.filter(email_norm=Lower(Value(email))).first()


def _is_managed(user: User) -> bool:
    return user.connector is not None and user.connector.removed_at is None


def _named(company: Company, claim: Claim) -> Entry | None:
    living = Entry.objects.filter(partner_id=company.partner_id, company_id=company.pk, deleted_at__isnull=True)
    return living.filter(user_name_norm=Lower(Value(claim.user_name))).select_related("connector", "user").first()


def _described_by(user: User) -> Entry | None:
    living = Entry.objects.filter(partner_id=user.partner_id, user=user, deleted_at__isnull=True)
    return living.select_related("connector").first()


def _retire(company: Company, ids: set[int]) -> None:
    Entry.objects.filter(partner_id=company.partner_id, pk__in=ids).update(deleted_at=Now())
