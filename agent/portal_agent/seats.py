"""Who would get a seat, and who would wait, if what is planned were sent at this moment (R6 to R8, R20, R21).

The portal decides, and only when it is sent: nothing is reserved, and others may be faster. What it is going to do is
worked out here from what it tells of the seats of the company and of the people whom it knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal_agent.plan import Change, Plan

SEATS = "urn:portal:params:scim:schemas:extension:seats:2.0:ServiceProviderConfig"


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of the company, and what becomes of whoever arrives."""

    total: int
    available: int
    waiting: int
    asks_approval: bool
    fills_automatically: bool

    def __str__(self) -> str:
        asked = "; whoever arrives waits for an approval" if self.asks_approval else ""
        return f"{self.available} of {self.total} seats available, {self.waiting} in the waiting line{asked}"


class Prospect(StrEnum):
    """What becomes of somebody who is added or enabled."""

    SEATED = "gets a seat"
    KEEPS = "keeps the seat"
    WAITS = "waits for a seat"
    APPROVAL = "waits for an approval"
    INACTIVE = "waits, without a place while disabled"
    STAYS_OUT = "stays out, as decided in the portal"


WAITING = (Prospect.WAITS, Prospect.APPROVAL, Prospect.INACTIVE)


def seats_from(config: Mapping[str, Any]) -> Seats | None:
    """What the ServiceProviderConfig says; None where it says nothing of seats."""
    told = config.get(SEATS)
    if not isinstance(told, dict):
        return None
    return Seats(
        total=int(told.get("total") or 0),
        available=int(told.get("available") or 0),
        waiting=int(told.get("waiting") or 0),
        asks_approval=told.get("asksApproval") is True,
        fills_automatically=told.get("fillsAutomatically") is True,
    )


def prospects(plan: "Plan", seats: Seats, standings: Mapping[str, tuple[str, str]]) -> dict[str, Prospect]:
    """What becomes of everybody who is added or enabled, by objectGUID: the first in the order sent are seated.

    `standings` are what the portal says of those who come back: status, and why. Whoever holds a seat keeps it (R8);
    whoever was removed by the directory claims one anew. Seats that become available by the same pass are not counted.
    """
    found = {}
    available = seats.available
    for change in plan.changes:
        if change.kind not in {"add", "enable"}:
            continue
        prospect = _prospect(change, seats, standings.get(change.guid), available=available)
        available -= prospect == Prospect.SEATED
        found[change.guid] = prospect
    return found


def _prospect(change: "Change", seats: Seats, standing: tuple[str, str] | None, *, available: int) -> Prospect:
    status, why = standing or ("", "")
    if change.person is not None and not change.person.enabled:
        return Prospect.INACTIVE
    if status == "rejected" or (status in {"removed", "disabled"} and why == "by_hand"):
        return Prospect.STAYS_OUT
    if status in {"active", "disabled", "held"}:
        return Prospect.KEEPS
    if seats.asks_approval:
        return Prospect.APPROVAL
    # Whoever waited without a place joins the end of the line; seats go to the line only where the company chose that.
    is_in_line = status == "pendingApproval" and not seats.fills_automatically
    return Prospect.WAITS if is_in_line or available <= 0 else Prospect.SEATED
