"""What directories say, whichever way it comes (R6, R9, R20 to R22): bring a person, change one, delete one.

A door of directories translates and calls these three. Each is one transaction under the company's lock, within a scope
that the caller has opened; each writes history, audit, and what became of the person in the connector's present run.

What is done to a person is asked of the rules behind every door: let in by users/provisioning.py, taken away by
users/withdrawals.py. Over the connector's threshold nothing is taken away: it is held (users/directory/held.py, R22).
That includes the last one whom a connector manages, unless it manages one only.

All three raise ConnectorGone, ConnectorPaused, CompanyClosed, Busy.
"""

from typing import Any

from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.errors import ConnectorPaused, EntryChanged, EntryGone
from licensing.locks import locked
from licensing.seats import enable_users
from licensing.selection import acting
from users.directory.claims import Claim as Claim
from users.directory.claims import accepted_claim
from users.directory.enums import OutcomeKind
from users.directory.held import end_held, hold, is_beyond_threshold, is_held
from users.directory.matching import acting_for, added_again, free_user_name, is_by_directory, match_of
from users.directory.models import Connector, Entry
from users.directory.runs import note
from users.directory.standing import (
    BY_HAND,
    CHANGE_HELD,
    DELETED_THERE,
    DISABLED_THERE,
    LEFT_SCOPE,
    PRIMARY_USER,
    why_waiting,
)
from users.enums import Door, UserStatus, Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import follow_directory, let_in, rejoin_line
from users.takeover import link_to_directory
from users.uniqueness import refuse_clashes
from users.withdrawals import drop_wish, withdraw_all, would_change


def bring(connector: Connector, claim: Claim) -> Entry:
    """A person whom the directory brings, as a new entry; never refused for lack of seats (R6).

    Somebody new takes an available seat or waits; whoever arrives inactive waits without a place (R20). Somebody whom
    the company knows is linked instead (users/directory/matching.py says who that is): the same user with seat, status
    and history; names and e-mail follow the directory, as far as it says any (R21). Of a person who is linked again
    after this connector deleted them, its own deed is undone: Disabled by it becomes Active (R8); whom it removed is a
    new claim, and so a new user. Who was removed or rejected by hand stays so, and is linked to that (R21).

    Raises UserNameTaken, EmailTaken for somebody whom a connector manages already; InvalidPerson for what cannot be
    stored.
    """
    claim = accepted_claim(claim)
    with locked(connector.company) as company:
        connector, may_know = acting_for(company, connector, claim)
        connector = _unpaused(company, connector)
        known = match_of(company, connector, claim) if may_know else None
        if known is not None:
            return _link(company, connector, known, claim)
        (user,) = let_in(company, connector, people=[claim.person], active=claim.active)
        entry = _new_entry(connector, user, claim)
        _note_arrival(connector, entry)
        return entry


def change(entry: Entry, claim: Claim, *, expected: int | None = None) -> Entry:
    """The whole new state of an entry. Only what differs is written: the same again writes nothing at all.

    Names, e-mail, userName follow the directory (R9). `active` switched off does what the connector's rule for that
    says, or is held; the entry repeats what was asked, and stays until it is deleted, whatever became of the person
    (R20). Switched on, it undoes what the directory itself did, and nothing that was done by hand (R21): whoever waits
    without a place joins the end of the line, Disabled becomes Active, a held change is void, the wish about a primary
    user is dropped (R18); where the person was removed by the directory it is a new claim (R8): the entry then stands
    for a new user, and the former one keeps its history. A person who was removed, and whom somebody added again by
    hand since, is taken over, whatever was said.

    Raises EntryGone, EntryChanged where the version is not `expected`, UserNameTaken, EmailTaken, InvalidPerson.
    """
    claim = accepted_claim(claim)
    with locked(entry.connector.company) as company:
        entry = _living(company, entry, expected=expected)
        connector = entry.connector
        if entry.user_name != claim.user_name:
            free_user_name(company, claim, by=entry)
        was_active, had_left = entry.active, entry.has_left
        is_linked = _link_again(company, connector, entry, claim)
        changed = _take_over(entry, claim)
        code = None
        if claim.active and not was_active:
            code = _take_back(company, connector, entry, claim)
        elif not claim.active and (was_active or is_linked or (claim.has_left and not had_left)):
            code = _take_away(company, connector, entry, claim)
        is_renamed = follow_directory(company, entry.user, claim.person, by=connector)
        if not (changed or is_renamed or is_linked):
            return entry
        is_edited = bool(changed - {"active", "has_left"})
        if is_edited and not is_renamed:
            record(company, Act.USERS_CHANGED, by=connector, users=[entry.user_id], count=1)
        if is_edited or is_renamed or code is not None:
            note(connector, entry, OutcomeKind.CHANGED, code=code or "")
        entry.version += 1
        entry.modified_at = Now()
        entry.save(update_fields=[*_said(claim), "user", "version", "modified_at"])
        # Names and e-mail are at hand; only a status is written past the user that was read.
        return _fresh(entry) if is_linked or changed & {"active", "has_left"} else entry


def delete(entry: Entry, *, expected: int | None = None) -> None:
    """The directory deleted the resource: its id is gone and its userName free; the person gets what the rule says.

    The primary user stays, and the company notes the wish (R18). Raises EntryGone, EntryChanged.
    """
    with locked(entry.connector.company) as company:
        entry = _living(company, entry, expected=expected)
        connector = entry.connector
        entry.deleted_at = Now()
        entry.version += 1
        entry.save(update_fields=["deleted_at", "version"])
        code = _take_away(company, connector, entry)
        if code is not None:
            note(connector, entry, OutcomeKind.CHANGED, code=code)


