"""Every way in which a rule can refuse: one class each, with a stable code and the numbers as data.

No text for people here: `licensing/wording.py` makes it from the data, and each door translates it once, at its edge.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from licensing.blockers import Blocker
from licensing.enums import Tier


class Refusal(Exception):
    """A rule said no, and nothing was changed."""

    code: ClassVar[str]

    @property
    def data(self) -> dict[str, Any]:
        """The numbers, by name, fit for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    def __str__(self) -> str:
        return f"{self.code} {self.data}"


@dataclass(eq=False)
class NoSeatsAvailable(Refusal):
    """R5: more people than available seats."""

    code: ClassVar[str] = "no_seats_available"
    needed: int
    available: int

    @property
    def shortfall(self) -> int:
        return self.needed - self.available

    @property
    def data(self) -> dict[str, Any]:
        return {"needed": self.needed, "available": self.available, "shortfall": self.shortfall}


@dataclass(eq=False)
class NotEnoughWaiting(Refusal):
    """R7: "the next N" is at most those waiting and the seats available."""

    code: ClassVar[str] = "not_enough_waiting"
    requested: int
    waiting: int
    available: int


@dataclass(eq=False)
class PoolBelowUsed(Refusal):
    """R11: seats can be reduced by unused ones only."""

    code: ClassVar[str] = "pool_below_used"
    requested: int
    used: int


@dataclass(eq=False)
class SeatsOutOfRange(Refusal):
    """R1: a pool is a whole number between two bounds."""

    code: ClassVar[str] = "seats_out_of_range"
    requested: int
    least: int
    most: int


@dataclass(eq=False)
class DowngradeBlocked(Refusal):
    """R13: all that stands in the way, together."""

    code: ClassVar[str] = "downgrade_blocked"
    blockers: tuple[Blocker, ...]


@dataclass(eq=False)
class ClosingBlocked(Refusal):
    """R19: all that stands in the way, together."""

    code: ClassVar[str] = "closing_blocked"
    blockers: tuple[Blocker, ...]


@dataclass(eq=False)
class TierRequired(Refusal):
    """R14: `subject` ("policy" or "connector") exists on `tier` only."""

    code: ClassVar[str] = "tier_required"
    subject: str
    tier: Tier


@dataclass(eq=False)
class PrimaryUserProtected(Refusal):
    """R18: the primary user can be neither removed nor disabled; `act` is "remove" or "disable"."""

    code: ClassVar[str] = "primary_user"
    user_id: int
    act: str


@dataclass(eq=False)
class Stale(Refusal):
    """The license was changed since the form was opened: entry `seen` was the newest then, `newest` is now."""

    code: ClassVar[str] = "stale"
    seen: int
    newest: int
    seats: int
    tier: Tier


@dataclass(eq=False)
class CompanyClosed(Refusal):
    """R19: nothing can be changed in a closed company."""

    code: ClassVar[str] = "company_closed"
    company_id: int


@dataclass(eq=False)
class CompanyOpen(Refusal):
    """R19: only a closed company can be opened again."""

    code: ClassVar[str] = "company_open"
    company_id: int


@dataclass(eq=False)
class NameMismatch(Refusal):
    """R19: what was typed is not the company's name."""

    code: ClassVar[str] = "name_mismatch"


@dataclass(eq=False)
class CompanyNameTaken(Refusal):
    """Another open company of the partner has this name, whatever its case."""

    code: ClassVar[str] = "company_name_taken"
    name: str


@dataclass(eq=False)
class ConnectorNameTaken(Refusal):
    """Another connector of the company has this name, whatever its case."""

    code: ClassVar[str] = "connector_name_taken"
    name: str


@dataclass(eq=False)
class ConnectorGone(Refusal):
    """R2: a connector that was removed, or that does not belong to the company, does nothing any more."""

    code: ClassVar[str] = "connector_gone"
    connector_id: int


@dataclass(eq=False)
class WrongStatus(Refusal):
    """`act` does not fit the present status of these users."""

    code: ClassVar[str] = "wrong_status"
    act: str
    user_ids: tuple[int, ...]


@dataclass(eq=False)
class UserGone(Refusal):
    """These users are not on the company's Users tab (any more)."""

    code: ClassVar[str] = "user_gone"
    user_ids: tuple[int, ...]


@dataclass(eq=False)
class EmailTaken(Refusal):
    """R9: addresses that are in use at the company, and others that stand twice in what was sent; as they were sent."""

    code: ClassVar[str] = "email_taken"
    taken: tuple[str, ...]
    twice: tuple[str, ...] = ()


