"""What people read of a refusal: text made from its data, in their language, for every door alike."""

from functools import singledispatch

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing import errors
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from portal.web.texts import listed, listed_facts, together


@singledispatch
def sentence(refusal: errors.Refusal) -> str:
    """One or two sentences: what stands in the way, with the numbers, and what would help."""
    return _("This is not possible (%(code)s).") % {"code": refusal.code}


@sentence.register
def _no_seats(refusal: errors.NoSeatsAvailable) -> str:
    return together(shortage(refusal), _("Add seats or remove users, then try again."))


def shortage(refusal: errors.NoSeatsAvailable) -> str:
    """The numbers alone: what would help depends on who asks."""
    # Translators: the first of three clauses about seats: "5 seats are needed, 2 are available, 3 are missing"
    needed = ngettext("%(count)d seat is needed", "%(count)d seats are needed", refusal.needed) % {
        "count": refusal.needed
    }
    # Translators: the second of three clauses about seats: "5 seats are needed, 2 are available, 3 are missing"
    available = ngettext("%(count)d is available", "%(count)d are available", refusal.available) % {
        "count": refusal.available
    }
    # Translators: the last of three clauses about seats: "5 seats are needed, 2 are available, 3 are missing"
    short = ngettext("%(count)d is missing", "%(count)d are missing", refusal.shortfall) % {"count": refusal.shortfall}
    # Translators: three clauses with their numbers: "5 seats are needed", "2 are available", "3 are missing"
    return _("Not enough seats: %(needed)s, %(available)s, %(short)s.") % {
        "needed": needed,
        "available": available,
        "short": short,
    }


@sentence.register
def _not_enough_waiting(refusal: errors.NotEnoughWaiting) -> str:
    most = max(min(refusal.waiting, refusal.available), 0)
    # Translators: people who wait for approval; a clause of "9 cannot be approved: 3 are waiting and 2 seats are …"
    waiting = ngettext("%(count)d is waiting", "%(count)d are waiting", refusal.waiting) % {"count": refusal.waiting}
    available = ngettext("%(count)d seat is available", "%(count)d seats are available", refusal.available) % {
        "count": refusal.available
    }
    text = ngettext(
        # Translators: people; %(waiting)s is "3 are waiting", %(available)s is "2 seats are available"
        "%(requested)d cannot be approved: %(waiting)s and %(available)s, so at most %(most)d.",
        "%(requested)d cannot be approved: %(waiting)s and %(available)s, so at most %(most)d.",
        refusal.requested,
    )
    return text % {
        "requested": refusal.requested,
        "waiting": waiting,
        "available": available,
        "most": most,
    }


@sentence.register
def _pool_below_used(refusal: errors.PoolBelowUsed) -> str:
    # Translators: seats; a clause of "40 seats are too few: 42 are used."
    used = ngettext("%(count)d is used", "%(count)d are used", refusal.used) % {"count": refusal.used}
    return ngettext(
        # Translators: %(used)s is the clause "42 are used"
        "%(requested)d seat is too few: %(used)s. Only unused seats can be taken away; remove users first.",
        "%(requested)d seats are too few: %(used)s. Only unused seats can be taken away; remove users first.",
        refusal.requested,
    ) % {"requested": refusal.requested, "used": used}


@sentence.register
def _seats_out_of_range(refusal: errors.SeatsOutOfRange) -> str:
    return _("Enter a whole number of seats from %(least)d to %(most)d.") % {
        "least": refusal.least,
        "most": refusal.most,
    }


@sentence.register
def _downgrade_blocked(refusal: errors.DowngradeBlocked) -> str:
    return _("The company cannot go to Standard yet: %(blockers)s.") % {"blockers": _listed(refusal.blockers)}


@sentence.register
def _closing_blocked(refusal: errors.ClosingBlocked) -> str:
    return _("The company cannot be closed yet: %(blockers)s.") % {"blockers": _listed(refusal.blockers)}


@sentence.register
def _tier_required(refusal: errors.TierRequired) -> str:
    tier = Tier(refusal.tier).label
    if refusal.subject == "connector":
        return _("Connectors need the tier %(tier)s.") % {"tier": tier}
    return _("This policy needs the tier %(tier)s.") % {"tier": tier}


@sentence.register
def _primary_user(refusal: errors.PrimaryUserProtected) -> str:
    if refusal.act == "disable":
        return _("The primary user cannot be disabled. Transfer the role to another Active user first.")
    return _("The primary user cannot be removed. Transfer the role to another Active user first.")


