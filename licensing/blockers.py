"""Unmet conditions as values."""

from dataclasses import dataclass

from licensing.enums import BlockerKind


@dataclass(frozen=True, slots=True)
class Blocker:
    """One unmet condition for a change: how many, and which.

    `subjects` are policy keys or connector names, in the order of the catalogue or of adding; empty for people, who
    are only counted.
    """

    kind: BlockerKind
    count: int
    subjects: tuple[str, ...] = ()
