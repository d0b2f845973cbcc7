"""Why a user holds a seat or none, in every situation (R2, R7, R8, R18, R20, R21): the exact sentences."""

from dataclasses import replace

import pytest

from users.enums import UserStatus, Withdrawal
from users.explaining import Case, Explanation, Step, explain, why_waiting

ACTIVE, PENDING, DISABLED, REMOVED = UserStatus.ACTIVE, UserStatus.PENDING, UserStatus.DISABLED, UserStatus.REMOVED
OKTA = "Okta connector Head office"
BY_CONNECTOR = (OKTA, "Okta", "Head office")

ADDED = Step("", ACTIVE, "portal", "Ann")
FILED = Step("", ACTIVE, "file", "Ann")
BROUGHT = Step("", ACTIVE, "directory", *BY_CONNECTOR)
ARRIVED = Step("", PENDING, "directory", *BY_CONNECTOR)
APPROVED = Step(PENDING, ACTIVE, "portal", "Ann")
FILLED = Step(PENDING, ACTIVE, "auto_fill", "the system")
DISABLED_HERE = Step(ACTIVE, DISABLED, "portal", "Ann")
DISABLED_THERE = Step(ACTIVE, DISABLED, "directory", *BY_CONNECTOR)
ENABLED = Step(DISABLED, ACTIVE, "portal", "Ann")
REJECTED = Step(PENDING, REMOVED, "portal", "Ann")
UNDONE = Step(REMOVED, PENDING, "portal", "Ann")
REMOVED_HERE = Step(ACTIVE, REMOVED, "portal", "Ann")
REMOVED_THERE = Step(ACTIVE, REMOVED, "directory", *BY_CONNECTOR)
TAKEN_FROM_THE_LINE = Step(PENDING, REMOVED, "directory", *BY_CONNECTOR)

OF_PORTAL = "The portal: names are changed here."
OF_OKTA = "Okta: names and e-mail are changed there. What is done here by hand stands."
OF_NOBODY = "Nothing any more: the Okta connector was removed. “Manage in portal” takes the user over."
HOLDS, KEEPS = "Active users hold a seat.", "Disabled users keep the seat that they hold."
PRIMARY = "The primary user always holds a seat."
FULL = "No seat was available when this person arrived."
REMOVING = "Removing this user gives the seat back; disabling does not."
TRANSFER = "Make another Active user the primary user: then this one can be disabled or removed."
BY_OKTA = "Disabled or deleted in Okta, this user is disabled or removed here, as the connector's rules say."
THIRD = "A seat becomes available: they are number 3 of 7 in the line."
HELD = "Okta asked to disable this user, which is held: an Admin confirms or rejects it."
OFF = (
    "Enable this user here: the seat is held already, and Okta enables nobody whom the portal disabled.",
    "Removing this user gives the seat back.",
)
MAKE_ROOM = "Add seats or remove users, then approve this person."

BY_HAND = Case(ACTIVE, ADDED, ADDED)
FROM_OKTA = Case(ACTIVE, BROUGHT, BROUGHT, directory="Okta", is_connected=True)
WAITS = Case(PENDING, ARRIVED, directory="Okta", is_connected=True, position=3, line=7)