@dataclass(eq=False)
class InvalidPerson(Refusal):
    """R9: by hand, names and e-mail are required. `position` counts from 0; `errors` names codes by field."""

    code: ClassVar[str] = "invalid_person"
    position: int
    errors: dict[str, str]


@dataclass(eq=False)
class InvalidName(Refusal):
    """A company's name is empty, too long or holds control characters: `error` is the code."""

    code: ClassVar[str] = "invalid_name"
    error: str


@dataclass(eq=False)
class InvalidParameters(Refusal):
    """A policy's parameters are missing or wrong: codes by parameter name."""

    code: ClassVar[str] = "invalid_parameters"
    errors: dict[str, str]


@dataclass(eq=False)
class ManagedByDirectory(Refusal):
    """R21: this user is edited in the directory."""

    code: ClassVar[str] = "managed_by_directory"
    user_id: int


@dataclass(eq=False)
class EmailMissing(Refusal):
    """R9: the portal manages nobody without an e-mail, and by hand none is ever given later."""

    code: ClassVar[str] = "email_missing"
    user_id: int


@dataclass(eq=False)
class StillManaged(Refusal):
    """R21: these users' connectors exist, so they are edited in the directory."""

    code: ClassVar[str] = "still_managed"
    user_ids: tuple[int, ...]


@dataclass(eq=False)
class PeopleIncomplete(Refusal):
    """R9: the portal manages nobody without an e-mail and both names, and these users lack some of it."""

    code: ClassVar[str] = "people_incomplete"
    user_ids: tuple[int, ...]


@dataclass(eq=False)
class GoneFromDirectory(Refusal):
    """R21: their directory has deleted these users since they were rejected: nobody is there to wait again."""

    code: ClassVar[str] = "gone_from_directory"
    user_ids: tuple[int, ...]


@dataclass(eq=False)
class ConfirmationNeeded(Refusal):
    """R13: this act destroys something (`what`) and must be confirmed first."""

    code: ClassVar[str] = "confirmation_needed"
    what: str


@dataclass(eq=False)
class Busy(Refusal):
    """The company's row was locked by others for longer than we wait; try again after `retry_after` seconds."""

    code: ClassVar[str] = "busy"
    retry_after: int


@dataclass(eq=False)
class LastAdmin(Refusal):
    """R24: a partner's last Admin can be neither withdrawn nor given another role."""

    code: ClassVar[str] = "last_admin"
    account_id: int


@dataclass(eq=False)
class AccountExists(Refusal):
    """A colleague of the same partner signs in with this e-mail already."""

    code: ClassVar[str] = "account_exists"
    email: str


@dataclass(eq=False)
class EmailInUse(Refusal):
    """An account that is not of this partner signs in with the invited e-mail; told to whoever was invited only."""

    code: ClassVar[str] = "email_in_use"


@dataclass(eq=False)
class AccountGone(Refusal):
    """R2: an account that was withdrawn, or is not of this partner, is changed no more."""

    code: ClassVar[str] = "account_gone"
    account_id: int


@dataclass(eq=False)
class InvitationGone(Refusal):
    """An invitation that was accepted, withdrawn or has expired does nothing any more."""

    code: ClassVar[str] = "invitation_gone"
    invitation_id: int


@dataclass(eq=False)
class CompaniesNotFound(Refusal):
    """R24: only open companies of the partner can be given to a Technician."""

    code: ClassVar[str] = "companies_not_found"
    company_ids: tuple[int, ...]


@dataclass(eq=False)
class UserNotRemoved(Refusal):
    """Personal data of people who are still on the Users tab is not erased: remove them first."""

    code: ClassVar[str] = "user_not_removed"
    user_id: int


@dataclass(eq=False)
class PartnerNameTaken(Refusal):
    """Another partner has this name, whatever its case."""

    code: ClassVar[str] = "partner_name_taken"
    name: str


@dataclass(eq=False)
class UserNameTaken(Refusal):
    """R20: somebody else whom a directory brought to the company has this userName, whatever its case."""

    code: ClassVar[str] = "user_name_taken"
    user_name: str


@dataclass(eq=False)
class ConnectorPaused(Refusal):
    """A paused connector brings and changes nobody until somebody in the portal lets it go on."""

    code: ClassVar[str] = "connector_paused"
    connector_id: int


@dataclass(eq=False)
class EntryGone(Refusal):
    """R20: the directory has deleted this resource, or never had it."""

    code: ClassVar[str] = "entry_gone"
    scim_id: str


@dataclass(eq=False)
class EntryChanged(Refusal):
    """The resource was changed since it was read: its version was `expected` then, `version` is now (ETag)."""

    code: ClassVar[str] = "entry_changed"
    expected: int
    version: int
