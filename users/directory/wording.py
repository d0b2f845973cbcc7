"""How connectors fare and what became of people, in sentences. The data is made elsewhere; here it is translated."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from licensing.errors import (
    Busy,
    CompanyClosed,
    ConnectorPaused,
    EmailTaken,
    EntryChanged,
    EntryGone,
    InvalidPerson,
    UserNameTaken,
)
from portal.web.texts import together
from users.directory import standing
from users.directory.held import CONFIRMED
from users.directory.models import Connector, Outcome
from users.directory.queries import Health, State
from users.enums import Withdrawal

_DAY_AND_TIME = "DATETIME_FORMAT"

_REASONS = {
    "": "",
    standing.NONE: "",
    standing.NO_SEAT: gettext_lazy("no seat was available"),
    standing.CONNECTOR_ASKS: gettext_lazy("the connector asks for approval"),
    standing.INACTIVE: gettext_lazy("inactive in the directory"),
    standing.DISABLED_THERE: pgettext_lazy("why something was done to a person", "disabled in the directory"),
    standing.DELETED_THERE: pgettext_lazy("why something was done to a person", "deleted in the directory"),
    standing.LEFT_SCOPE: gettext_lazy("left the group that is synchronized"),
    standing.BY_HAND: gettext_lazy("what was done in the portal by hand stands"),
    standing.REJECTED_BY_HAND: gettext_lazy("rejected in the portal"),
    standing.CHANGE_HELD: gettext_lazy("held until an Admin decides"),
    standing.DIFFERS: gettext_lazy("differs from the directory"),
    standing.PRIMARY_USER: gettext_lazy("the primary user stays until the role is transferred"),
    CONFIRMED: gettext_lazy("confirmed by an Admin"),
    UserNameTaken.code: gettext_lazy("somebody else has this user name"),
    EmailTaken.code: gettext_lazy("somebody else has this e-mail"),
    InvalidPerson.code: gettext_lazy("what the directory sent of this person cannot be stored"),
    EntryChanged.code: gettext_lazy("changed meanwhile; the directory reads it again"),
    EntryGone.code: gettext_lazy("the directory has deleted this person already"),
    ConnectorPaused.code: gettext_lazy("the connector is paused"),
    CompanyClosed.code: gettext_lazy("the company is closed"),
    Busy.code: gettext_lazy("the portal was busy; the directory tries again"),
}


def state_text(health: Health) -> str:
    """Why a connector is in the state that it is in."""
    match health.state:
        case State.REMOVED:
            return _("Removed %(when)s") % {"when": _moment(health.connector.removed_at)}
        case State.PAUSED:
            return _("Nothing that the directory sends is taken in until you resume it.")
        case State.NEVER:
            return _("The directory has not used the token yet.")
        case State.IN_USE:
            return _("Last contact: %(when)s") % {"when": _when(health.connector)}
        case _:
            return together(*troubles(health))


def troubles(health: Health) -> list[str]:
    """What is wrong with the connector, a sentence each."""
    texts = []
    if health.held:
        text = ngettext(
            "%(count)d change is held until an Admin decides.",
            "%(count)d changes are held until an Admin decides.",
            health.held,
        )
        texts.append(text % {"count": health.held})
    if health.refused:
        text = ngettext(
            "%(count)d person could not be brought in during the last run.",
            "%(count)d people could not be brought in during the last run.",
            health.refused,
        )
        texts.append(text % {"count": health.refused})
    if health.is_silent:
        texts.append(_("Since %(when)s nothing was heard of the directory.") % {"when": _when(health.connector)})
    return texts


def reason_text(code: str) -> str:
    """Why something became of a person; a code that nobody knows is shown as it is."""
    return str(_REASONS.get(code, code))


def person_text(outcome: Outcome) -> str:
    """Whom an outcome tells of: by the present name, else by what the directory called them."""
    if outcome.entry is not None:
        return str(outcome.entry.user)
    return outcome.named or _("an erased user")


def withdrawal_text(how: str) -> str:
    """What a rule of R20 does."""
    if how == Withdrawal.REMOVE:
        return _("remove them here, which frees their seat")
    return _("disable them here; they keep their seat")


def held_text(how: str) -> str:
    """What would be done with a person whose change is held."""
    return _("Remove") if how == Withdrawal.REMOVE else _("Disable")


def _when(connector: Connector) -> str:
    return _moment(connector.last_contact_at)


def _moment(at: dt.datetime | None) -> str:
    return date_format(localtime(at), _DAY_AND_TIME) if at else ""