TABLE: dict[str, tuple[Case, Explanation]] = {
    "active, added by hand": (BY_HAND, Explanation(HOLDS, "Added by Ann.", (REMOVING,), OF_PORTAL)),
    "active, from a file": (
        replace(BY_HAND, last=FILED, seated=FILED),
        Explanation(HOLDS, "Added from a file by Ann.", (REMOVING,), OF_PORTAL),
    ),
    "active, disabled and enabled since": (
        replace(BY_HAND, last=ENABLED),
        Explanation(HOLDS, "Added by Ann.", (REMOVING,), OF_PORTAL),
    ),
    "active, brought by a directory": (
        FROM_OKTA,
        Explanation(HOLDS, f"Brought by the {OKTA} while a seat was available.", (REMOVING, BY_OKTA), OF_OKTA),
    ),
    "active, whose connector was removed": (
        replace(FROM_OKTA, is_connected=False),
        Explanation(HOLDS, f"Brought by the {OKTA} while a seat was available.", (REMOVING,), OF_NOBODY),
    ),
    "active, approved": (
        replace(FROM_OKTA, last=APPROVED, seated=APPROVED),
        Explanation(HOLDS, "Approved by Ann.", (REMOVING, BY_OKTA), OF_OKTA),
    ),
    "active, by automatic filling": (
        replace(FROM_OKTA, last=FILLED, seated=FILLED),
        Explanation(HOLDS, "Came in from the waiting line by automatic filling.", (REMOVING, BY_OKTA), OF_OKTA),
    ),
    "primary": (
        replace(BY_HAND, is_primary=True),
        Explanation(PRIMARY, "Added by Ann.", (TRANSFER,), OF_PORTAL),
    ),
    "primary, whom the directory asked to remove": (
        replace(FROM_OKTA, is_primary=True, wish=Withdrawal.REMOVE),
        Explanation(
            PRIMARY,
            f"Brought by the {OKTA} while a seat was available.",
            (TRANSFER, "The directory asked to remove this user: that is carried out then."),
            OF_OKTA,
        ),
    ),
    "primary, whom the directory asked to disable": (
        replace(FROM_OKTA, is_primary=True, wish=Withdrawal.DISABLE),
        Explanation(
            PRIMARY,
            f"Brought by the {OKTA} while a seat was available.",
            (TRANSFER, "The directory asked to disable this user: that is carried out then."),
            OF_OKTA,
        ),
    ),
    "another, while the directory asked to remove the primary user": (
        replace(FROM_OKTA, wish=Withdrawal.REMOVE),
        Explanation(HOLDS, f"Brought by the {OKTA} while a seat was available.", (REMOVING, BY_OKTA), OF_OKTA),
    ),
    "active, whose removal is held": (
        replace(FROM_OKTA, held=Withdrawal.REMOVE, is_unwanted=True),
        Explanation(
            HOLDS,
            f"Brought by the {OKTA} while a seat was available.",
            (REMOVING, "Okta asked to remove this user, which is held: an Admin confirms or rejects it."),
            OF_OKTA,
        ),
    ),
    "active, whose disabling is held": (
        replace(FROM_OKTA, held=Withdrawal.DISABLE, is_unwanted=True),
        Explanation(HOLDS, f"Brought by the {OKTA} while a seat was available.", (REMOVING, HELD), OF_OKTA),
    ),
    "active, and disabled there: that was rejected, or somebody enabled them here": (
        replace(FROM_OKTA, is_unwanted=True),
        Explanation(
            HOLDS,
            f"Brought by the {OKTA} while a seat was available.",
            (REMOVING, "Okta has disabled or deleted this person: what was decided here by hand stands."),
            OF_OKTA,
        ),
    ),
    "primary, whose disabling is held": (
        replace(FROM_OKTA, is_primary=True, held=Withdrawal.DISABLE, is_unwanted=True),
        Explanation(PRIMARY, f"Brought by the {OKTA} while a seat was available.", (TRANSFER, HELD), OF_OKTA),
    ),
    "waits, and disabling is held": (
        replace(WAITS, held=Withdrawal.DISABLE, is_unwanted=True),
        Explanation(FULL, f"Brought by the {OKTA}.", (THIRD, MAKE_ROOM, HELD), OF_OKTA),
    ),
    "waits, no seat was available": (
        WAITS,
        Explanation(FULL, f"Brought by the {OKTA}.", (THIRD, MAKE_ROOM), OF_OKTA),
    ),
    "waits, one seat is available by now": (
        replace(WAITS, available=1),
        Explanation(
            FULL,
            f"Brought by the {OKTA}.",
            ("Approve this person: 1 seat is available.", "They are number 3 of 7 in the line."),
            OF_OKTA,
        ),
    ),
    "waits, automatic filling is on": (
        replace(WAITS, fills=True),
        Explanation(
            FULL,
            f"Brought by the {OKTA}.",
            (THIRD, MAKE_ROOM, "They come in by themselves when it is their turn."),
            OF_OKTA,
        ),
    ),
    "waits, the connector asks for approval": (
        replace(WAITS, asks_approval=True, available=4),
        Explanation(
            "The connector asks for the approval of everybody whom it brings.",
            f"Brought by the {OKTA}.",
            ("Approve this person: 4 seats are available.", "They are number 3 of 7 in the line."),
            OF_OKTA,
        ),
    ),
    "waits, the connector asks for approval, automatic filling is on": (
        replace(WAITS, asks_approval=True, fills=True),
        Explanation(
            "The connector asks for the approval of everybody whom it brings.",
            f"Brought by the {OKTA}.",
            (
                THIRD,
                MAKE_ROOM,
                "Automatic filling passes this person over, for their connector asks for approval.",
            ),
            OF_OKTA,
        ),
    ),
    "waits, inactive in the directory": (
        replace(WAITS, is_inactive=True, position=0, line=0),
        Explanation(
            "The directory says that this person is inactive: whoever is waits without a place in the line.",
            f"Brought by the {OKTA}.",
            ("Enable this person in Okta: they join the end of the line then.",),
            OF_OKTA,
        ),
    ),
    "waits, inactive in a directory whose connector was removed": (
        replace(WAITS, is_inactive=True, is_connected=False, position=0, line=0),
        Explanation(
            "The directory says that this person is inactive: whoever is waits without a place in the line.",
            f"Brought by the {OKTA}.",
            ("Choose “Edit”, then “Manage in portal”: this person joins the end of the line then.",),
            OF_NOBODY,
        ),
    ),
    "waits, the rejection was undone": (
        replace(WAITS, last=UNDONE),
        Explanation(
            "The rejection was undone, so this person waits for approval again.",
            "Rejection undone by Ann.",
            (THIRD, MAKE_ROOM),
            OF_OKTA,
        ),
    ),
    "disabled by hand": (
        replace(BY_HAND, status=DISABLED, last=DISABLED_HERE),
        Explanation(
            KEEPS,
            "Added by Ann. Disabled by Ann.",
            ("Enable this user: the seat is held already.", "Removing this user gives the seat back."),
            OF_PORTAL,
        ),
    ),
    "disabled by hand, and then asked to be disabled, which is held": (
        replace(FROM_OKTA, status=DISABLED, last=DISABLED_HERE, held=Withdrawal.DISABLE, is_unwanted=True),
        Explanation(KEEPS, f"Brought by the {OKTA} while a seat was available. Disabled by Ann.", OFF, OF_OKTA),
    ),
    "disabled by hand, and then asked to be removed, which is held": (
        replace(FROM_OKTA, status=DISABLED, last=DISABLED_HERE, held=Withdrawal.REMOVE, is_unwanted=True),
        Explanation(
            KEEPS,
            f"Brought by the {OKTA} while a seat was available. Disabled by Ann.",
            (*OFF, "Okta asked to remove this user, which is held: an Admin confirms or rejects it."),
            OF_OKTA,
        ),
    ),
    "disabled by hand, from a directory": (
        replace(FROM_OKTA, status=DISABLED, last=DISABLED_HERE),
        Explanation(
            KEEPS,
            f"Brought by the {OKTA} while a seat was available. Disabled by Ann.",
            OFF,
            OF_OKTA,
        ),
    ),
    "disabled by the directory": (
        replace(FROM_OKTA, status=DISABLED, last=DISABLED_THERE, seated=APPROVED),
        Explanation(
            KEEPS,
            f"Approved by Ann. Disabled by the {OKTA}.",
            (
                "Enable this person in Okta, or here: the seat is held already.",
                "Removing this user gives the seat back.",
            ),
            OF_OKTA,
        ),
    ),
    "disabled by a directory whose connector was removed": (
        replace(FROM_OKTA, status=DISABLED, last=DISABLED_THERE, is_connected=False),
        Explanation(
            KEEPS,
            f"Brought by the {OKTA} while a seat was available. Disabled by the {OKTA}.",
            ("Enable this user: the seat is held already.", "Removing this user gives the seat back."),
            OF_NOBODY,
        ),
    ),
    "rejected": (
        Case(REMOVED, REJECTED, directory="Okta", is_connected=True),
        Explanation(
            "This person was rejected while waiting, and no directory brings them back unasked.",
            "Rejected by Ann.",
            ("Undo the rejection: this person waits again, at the end of the line.",),
            OF_OKTA,
        ),
    ),
    "removed by hand": (
        Case(REMOVED, REMOVED_HERE),
        Explanation(
            "Removed users give their seat back.",
            "Removed by Ann.",
            ("Add the person again: that is a new claim for a seat.",),
            OF_PORTAL,
        ),
    ),
    "removed by the directory": (
        Case(REMOVED, REMOVED_THERE, directory="Okta", is_connected=True),
        Explanation(
            "The directory took this person away.",
            f"Removed by the {OKTA}.",
            ("Whoever comes back in the directory, or is added here, is a new claim for a seat.",),
            OF_OKTA,
        ),
    ),
    "taken from the line by the directory": (
        Case(REMOVED, TAKEN_FROM_THE_LINE, directory="Okta", is_connected=True),
        Explanation(
            "The directory took this person away.",
            f"Removed by the {OKTA}.",
            ("Whoever comes back in the directory, or is added here, is a new claim for a seat.",),
            OF_OKTA,
        ),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_every_situation_is_explained(name: str) -> None:
    case, expected = TABLE[name]
    assert explain(case) == expected


def test_every_status_is_in_the_table() -> None:
    assert {case.status for case, _expected in TABLE.values()} == set(UserStatus)


@pytest.mark.parametrize(
    ("is_inactive", "asks_approval", "is_back", "text"),
    [
        (False, False, False, "no seat was available"),
        (False, False, True, "the rejection was undone"),
        (False, True, False, "the connector asks for approval"),
        (False, True, True, "the connector asks for approval"),
        (True, True, True, "inactive in the directory"),
    ],
)
def test_why_somebody_waits_in_a_few_words(is_inactive: bool, asks_approval: bool, is_back: bool, text: str) -> None:
    assert why_waiting(is_inactive=is_inactive, asks_approval=asks_approval, is_back=is_back) == text
