"""The rows of seeded companies, as COPY takes them. What each rule would have written is written here too."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from companies.audit.enums import KIND_OF_ACT, Act
from licensing.enums import Tier
from portal.seeding.plans import CompanyPlan
from users.enums import Door, UserStatus

Row = tuple[Any, ...]

COLUMNS = {
    "companies_company": (
        "id, partner_id, name, seats, tier, seats_used, users_pending, last_arrival, fills_automatically, "
        "primary_user_id, primary_withdrawal, opened_at, checklist_away_at"
    ),
    "directory_connector": (
        "id, partner_id, company_id, kind, name, token_hash, asks_approval, created_at, last_contact_at, last_change_at"
    ),
    "licensing_ledgerentry": (
        "partner_id, company_id, number, kind, seats_from, seats_to, tier_from, tier_to, by_account_id, reason, at"
    ),
    "policies_policy": "partner_id, company_id, key, is_on, parameters, changed_at",
    "users_user": (
        "id, partner_id, company_id, connector_id, first_name, last_name, email, status, arrival, "
        "is_inactive_in_directory, since, created_at"
    ),
    "users_statuschange": (
        "partner_id, company_id, user_id, from_status, to_status, by_account_id, by_connector_id, door, reason, at"
    ),
    "directory_entry": (
        "partner_id, company_id, connector_id, user_id, scim_id, user_name, external_id, active, has_left, attributes, "
        "version, created_at, modified_at"
    ),
    "audit_auditevent": "partner_id, company_id, kind, act, data, by_account_id, by_connector_id, reason, at",
    "accounts_assignment": "partner_id, account_id, company_id",
}
"""What is copied, in this order: a company comes before its people, for they are counted in its row (R3)."""

_DAY = 86_400


@dataclass(slots=True)
class Placed:
    """A plan with the ids that its rows refer to."""

    plan: CompanyPlan
    mark: str
    partner: int
    admin: int
    technician: int
    is_given: bool
    """To the partner's Technician (R24)."""
    heard_at: int
    """When its directory called last."""
    company: int = 0
    primary: int = 0
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some people of a company, by position; the first slice brings the company itself along."""

    placed: Placed
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def moment(seconds: int) -> str:
    """A time as PostgreSQL reads it."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


def assignment_rows(placed: Placed) -> Iterator[Row]:
    if placed.is_given:
        yield placed.partner, placed.technician, placed.company


def company_row(placed: Placed) -> Row:
    plan = placed.plan
    arrivals = plan.size if plan.connector else 0
    head = (placed.company, placed.partner, plan.name, plan.seats, plan.tier.value, 0, 0, arrivals, plan.fills)
    # Those with a few people and nothing else are new: they have their checklist.
    is_new = plan.size < 5 and not plan.connector and not plan.policies
    return (*head, placed.primary, "", moment(plan.opened_at), None if is_new else moment(plan.opened_at))


def connector_rows(placed: Placed) -> Iterator[Row]:
    """No token belongs to a seeded connector: the mark is no SHA-256, so nothing can hash to it.

    What its directory changed is of the data set's calendar; that it calls still is of the day of loading.
    """
    plan = placed.plan
    if plan.connector:
        head = (placed.connector, placed.partner, placed.company, plan.connector.value, str(plan.connector.label))
        added, changed = moment(plan.steps[-1].at), moment(plan.joined_at(plan.size - 1))
        yield (*head, placed.mark, plan.asks_approval, added, moment(placed.heard_at), changed)


def ledger_rows(placed: Placed) -> Iterator[Row]:
    seats, tier = 0, None
    for number, step in enumerate(placed.plan.steps, start=1):
        change = (number, step.kind.value, seats, step.seats, tier, step.tier.value)
        yield (placed.partner, placed.company, *change, placed.admin, "", moment(step.at))
        seats, tier = step.seats, step.tier.value


def policy_rows(placed: Placed) -> Iterator[Row]:
    for key, parameters in placed.plan.policies.items():
        at = moment(placed.plan.steps[-1].at + _DAY)
        yield placed.partner, placed.company, key.value, True, json.dumps(parameters), at


