"""Who would be seated and who would wait, were it sent at this moment (R6 to R8, R20, R21); and how it is told."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from portal_agent.plan import Change, Kind, Plan, Problem
from portal_agent.seats import SEATS, Prospect, Seats, prospects, seats_from
from portal_agent.telling import Outlook, tell_plan
from tests.agent.people import make_person

OPEN = Seats(total=10, available=2, waiting=1, asks_approval=False, fills_automatically=False)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def change(number: int, kind: Kind = Kind.ADD, **attributes: Any) -> Change:
    person = make_person(number, **attributes)
    return Change(kind, person.guid, person=person)


def foretold(seats: Seats, *changes: Change, standings: dict[int, tuple[str, str]] | None = None) -> list[Prospect]:
    known = {make_person(number).guid: standing for number, standing in (standings or {}).items()}
    found = prospects(Plan(list(changes)), seats, known)
    assert list(found) == [one.guid for one in changes if one.kind in {Kind.ADD, Kind.ENABLE}]
    return list(found.values())


def test_the_first_in_the_order_sent_are_seated_and_those_beyond_wait() -> None:
    assert foretold(OPEN, *[change(number) for number in range(1, 5)]) == [
        Prospect.SEATED,
        Prospect.SEATED,
        Prospect.WAITS,
        Prospect.WAITS,
    ]


def test_all_wait_where_the_connector_asks_for_approval() -> None:
    seats = replace(OPEN, asks_approval=True, fills_automatically=True)
    standings = {2: ("removed", "left_scope"), 3: ("pendingApproval", "inactive_in_directory")}
    changes = [change(1), change(2, Kind.ENABLE), change(3, Kind.ENABLE)]
    assert foretold(seats, *changes, standings=standings) == [Prospect.APPROVAL] * 3


def test_r20_whoever_arrives_disabled_has_no_place_and_takes_no_seat() -> None:
    assert foretold(OPEN, change(1, enabled=False), change(2), change(3)) == [
        Prospect.INACTIVE,
        Prospect.SEATED,
        Prospect.SEATED,
    ]


@pytest.mark.parametrize(
    ("standing", "prospect", "takes"),
    [
        (("disabled", "disabled_in_directory"), Prospect.KEEPS, 0),
        (("active", "differs_from_directory"), Prospect.KEEPS, 0),
        (("held", "held"), Prospect.KEEPS, 0),
        (("removed", "left_scope"), Prospect.SEATED, 1),
        (("pendingApproval", "inactive_in_directory"), Prospect.WAITS, 0),
        (("disabled", "by_hand"), Prospect.STAYS_OUT, 0),
        (("removed", "by_hand"), Prospect.STAYS_OUT, 0),
        (("rejected", "rejected"), Prospect.STAYS_OUT, 0),
    ],
)
def test_who_comes_back_keeps_claims_or_stays_out(standing: tuple[str, str], prospect: Prospect, takes: int) -> None:
    """R8, R21: and only a new claim leaves fewer seats for those behind."""
    changes = [change(1, Kind.ENABLE), change(2), change(3)]
    rest = [Prospect.SEATED, Prospect.WAITS if takes else Prospect.SEATED]
    assert foretold(OPEN, *changes, standings={1: standing}) == [prospect, *rest]


def test_r7_who_joins_the_line_comes_in_where_seats_are_filled_from_it() -> None:
    seats = replace(OPEN, waiting=0, fills_automatically=True)
    standings = {1: ("pendingApproval", "inactive_in_directory")}
    assert foretold(seats, change(1, Kind.ENABLE), standings=standings) == [Prospect.SEATED]


def test_others_are_not_spoken_of() -> None:
    leaving = change(9, Kind.LEAVE, left=True)
    assert foretold(OPEN, leaving, change(8, Kind.CHANGE), change(7, Kind.DISABLE, enabled=False)) == []


def test_a_portal_that_tells_nothing_of_seats() -> None:
    assert seats_from({"bulk": {}}) is None
    assert seats_from({SEATS: {"total": 3, "available": 1, "waiting": 2, "asksApproval": True}}) == Seats(
        total=3, available=1, waiting=2, asks_approval=True, fills_automatically=False
    )


# How it is told


def outlook(plan: Plan, seats: Seats | None = OPEN) -> Outlook:
    found = {} if seats is None else prospects(plan, seats, {})
    return Outlook(NOW, ["zoe@ad.example"], seats, found, {"added": 2, "changed": 0, "removed": 1})


def said(plan: Plan, about: Outlook, *, refusal: str = "", as_json: bool = False) -> str:
    text = io.StringIO()
    tell_plan(Console(file=text, width=120), plan, about, refusal=refusal, as_json=as_json)
    return text.getvalue()


def small_plan() -> Plan:
    problem = Problem(make_person(5).guid, "Ms Five", "has no e-mail address; comes in without one")
    changes = [change(1, Kind.CHANGE), change(2, display_name="山田 [太郎]"), change(3), change(4)]
    return Plan(changes, [problem], seen=5, managed=1)


def test_the_plan_for_people() -> None:
    lines = said(small_plan(), outlook(small_plan())).splitlines()
    assert [line.split("│")[4].strip() for line in lines if "@customer.example" in line] == [
        "",
        "gets a seat",
        "gets a seat",
        "waits for a seat",
    ]
    assert "山田 [太郎] (user2@ad.example)" in lines[4]
    assert lines[-6:] == [
        "Ms Five has no e-mail address; comes in without one",
        "5 people in the group; would be: 1 changed, 3 added.",
        "Groups: 2 added, 1 removed.",
        "Waiting for a seat now (1): zoe@ad.example.",
        "Of those added and enabled, gets a seat: 2, waits for a seat: 1.",
        "That is true of this moment (2026-11-24 09:30): 2 of 10 seats available, 1 in the waiting line. Nothing is"
        " reserved: the first in the order above are seated, and whoever is in the portal already keeps what they"
        " have.",
    ]


def test_the_plan_for_programs() -> None:
    told = json.loads(said(small_plan(), outlook(small_plan()), refusal="Too many", as_json=True))
    changes = told.pop("changes")
    assert [(one["what"], one["mail"], one.get("then")) for one in changes] == [
        ("changed", "user1@customer.example", None),
        ("added", "user2@customer.example", "seated"),
        ("added", "user3@customer.example", "seated"),
        ("added", "user4@customer.example", "waits"),
    ]
    assert told == {
        "people": 5,
        "managed": 1,
        "at": "2026-11-24T09:30:00+00:00",
        "seats": {"total": 10, "available": 2, "waiting": 1, "asks_approval": False, "fills_automatically": False},
        "waiting": ["zoe@ad.example"],
        "would_be_seated": 2,
        "would_wait": 1,
        "groups": {"added": 2, "changed": 0, "removed": 1},
        "counts": {"deleted": 0, "left the group": 0, "disabled": 0, "changed": 1, "enabled": 0, "added": 3},
        "problems": [
            {
                "objectGUID": make_person(5).guid,
                "name": "Ms Five",
                "text": "has no e-mail address; comes in without one",
                "left_out": False,
            }
        ],
        "stopped": "Too many",
    }


def test_where_the_portal_does_not_tell_nobody_is_promised_anything() -> None:
    lines = said(small_plan(), outlook(small_plan(), None))
    assert "Then" not in lines
    last = "This portal does not say how many seats are available: those beyond wait in the order above."
    assert lines.splitlines()[-1] == last
    told = json.loads(said(small_plan(), outlook(small_plan(), None), as_json=True))
    assert (told["seats"], told["would_be_seated"], told["would_wait"]) == (None, None, None)
