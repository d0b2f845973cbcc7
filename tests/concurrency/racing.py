"""Let threads meet in PostgreSQL on purpose, each with a connection of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import IntegrityError, connection, connections, transaction

from companies.models import Company
from licensing.errors import Refusal

type Act = Callable[[], Any]
type Outcome = Any
"""What an act returned, or the exception that it raised."""

PATIENCE = 10


def race(company: Company, *acts: Act) -> list[Outcome]:
    """Run all acts at once; they meet at the company's lock, which is let go when every one of them waits for it."""
    return race_for(held(company), *acts)


def race_for(lock: AbstractContextManager[None], *acts: Act) -> list[Outcome]:
    """The same for another lock that somebody else holds."""
    with ThreadPoolExecutor(len(acts)) as threads:
        with lock:
            futures = [threads.submit(_outcome, act) for act in acts]
            until_waiting(len(acts))
        return _results(futures)


def collide(*acts: Act) -> list[Outcome]:
    """Run all acts at once, with nothing that would make them meet but the patches of the test."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return _results([threads.submit(_outcome, act) for act in acts])


@contextmanager
def held(company: Company) -> Iterator[None]:
    """Somebody else's transaction holds the company's row."""
    with transaction.atomic():
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        yield


class Unlocked:
    """In place of `licensing.locks._lock`: everybody reads the company, nobody locks it, and nobody writes before all
    have made their checks. What a check concluded is then outdated for all but one."""

    def __init__(self, racers: int) -> None:
        self.meeting = threading.Barrier(racers)

    def __call__(self, company: Company) -> Company:
        meet_before_writing(self.meeting)
        return Company.objects.get(partner_id=company.partner_id, pk=company.pk)


def meet_before_writing(meeting: threading.Barrier) -> None:
    """The first INSERT or UPDATE of this thread waits for those of all others."""
    # The connection is the thread's own and closed when its act ends, the wrapper with it.
    connection.execute_wrappers.append(_BeforeTheFirstWrite(meeting))


class _BeforeTheFirstWrite:
    """Wraps the statements of one connection: the first INSERT or UPDATE waits for those of all others."""

    def __init__(self, meeting: threading.Barrier) -> None:
        self.meeting = meeting
        self.met = False

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not self.met and str(sql).lstrip().startswith(("INSERT", "UPDATE")):
            self.met = True
            self.meeting.wait(PATIENCE)
        return execute(sql, params, many, context)


def blind(company: Company) -> Company:
    """In place of `licensing.locks._lock`: locks, but shows endless seats, which takes the checks of the rules away."""
    row = Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company.pk)
    row.seats_available = 1_000_000
    row.seats_used = 1
    return row


def kinds(outcomes: list[Outcome]) -> list[str]:
    """The class of each refusal or error by name, "done" for success, sorted."""
    return sorted(type(outcome).__name__ if isinstance(outcome, Exception) else "done" for outcome in outcomes)


def refusals(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """The data of every refusal."""
    return [outcome.data for outcome in outcomes if isinstance(outcome, Refusal)]


def constraints(outcomes: list[Outcome]) -> list[str]:
    """The constraints by which the database refused, sorted."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, IntegrityError)]
    return sorted(error.__cause__.diag.constraint_name for error in errors)  # type: ignore[union-attr]


def _outcome(act: Act) -> Outcome:
    try:
        return act()
    except (Refusal, IntegrityError) as error:
        return error
    finally:
        connection.execute_wrappers.clear()
        connections.close_all()


def _results(futures: list[Future[Outcome]]) -> list[Outcome]:
    return [future.result(PATIENCE) for future in futures]


def until_waiting(count: int) -> None:
    """Return when `count` sessions of this database wait for a lock."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Inside a transaction the view stays as it was first seen, unless told otherwise.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.005)
    raise TimeoutError(f"fewer than {count} sessions came to wait")