def people_rows(part: Slice, ids: Sequence[int]) -> Iterator[tuple[Row, list[Row]]]:
    """Each person's row and the rows of its history, oldest first (R17)."""
    placed, plan = part.placed, part.placed.plan
    tail = f"@{plan.domain}"
    for position, user in zip(range(part.start, part.stop), ids, strict=True):
        first_name, last_name, local = plan.crowd.person(position)
        moves = _moves(plan, position)
        status, since = moves[-1][0], moment(moves[-1][1])
        connector = placed.connector if position >= plan.by_hand else None
        arrival = position + 1 if status == UserStatus.PENDING else None
        head = (user, placed.partner, placed.company, connector, first_name, last_name, local + tail, status.value)
        row = (*head, arrival, False, since, moment(moves[0][1]))
        yield row, list(_history(placed, user, connector, moves))


def entry_rows(part: Slice, ids: Sequence[int]) -> Iterator[Row]:
    """What the directory says of those whom it brought (R21): all are active there, whatever was done by hand since."""
    placed, plan = part.placed, part.placed.plan
    if placed.connector is None:
        return
    for position, user in zip(range(part.start, part.stop), ids, strict=True):
        if position < plan.by_hand:
            continue
        _first_name, _last_name, local = plan.crowd.person(position)
        scim_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{placed.mark}/{position}"))
        joined = moment(plan.joined_at(position))
        head = (placed.partner, placed.company, placed.connector, user, scim_id, f"{local}@{plan.domain}", local)
        yield (*head, True, False, "{}", 1, joined, joined)


def audit_rows(placed: Placed, ids: Sequence[int]) -> Iterator[Row]:
    """What the Activity tab tells of the company, in the order of time; `ids` are its first people's."""
    for at, act, data, connector in sorted(_acts(placed, ids), key=lambda entry: entry[0]):
        by = (None, connector) if connector else (placed.admin, None)
        kind = KIND_OF_ACT[act].value
        yield (placed.partner, placed.company, kind, act.value, json.dumps(data), *by, "", moment(at))


def _moves(plan: CompanyPlan, position: int) -> list[tuple[UserStatus, int]]:
    """Which statuses a person had, and since when."""
    at = plan.joined_at(position)
    if position >= plan.holders:
        return [(UserStatus.PENDING, at)]
    moves = [(UserStatus.ACTIVE, at)]
    if plan.was_approved(position):
        moves = [(UserStatus.PENDING, at), (UserStatus.ACTIVE, at + 2 * _DAY)]
    if plan.is_disabled(position):
        moves.append((UserStatus.DISABLED, at + 9 * _DAY))
    return moves


def _history(placed: Placed, user: int, connector: int | None, moves: list[tuple[UserStatus, int]]) -> Iterator[Row]:
    before = ""
    for status, at in moves:
        arriving = connector is not None and not before
        helper = placed.technician if placed.is_given else placed.admin
        by = (None, connector) if arriving else (helper if before else placed.admin, None)
        door = Door.DIRECTORY.value if arriving else Door.PORTAL.value
        yield (placed.partner, placed.company, user, before, status.value, *by, door, "", moment(at))
        before = status.value


def _acts(placed: Placed, ids: Sequence[int]) -> Iterator[tuple[int, Act, dict[str, Any], int | None]]:
    plan = placed.plan
    first, last = plan.steps[0], plan.steps[-1].at
    yield first.at, Act.COMPANY_OPENED, {"seats": first.seats, "tier": first.tier}, None
    seats, tier = first.seats, first.tier
    for number, step in enumerate(plan.steps[1:], start=2):
        yield step.at, Act.LICENSE_CHANGED, _change(number, seats, step.seats, tier, step.tier), None
        seats, tier = step.seats, step.tier
    by_hand = min(plan.by_hand, plan.size) - 1
    if by_hand > 0:
        people = {"users": list(ids[1 : min(plan.by_hand, 11)]), "count": by_hand, "door": Door.PORTAL}
        yield plan.joined_at(1), Act.USERS_ADDED, people, None
    if plan.connector and placed.connector:
        named = {"connector": placed.connector, "kind": plan.connector, "name": str(plan.connector.label)}
        yield last, Act.CONNECTOR_ADDED, named, None
        arrived = {
            "users": list(ids[plan.by_hand : plan.by_hand + 10]),
            "count": plan.size - plan.by_hand,
            "waiting": plan.size - plan.holders,
        }
        yield plan.joined_at(plan.size - 1), Act.USERS_ARRIVED, arrived, placed.connector
    for key in plan.policies:
        yield last + _DAY, Act.POLICY_ON, {"policy": key}, None


def _change(number: int, seats_from: int, seats_to: int, tier_from: Tier, tier_to: Tier) -> dict[str, Any]:
    return {
        "number": number,
        "seats_from": seats_from,
        "seats_to": seats_to,
        "tier_from": tier_from,
        "tier_to": tier_to,
    }
