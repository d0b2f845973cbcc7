"""Whom a directory means: is it somebody whom the company knows already (R9, R20, R21)?"""

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower, Now

from companies.models import Company
from licensing.errors import ConnectorGone, EmailTaken, UserNameTaken
from users.directory.claims import Claim
from users.directory.models import Connector, Entry
from users.enums import Door, UserStatus
from users.models import StatusChange, User

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


def _out_by_hand(company: Company, connector: Connector, claim: Claim) -> User | None:
    """Whom a directory of this company brought, who is not on the Users tab any more, and not by a directory's will.

    Known by e-mail; by userName, also that of a deleted entry; by externalId, which tells people apart within this
    connector and those that were removed. Of several the one removed last is meant: coming in undid what was before.
    """
    gone = User.objects.of_company(company).filter(
        status=UserStatus.REMOVED, connector__isnull=False, erased_at__isnull=True
    )
    meant = Q(pk__in=_called(company, connector, claim))
    if claim.email:
        meant |= Q(email_norm=Lower(Value(claim.email)))
    if "@" in claim.user_name:
        meant |= Q(email_norm=Lower(Value(claim.user_name)))
    found = {user.pk: user for user in gone.filter(meant)}
    changes = StatusChange.objects.filter(partner_id=company.partner_id, user__in=list(found)) if found else None
    latest = changes.order_by("-pk").first() if changes is not None else None
    user = found[latest.user_id] if latest is not None else None
    if user is None or is_by_directory(user):
        return None
    living = _described_by(user)
    if living is not None and living.connector.removed_at is None:
        raise EmailTaken(taken=(claim.email,)) if claim.email else UserNameTaken(user_name=claim.user_name)
    return user


def _called(company: Company, connector: Connector, claim: Claim) -> list[int]:
    connectors = Connector.objects.of_company(company)
    entries = Entry.objects.filter(partner_id=company.partner_id)
    named = entries.filter(
        connector__in=connectors, deleted_at__isnull=False, user_name_norm=Lower(Value(claim.user_name))
    )
    if not claim.external_id:
        return list(named.values_list("user_id", flat=True))
    own = connectors.filter(Q(pk=connector.pk) | Q(removed_at__isnull=False))
    keyed = entries.filter(connector__in=own, external_id=claim.external_id)
    return list(named.values_list("user_id", flat=True).union(keyed.values_list("user_id", flat=True)))


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
