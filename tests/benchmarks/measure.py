"""Compare two ways of doing something on a machine that others use too."""

import statistics
import time
from collections.abc import Callable


def medians(rounds: int, *ways: Callable[[], object]) -> list[float]:
    """The median seconds of each way; they take turns, so that a busy moment hits all alike."""
    for way in ways:
        way()
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for seconds, way in zip(taken, ways, strict=True):
            begin = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - begin)
    return [statistics.median(seconds) for seconds in taken]


def report(what: str, seconds: float, baseline: float, *, against: str) -> None:
    """One line, on standard output."""
    print(f"\n{what}: {seconds / baseline:.2f} times {against} ({seconds:.4f} s, {baseline:.4f} s)")  # noqa: T201