def _link(company: Company, connector: Connector, user: User, claim: Claim) -> Entry:
    is_own = user.connector_id == connector.pk
    if not is_own:
        link_to_directory(company, user, by=connector)
    entry = _new_entry(connector, user, claim)
    follow_directory(company, user, _as_far_as_said(claim, user), by=connector)
    note(connector, entry, OutcomeKind.LINKED)
    if not claim.active:
        _take_away(company, connector, entry, claim)
    elif is_own or user.is_inactive_in_directory or user.pk == company.primary_user_id:
        _take_back(company, connector, entry, claim)
    else:
        end_held(user)
    return _fresh(entry)


def _link_again(company: Company, connector: Connector, entry: Entry, claim: Claim) -> bool:
    user = added_again(company, claim) if entry.user.status == UserStatus.REMOVED else None
    if user is None:
        return False
    link_to_directory(company, user, by=connector)
    entry.user = user
    note(connector, entry, OutcomeKind.LINKED)
    return True


def _take_away(company: Company, connector: Connector, entry: Entry, claim: Claim | None = None) -> str | None:
    """Do what the rule says for the person of `entry`, or hold it, and note that; without a claim it was deleted.

    Returns a code where nothing comes of it: the person is gone already, or is the primary user (R18).
    """
    how, code = _rule(connector, claim)
    user = entry.user
    if not would_change(company, user, how=how):
        end_held(user)
        return PRIMARY_USER if user.pk == company.primary_user_id else code if is_by_directory(user) else BY_HAND
    if user.pk == company.primary_user_id:
        withdraw_all(company, [user], how=how, by=connector)
        return PRIMARY_USER
    if is_held(user) or is_beyond_threshold(connector, user):
        hold(company, entry, how=how, code=code, by=connector)
        return None
    withdraw_all(company, [user], how=how, by=connector)
    note(connector, entry, OutcomeKind.REMOVED if how == Withdrawal.REMOVE else OutcomeKind.DISABLED, code=code)
    return None


def _rule(connector: Connector, claim: Claim | None) -> tuple[Withdrawal, str]:
    if claim is None:
        return Withdrawal(connector.on_deleted), DELETED_THERE
    if claim.has_left:
        return Withdrawal(connector.on_left), LEFT_SCOPE
    return Withdrawal(connector.on_disabled), DISABLED_THERE


def _take_back(company: Company, connector: Connector, entry: Entry, claim: Claim) -> str | None:
    """Undo what the directory did to the person of `entry`, and note that. Returns a code where nothing comes of it."""
    user = entry.user
    was_held = end_held(user)
    if user.pk == company.primary_user_id:
        drop_wish(company, by=connector)
        return PRIMARY_USER
    if user.is_inactive_in_directory:
        rejoin_line(company, user)
        user.refresh_from_db()
        _note_arrival(connector, entry)
        return None
    if user.status in {UserStatus.ACTIVE, UserStatus.PENDING}:
        return CHANGE_HELD if was_held else ""
    if not is_by_directory(user):
        return BY_HAND
    if user.status == UserStatus.DISABLED:
        enable_users(company, users=[user.pk], by=connector, door=Door.DIRECTORY)
        note(connector, entry, OutcomeKind.ENABLED)
        return None
    refuse_clashes(company, [claim.email])
    (entry.user,) = let_in(company, connector, people=[claim.person])
    _note_arrival(connector, entry)
    return None


def _unpaused(company: Company, connector: Connector) -> Connector:
    if connector.paused_at is not None:
        raise ConnectorPaused(connector_id=connector.pk)
    connector.company = company
    return connector


def _living(company: Company, entry: Entry, *, expected: int | None) -> Entry:
    """The entry as it stands now, with its user, and its connector if that may write: one question."""
    own = Entry.objects.of_connector(entry.connector).select_related("user", "connector")
    now = own.filter(pk=entry.pk, connector__removed_at__isnull=True).first()
    if now is None:
        _unpaused(company, acting(company, entry.connector))
        raise EntryGone(scim_id=str(entry.scim_id))
    now.connector = _unpaused(company, now.connector)
    if expected is not None and expected != now.version:
        raise EntryChanged(expected=expected, version=now.version)
    return now


def _new_entry(connector: Connector, user: User, claim: Claim) -> Entry:
    return Entry.objects.create(
        partner_id=connector.partner_id, company_id=connector.company_id, connector=connector, user=user, **_said(claim)
    )


def _take_over(entry: Entry, claim: Claim) -> set[str]:
    """Set what the entry itself keeps of the claim, to be saved later. Returns the names of the fields that differ."""
    said = _said(claim)
    changed = {field for field, value in said.items() if getattr(entry, field) != value}
    for field, value in said.items():
        setattr(entry, field, value)
    return changed


def _said(claim: Claim) -> dict[str, Any]:
    return {
        "user_name": claim.user_name,
        "external_id": claim.external_id,
        "active": claim.active,
        "has_left": claim.has_left,
        "attributes": claim.attributes,
    }


def _as_far_as_said(claim: Claim, user: User) -> Person:
    return Person(claim.first_name or user.first_name, claim.last_name or user.last_name, claim.email or user.email)


def _note_arrival(connector: Connector, entry: Entry) -> None:
    if entry.user.status == UserStatus.ACTIVE:
        note(connector, entry, OutcomeKind.ADDED)
    else:
        note(connector, entry, OutcomeKind.WAITING, code=why_waiting(entry.user))


def _fresh(entry: Entry) -> Entry:
    return Entry.objects.select_related("user", "connector__company").get(partner_id=entry.partner_id, pk=entry.pk)
