"""Why a user holds a seat or none, and what would change that: sentences made from data, and from nothing else.

R2, R7, R8, R18, R20, R21. What is asked of the database for it stands in users/queries.py.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.web.texts import together
from users.enums import Door, UserStatus, Withdrawal


@dataclass(frozen=True, slots=True)
class Step:
    """A change of status, and `who` did it as people read it: an account, the system, or a connector, of which `kind`
    and `name` are told too. Languages say "by a person" and "by a connector" in different ways."""

    before: str
    after: str
    door: str
    who: str
    kind: str = ""
    name: str = ""

    @property
    def by_directory(self) -> bool:
        return self.door == Door.DIRECTORY


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the sentences depend on.

    `last` is the newest change, `seated` the one by which a seat holder came to the seat. `directory` is the kind of
    connector that manages the user, empty for the portal; `is_connected` says whether that connector exists still.
    `position` is the place among the `line` people who stand in the line. `held` is what the directory asked and an
    Admin has to decide (R22); `is_unwanted` says that it has the person disabled or deleted.
    """

    status: UserStatus
    last: Step
    seated: Step | None = None
    directory: str = ""
    is_connected: bool = False
    is_primary: bool = False
    wish: str = ""
    held: str = ""
    is_unwanted: bool = False
    is_inactive: bool = False
    asks_approval: bool = False
    position: int = 0
    line: int = 0
    available: int = 0
    fills: bool = False

    @property
    def is_rejected(self) -> bool:
        """Turned away by hand while waiting: licensing/rejections.py."""
        return (
            self.status == UserStatus.REMOVED and self.last.before == UserStatus.PENDING and not self.last.by_directory
        )

    @property
    def is_back(self) -> bool:
        """Waits again because a rejection was undone."""
        return (self.last.before, self.last.after) == (UserStatus.REMOVED, UserStatus.PENDING) and not (
            self.last.by_directory
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """`why` the seat is held or not, `act`: what led to it, `helps`: what would change it, `managed`: by whom (R21)."""

    why: str
    act: str
    helps: tuple[str, ...]
    managed: str


def explain(case: Case) -> Explanation:
    """The sentences for `case`, in the language that is active."""
    return Explanation(why=_why(case), act=_act(case), helps=tuple(_helps(case)), managed=_managed(case))


def why_waiting(*, is_inactive: bool, asks_approval: bool, is_back: bool) -> str:
    """Why somebody waits, in a few words, for the list."""
    if is_inactive:
        return _("inactive in the directory")
    if asks_approval:
        return _("the connector asks for approval")
    return _("the rejection was undone") if is_back else _("no seat was available")


def _why(case: Case) -> str:
    match case.status:
        case UserStatus.ACTIVE:
            return _("The primary user always holds a seat.") if case.is_primary else _("Active users hold a seat.")
        case UserStatus.DISABLED:
            return _("Disabled users keep the seat that they hold.")
        case UserStatus.PENDING:
            return _why_pending(case)
        case _:
            return _why_removed(case)


def _why_pending(case: Case) -> str:
    if case.is_inactive:
        return _("The directory says that this person is inactive: whoever is waits without a place in the line.")
    if case.asks_approval:
        return _("The connector asks for the approval of everybody whom it brings.")
    if case.is_back:
        return _("The rejection was undone, so this person waits for approval again.")
    return _("No seat was available when this person arrived.")


def _why_removed(case: Case) -> str:
    if case.is_rejected:
        return _("This person was rejected while waiting, and no directory brings them back unasked.")
    if case.last.by_directory:
        return _("The directory took this person away.")
    return _("Removed users give their seat back.")


def _act(case: Case) -> str:
    """What led to it; of Disabled users both, how they came to the seat and how they were disabled."""
    seated = _seated(case.seated) if case.seated else ""
    if case.status == UserStatus.ACTIVE:
        return seated
    return together(seated, _last(case))


def _seated(step: Step) -> str:
    if step.door == Door.AUTO_FILL:
        return _("Came in from the waiting line by automatic filling.")
    if step.before == UserStatus.PENDING:
        return _("Approved by %(who)s.") % {"who": step.who}
    return _added(step, _("Brought by the %(kind)s connector %(name)s while a seat was available."))


def _last(case: Case) -> str:
    step = case.last
    if case.status == UserStatus.DISABLED:
        return _by(step, _("Disabled by %(who)s."), _("Disabled by the %(kind)s connector %(name)s."))
    if case.is_back and step.door != Door.FILE:
        return _("Rejection undone by %(who)s.") % {"who": step.who}
    if case.status == UserStatus.PENDING:
        return _added(step, _("Brought by the %(kind)s connector %(name)s."))
    if case.is_rejected:
        return _("Rejected by %(who)s.") % {"who": step.who}
    return _by(step, _("Removed by %(who)s."), _("Removed by the %(kind)s connector %(name)s."))


def _added(step: Step, brought: str) -> str:
    by_account = _("Added from a file by %(who)s.") if step.door == Door.FILE else _("Added by %(who)s.")
    return _by(step, by_account, brought)


def _by(step: Step, by_account: str, by_connector: str) -> str:
    return (by_connector if step.kind else by_account) % {"who": step.who, "kind": step.kind, "name": step.name}


def _helps(case: Case) -> list[str]:
    return [*_helps_by_status(case), *_helps_held(case)]


def _helps_held(case: Case) -> list[str]:
    if case.held == Withdrawal.REMOVE:
        text = _("%(directory)s asked to remove this user, which is held: an Admin confirms or rejects it.")
    elif case.held == Withdrawal.DISABLE and case.status != UserStatus.DISABLED:
        text = _("%(directory)s asked to disable this user, which is held: an Admin confirms or rejects it.")
    else:
        return []
    return [text % {"directory": case.directory}]


def _helps_by_status(case: Case) -> list[str]:
    match case.status:
        case UserStatus.ACTIVE:
            return _helps_primary(case) if case.is_primary else _helps_active(case)
        case UserStatus.DISABLED:
            return _helps_disabled(case)
        case UserStatus.PENDING:
            return _helps_inactive(case) if case.is_inactive else _helps_in_line(case)
        case _:
            return _helps_removed(case)


def _helps_primary(case: Case) -> list[str]:
    transfer = _("Make another Active user the primary user: then this one can be disabled or removed.")
    if case.wish == Withdrawal.REMOVE:
        return [transfer, _("The directory asked to remove this user: that is carried out then.")]
    if case.wish == Withdrawal.DISABLE:
        return [transfer, _("The directory asked to disable this user: that is carried out then.")]
    return [transfer]


def _helps_active(case: Case) -> list[str]:
    removing = _("Removing this user gives the seat back; disabling does not.")
    if not case.is_connected or case.held:
        return [removing]
    if case.is_unwanted:
        there = _("%(directory)s has disabled or deleted this person: what was decided here by hand stands.")
        return [removing, there % {"directory": case.directory}]
    there = _(
        "Disabled or deleted in %(directory)s, this user is disabled or removed here, as the connector's rules say."
    )
    return [removing, there % {"directory": case.directory}]


def _helps_disabled(case: Case) -> list[str]:
    removing = _("Removing this user gives the seat back.")
    if not case.is_connected:
        return [_("Enable this user: the seat is held already."), removing]
    if case.last.by_directory:
        there = _("Enable this person in %(directory)s, or here: the seat is held already.")
        return [there % {"directory": case.directory}, removing]
    here = _(
        "Enable this user here: the seat is held already, and %(directory)s enables nobody whom the portal disabled."
    )
    return [here % {"directory": case.directory}, removing]


def _helps_inactive(case: Case) -> list[str]:
    if case.is_connected:
        there = _("Enable this person in %(directory)s: they join the end of the line then.")
        return [there % {"directory": case.directory}]
    return [_("Choose “Edit”, then “Manage in portal”: this person joins the end of the line then.")]


def _helps_in_line(case: Case) -> list[str]:
    place = {"position": case.position, "line": case.line}
    if case.available:
        text = ngettext(
            "Approve this person: %(count)d seat is available.",
            "Approve this person: %(count)d seats are available.",
            case.available,
        )
        told = [text % {"count": case.available}, _("They are number %(position)d of %(line)d in the line.") % place]
    else:
        told = [
            _("A seat becomes available: they are number %(position)d of %(line)d in the line.") % place,
            _("Add seats or remove users, then approve this person."),
        ]
    if not case.fills:
        return told
    if case.asks_approval:
        return [*told, _("Automatic filling passes this person over, for their connector asks for approval.")]
    return [*told, _("They come in by themselves when it is their turn.")]


def _helps_removed(case: Case) -> list[str]:
    if case.is_rejected:
        return [_("Undo the rejection: this person waits again, at the end of the line.")]
    if case.last.by_directory:
        return [_("Whoever comes back in the directory, or is added here, is a new claim for a seat.")]
    return [_("Add the person again: that is a new claim for a seat.")]


def _managed(case: Case) -> str:
    if not case.directory:
        return _("The portal: names are changed here.")
    if case.is_connected:
        text = _("%(directory)s: names and e-mail are changed there. What is done here by hand stands.")
    else:
        text = _("Nothing any more: the %(directory)s connector was removed. “Manage in portal” takes the user over.")
    return text % {"directory": case.directory}
