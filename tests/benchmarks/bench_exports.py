"""100,000 people as a file, against a hand-written loop over the same rows; and what memory it takes meanwhile."""

import csv
import io
import tempfile
import tracemalloc

import pytest
from django.core.management import call_command
from django.test import Client

from companies.models import Company
from tests.benchmarks.measure import medians, report
from tests.spreadsheet import sent
from users.accounts.models import Account
from users.models import User

ROUNDS = 3
PEOPLE = 100_000


@pytest.fixture
def company(client: Client) -> Company:
    """A company of 100,000, as its Admin sees it."""
    call_command("seed", partners=1, companies=1, users=PEOPLE, stdout=io.StringIO())
    client.force_login(Account.objects.get(email="admin@partner-1.example"))
    return Company.objects.order_by("-seats_used")[0]


@pytest.mark.django_db
def test_exports_against_a_loop(company: Company, client: Client) -> None:
    users = User.objects.of_company(company).listed().select_related("connector").order_by("name_sort", "pk")

    def loop() -> None:
        with tempfile.TemporaryFile("w+", newline="") as file:
            writer = csv.writer(file)
            for user in users.iterator(2_000):
                writer.writerow([user.full_name, user.email, user.status, user.connector, user.since])

    def export(kind: str) -> int:
        return len(sent(client.get(f"/companies/{company.pk}/users/export/?as={kind}")))

    for kind in ("csv", "xlsx"):
        seconds, baseline = medians(ROUNDS, lambda kind=kind: export(kind), loop)  # type: ignore[misc]
        report(f"{PEOPLE} people as {kind}, whole request", seconds, baseline, against="a loop that writes CSV")


@pytest.mark.django_db
def test_memory(company: Company, client: Client) -> None:
    for kind in ("csv", "xlsx"):
        tracemalloc.start()
        response = client.get(f"/companies/{company.pk}/users/export/?as={kind}")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        size = len(sent(response))
        print(f"\n{PEOPLE} people as {kind}: {size / 1e6:.1f} MB, at most {peak / 1e6:.1f} MB in memory")  # noqa: T201
        assert peak < 20_000_000