@sentence.register
def _stale(refusal: errors.Stale) -> str:
    return ngettext(
        "Somebody changed this license meanwhile: it is now %(seats)d seat on %(tier)s. Look at the change, then save "
        "again if you still want yours.",
        "Somebody changed this license meanwhile: it is now %(seats)d seats on %(tier)s. Look at the change, then save "
        "again if you still want yours.",
        refusal.seats,
    ) % {"seats": refusal.seats, "tier": Tier(refusal.tier).label}


@sentence.register
def _company_closed(refusal: errors.CompanyClosed) -> str:
    return _("This company was closed meanwhile. Nothing was changed.")


@sentence.register
def _company_open(refusal: errors.CompanyOpen) -> str:
    return _("This company is open already.")


@sentence.register
def _name_mismatch(refusal: errors.NameMismatch) -> str:
    return _("What you typed is not the company's name.")


@sentence.register
def _company_name_taken(refusal: errors.CompanyNameTaken) -> str:
    return _("A company named “%(name)s” exists already.") % {"name": refusal.name}


@sentence.register
def _connector_name_taken(refusal: errors.ConnectorNameTaken) -> str:
    return _("A connector named “%(name)s” exists already.") % {"name": refusal.name}


@sentence.register
def _connector_gone(refusal: errors.ConnectorGone) -> str:
    return _("This connector was removed.")


_WRONG_STATUS = {
    "approve": lambda count: ngettext(
        "%(count)d of the chosen users is not waiting for approval.",
        "%(count)d of the chosen users are not waiting for approval.",
        count,
    ),
    "disable": lambda count: ngettext(
        "%(count)d of the chosen users holds no seat and cannot be disabled.",
        "%(count)d of the chosen users hold no seat and cannot be disabled.",
        count,
    ),
    "enable": lambda count: ngettext(
        "%(count)d of the chosen users is waiting for approval and cannot be enabled.",
        "%(count)d of the chosen users are waiting for approval and cannot be enabled.",
        count,
    ),
    "make_primary": lambda count: _("Only an Active user can become the primary user."),
    "reject": lambda count: ngettext(
        "%(count)d of the chosen users is not waiting for approval and cannot be rejected.",
        "%(count)d of the chosen users are not waiting for approval and cannot be rejected.",
        count,
    ),
    "undo_rejection": lambda count: ngettext(
        "%(count)d of the chosen users was not rejected.",
        "%(count)d of the chosen users were not rejected.",
        count,
    ),
}


@sentence.register
def _wrong_status(refusal: errors.WrongStatus) -> str:
    count = len(refusal.user_ids)
    return _WRONG_STATUS[refusal.act](count) % {"count": count}


@sentence.register
def _user_gone(refusal: errors.UserGone) -> str:
    count = len(refusal.user_ids)
    return ngettext(
        "%(count)d of the chosen users is not at this company any more.",
        "%(count)d of the chosen users are not at this company any more.",
        count,
    ) % {"count": count}


@sentence.register
def _email_taken(refusal: errors.EmailTaken) -> str:
    taken = ngettext(
        "This e-mail is in use at the company already: %(emails)s",
        "These %(count)d e-mails are in use at the company already: %(emails)s",
        len(refusal.taken),
    ) % _some(refusal.taken)
    twice = ngettext(
        "This e-mail stands twice: %(emails)s", "These %(count)d e-mails stand twice: %(emails)s", len(refusal.twice)
    ) % _some(refusal.twice)
    if refusal.taken and refusal.twice:
        return _("%(taken)s. %(twice)s") % {"taken": taken, "twice": twice}
    return taken if refusal.taken else twice


def _some(emails: tuple[str, ...]) -> dict[str, object]:
    return {"count": len(emails), "emails": listed(emails[:5]) + (" …" if len(emails) > 5 else "")}


@sentence.register
def _invalid_person(refusal: errors.InvalidPerson) -> str:
    return _("Person %(number)d is incomplete or wrong.") % {"number": refusal.position + 1}


@sentence.register
def _invalid_name(refusal: errors.InvalidName) -> str:
    return {
        "required": _("Give a name."),
        "too_long": _("This name is too long."),
    }.get(refusal.error, _("Take out the control characters."))


@sentence.register
def _invalid_parameters(refusal: errors.InvalidParameters) -> str:
    return _("Fill in what the policy asks for.")


@sentence.register
def _managed_by_directory(refusal: errors.ManagedByDirectory) -> str:
    return _("This user is managed by a directory and is edited there.")


@sentence.register
def _email_missing(refusal: errors.EmailMissing) -> str:
    return _("Whoever is managed in the portal needs an e-mail. Remove the user, then add the person again with one.")


@sentence.register
def _still_managed(refusal: errors.StillManaged) -> str:
    count = len(refusal.user_ids)
    return ngettext(
        "%(count)d of the chosen users is managed by a directory. Remove its connector first.",
        "%(count)d of the chosen users are managed by a directory. Remove its connector first.",
        count,
    ) % {"count": count}


