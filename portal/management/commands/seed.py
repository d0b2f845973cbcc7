"""`manage.py seed`: a large, realistic data set that is the same for the same seed."""

import random
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from portal.seeding.names import pools
from portal.seeding.partners import DEFAULT_SEED, GIVEN_OF, SeededPartner, company_names, create_partners, is_loaded
from portal.seeding.plans import draw_company
from portal.seeding.rows import Placed
from portal.seeding.shapes import MOST_USERS_PER_COMPANY, companies_per_partner, people_per_company
from portal.seeding.writing import analyze, chunks, store
from users.directory.queries import CALLS_DAILY

# Any number, the same in every process: one seed at a time.
_SEEDING = 7_620_033

_SILENCE = 9 * 86_400
"""So long ago the one directory called that is in trouble."""


class Command(BaseCommand):
    """Add partners, companies and users by COPY. The numbers are totals of this run; nothing there is changed."""

    help = "Adds a large, realistic data set; the same --seed gives the same one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partners", type=int, required=True, metavar="P", help="how many partners")
        parser.add_argument("--companies", type=int, required=True, metavar="C", help="how many companies in all")
        parser.add_argument("--users", type=int, required=True, metavar="U", help="how many users in all")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="S", help="which data set (default: 1)")
        parser.add_argument(
            "--password", help="let everybody sign in as admin@partner-1.example … with it (default: nobody can)"
        )

    def handle(
        self, *, partners: int, companies: int, users: int, seed: int, password: str | None, **_options: Any
    ) -> None:
        refuse_without_names()
        refuse_impossible(partners, companies, users)
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():
            self._refuse_twice(seed)
            seeded = create_partners(partners, seed=seed, password=password)
        drawn = draw(seeded, companies=companies, users=users, seed=seed)
        with progress_bar(self.stdout) as progress:
            task = progress.add_task("Users", total=users)
            for number, parts in enumerate(chunks(drawn)):
                progress.advance(task, store(parts))
                if number == 0:
                    # The server keeps the plans of its foreign-key checks: let them be made for tables with rows.
                    analyze()
        analyze()
        self.stdout.write(self.style.SUCCESS(f"Added {partners} partners, {companies} companies and {users} users."))

    def _refuse_twice(self, seed: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEEDING])
        if is_loaded(seed):
            raise CommandError(
                f"The data set {seed} or a part of it is in the database already: choose another --seed."
            )


def refuse_without_names() -> None:
    """People's names come from Faker, which an installation that was made to serve (`--no-dev`) does without."""
    if find_spec("faker") is None:
        raise CommandError(
            "The data set needs the names of Faker, which is not installed: run uv sync, then this again."
        )


def refuse_impossible(partners: int, companies: int, users: int) -> None:
    """Every partner has a company, every company its primary user; and no company more people than a pool has seats."""
    if partners < 1:
        raise CommandError(f"--partners must be at least 1, not {partners}.")
    if companies < partners:
        raise CommandError(f"--companies must be at least --partners ({partners}), not {companies}.")
    if users < companies:
        raise CommandError(f"--users must be at least --companies ({companies}), not {users}.")
    if users > companies * MOST_USERS_PER_COMPANY:
        raise CommandError(f"--users can be at most {MOST_USERS_PER_COMPANY} for each company; add companies.")


def draw(partners: list[SeededPartner], *, companies: int, users: int, seed: int) -> Iterator[Placed]:
    """The companies one after the other, each from a seed of its own.

    Their directories called within the last hour, as seen from now; one of those that call daily fell silent.
    """
    now, silent = int(time.time()), None
    chance = random.Random(f"{seed}/shapes")  # noqa: S311 - the same for the same seed
    counts = companies_per_partner(len(partners), companies, chance)
    sizes = iter(people_per_company(companies, users, chance))
    for number, (partner, count) in enumerate(zip(partners, counts, strict=True), start=1):
        names = company_names(partner.pool, chance)
        for position in range(count):
            mark = f"seed-{seed}-{number}-{position}"
            own = random.Random(mark)  # noqa: S311 - the same for the same seed
            pool = pools()["en_US"] if own.random() < 0.1 else partner.pool
            plan = draw_company(next(sizes), pool, next(names), own)
            is_given = position % GIVEN_OF == 0
            if silent is None and plan.connector in CALLS_DAILY:
                silent = mark
            heard_at = now - (_SILENCE if mark == silent else plan.salt * 3)
            yield Placed(plan, mark, partner.partner, partner.admin, partner.technician, is_given, heard_at)


def progress_bar(stream: Any) -> Progress:
    """How many people of how many; on something that is no terminal, one line at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(file=stream))