@sentence.register
def _people_incomplete(refusal: errors.PeopleIncomplete) -> str:
    count = len(refusal.user_ids)
    return ngettext(
        "%(count)d of the chosen users has no e-mail or lacks a name, which whoever is managed in the portal needs. "
        "Leave this user out, or complete the names under “Edit”.",
        "%(count)d of the chosen users have no e-mail or lack a name, which whoever is managed in the portal needs. "
        "Leave these users out, or complete the names under “Edit”.",
        count,
    ) % {"count": count}


@sentence.register
def _gone_from_directory(refusal: errors.GoneFromDirectory) -> str:
    count = len(refusal.user_ids)
    return ngettext(
        "%(count)d of the chosen users is not in the directory any more. Whoever comes back there arrives by itself.",
        "%(count)d of the chosen users are not in the directory any more. Whoever comes back there arrives by itself.",
        count,
    ) % {"count": count}


@sentence.register
def _confirmation_needed(refusal: errors.ConfirmationNeeded) -> str:
    return _("Switching this off deletes the backups of all business items. Confirm that this is what you want.")


@sentence.register
def _busy(refusal: errors.Busy) -> str:
    return _("Others are working on this company at the moment. Nothing was changed; try again in a few seconds.")


@sentence.register
def _last_admin(refusal: errors.LastAdmin) -> str:
    return _("This is the last Admin. Make somebody else an Admin first.")


@sentence.register
def _account_exists(refusal: errors.AccountExists) -> str:
    return _("%(email)s is a colleague already.") % {"email": refusal.email}


@sentence.register
def _email_in_use(refusal: errors.EmailInUse) -> str:
    return _("This e-mail signs in to another account already. Ask for an invitation to another address of yours.")


@sentence.register
def _account_gone(refusal: errors.AccountGone) -> str:
    return _("This account was withdrawn.")


@sentence.register
def _invitation_gone(refusal: errors.InvitationGone) -> str:
    return _("This invitation is no longer valid. Ask for a new one.")


@sentence.register
def _companies_not_found(refusal: errors.CompaniesNotFound) -> str:
    count = len(refusal.company_ids)
    return ngettext(
        "%(count)d of the chosen companies is no longer there.",
        "%(count)d of the chosen companies are no longer there.",
        count,
    ) % {"count": count}


@sentence.register
def _user_not_removed(refusal: errors.UserNotRemoved) -> str:
    return _("Only the personal data of removed users can be erased. Remove the user first.")


@sentence.register
def _partner_name_taken(refusal: errors.PartnerNameTaken) -> str:
    return _("A partner named “%(name)s” exists already.") % {"name": refusal.name}


@sentence.register
def _user_name_taken(refusal: errors.UserNameTaken) -> str:
    return _("The user name “%(user_name)s” is in use at the company already.") % {"user_name": refusal.user_name}


@sentence.register
def _connector_paused(refusal: errors.ConnectorPaused) -> str:
    return _("This connector is paused. Resume it in the portal, then try again.")


@sentence.register
def _entry_gone(refusal: errors.EntryGone) -> str:
    return _("The directory has deleted this user.")


@sentence.register
def _entry_changed(refusal: errors.EntryChanged) -> str:
    return _("This user was changed meanwhile: you know version %(expected)d, it is at %(version)d. Read it again.") % {
        "expected": refusal.expected,
        "version": refusal.version,
    }


def blocker_text(blocker: Blocker) -> str:
    """One blocker with its count, as part of a list."""
    texts = {
        BlockerKind.POLICIES: ngettext(
            "%(count)d Advanced policy is on", "%(count)d Advanced policies are on", blocker.count
        ),
        BlockerKind.CONNECTORS: ngettext("%(count)d connector exists", "%(count)d connectors exist", blocker.count),
        BlockerKind.USERS: ngettext(
            "%(count)d user is left beside the primary user",
            "%(count)d users are left beside the primary user",
            blocker.count,
        ),
        BlockerKind.WAITING: ngettext(
            "%(count)d user is pending approval", "%(count)d users are pending approval", blocker.count
        ),
    }
    return texts[blocker.kind] % {"count": blocker.count}


def seated_text(count: int) -> str:
    """How many came in by automatic filling, told to whoever made the seats available (R7)."""
    return ngettext(
        "%(count)d user came in from the waiting line.", "%(count)d users came in from the waiting line.", count
    ) % {"count": count}


def _listed(blockers: tuple[Blocker, ...]) -> str:
    return listed_facts(blocker_text(blocker) for blocker in blockers)
