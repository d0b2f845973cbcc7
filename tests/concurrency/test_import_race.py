"""Imports with everybody at once, and killed workers: nobody lost, nobody doubled, no seat too many (R3, R5)."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import Client

from companies.models import Company
from companies.partners.scope import partner_scope
from licensing.reconciliation import reconcile
from tests.concurrency.racing import blind, collide, constraints, held, kinds, race, until_waiting
from tests.factories import make_account, make_company, make_import, make_person
from tests.facts import numbers
from tests.served import database_url
from tests.working import work
from users.accounts.models import Account
from users.imports import running
from users.imports.running import add_chunk, confirm, leave_to_worker, work_off
from users.models import ImportRun, StatusChange, User
from users.provisioning import add_users

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

WORKER = """
import sys
import django
django.setup()
from django.db import connection
from users.imports import running
running.CHUNK = 2
running.work_off(int(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture
def account() -> Account:
    return make_account()


def confirmed(company: Company, account: Account, count: int, *, together: bool, may_wait: bool = False) -> ImportRun:
    run = make_import(company, account, [make_person() for _ in range(count)])
    assert confirm(run, all_or_nothing=together, may_wait=may_wait)
    return run


def outcomes(run: ImportRun) -> list[str]:
    return list(run.rows.order_by("number").values_list("outcome", flat=True))


def test_the_last_seat_goes_to_an_import_or_to_somebody_else_never_to_both(account: Account) -> None:
    company = make_company(account.partner, seats=2)
    run = confirmed(company, account, 1, together=True)
    found = race(
        company,
        lambda: work_off(run.partner_id, run.pk),
        lambda: add_users(company, people=[make_person()], by=None),
    )
    run.refresh_from_db()
    assert numbers(company) == (2, 2, 0)
    assert (kinds(found), run.state) in ((["NoSeatsAvailable", "done"], "done"), (["done", "done"], "refused"))


def test_those_that_can_be_added_make_way_for_whoever_came_first(account: Account) -> None:
    company = make_company(account.partner, seats=5)
    run = confirmed(company, account, 4, together=False, may_wait=True)
    found = race(
        company,
        lambda: work_off(run.partner_id, run.pk),
        lambda: add_users(company, people=[make_person(), make_person()], by=None),
    )
    _seats, used, pending = numbers(company)
    first = (["NoSeatsAvailable", "done"], 5, 0, ["added"] * 4)
    second = (["done", "done"], 5, 2, ["added"] * 2 + ["waiting"] * 2)
    assert (kinds(found), used, pending, outcomes(run)) in (first, second)
    assert reconcile().findings == ()


def test_r3_without_the_checks_the_database_refuses(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: had nobody counted the seats, the rows of the chunk would have no outcome, and nobody a seat."""
    company = make_company(account.partner, seats=2)
    run = confirmed(company, account, 2, together=False)
    monkeypatch.setattr("licensing.locks._lock", blind)
    assert constraints(collide(lambda: add_chunk(run, company))) == ["company_used_within_seats"]
    assert (numbers(company), outcomes(run)) == ((2, 1, 0), ["", ""])


def test_two_workers_at_one_import_do_it_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    company = make_company(account.partner, seats=20)
    run = confirmed(company, account, 10, together=False)
    race(company, *[lambda: work_off(run.partner_id, run.pk)] * 2)
    assert (numbers(company), outcomes(run)) == ((20, 11, 0), ["added"] * 10)
    assert StatusChange.objects.filter(company=company, door="file").count() == 10


@pytest.mark.parametrize("step", ["", "columns/"])
def test_r5_what_is_confirmed_is_not_changed_by_another_tab_at_the_same_moment(account: Account, step: str) -> None:
    company = make_company(account.partner, seats=9)
    run = make_import(company, account, [make_person("Ann"), make_person("Bob")])
    people = list(run.rows.order_by("number").values())
    typed = {"act": "save", "rows": "2", "2-first_name": "Eve", "2-last_name": "Roe", "2-email": "eve@evil.example"}
    columns = {"first_name": "1", "last_name": "0", "email": "2", "has_header": "on"}
    client = Client()
    client.force_login(account)
    path = f"/companies/{company.pk}/users/add/file/{run.token}/{step}"
    with ThreadPoolExecutor(1) as other_tab:
        with transaction.atomic():
            assert confirm(run, all_or_nothing=False, may_wait=False)
            answer = other_tab.submit(client.post, path, columns if step else typed)
            until_waiting(1)
        assert answer.result(10).status_code == 302
        other_tab.submit(connections.close_all).result(10)
    run.refresh_from_db()
    assert (run.state, list(run.rows.order_by("number").values())) == ("waiting", people)
    work_off(run.partner_id, run.pk)
    assert (numbers(company), outcomes(run)) == ((9, 3, 0), ["added"] * 2)


@pytest.mark.parametrize("together", [True, False])
def test_a_worker_does_what_was_left_to_it(account: Account, together: bool) -> None:
    company = make_company(account.partner, seats=9)
    run = confirmed(company, account, 5, together=together)
    with partner_scope(run.partner_id):
        leave_to_worker(run)
    work()
    run.refresh_from_db()
    assert (run.state, outcomes(run), numbers(company)) == ("done", ["added"] * 5, (9, 6, 0))


def test_a_worker_that_is_killed_at_any_moment_loses_and_doubles_nobody(account: Account) -> None:
    """kill -9, again and again; somebody else adds people meanwhile; the last one ends what they began."""
    company = make_company(account.partner, seats=100)
    run = confirmed(company, account, 120, together=False, may_wait=True)
    killed = 0
    for attempt in range(4):
        worker = _begin(run)
        _until_further(run)
        time.sleep(0.013 * attempt)
        killed += worker.poll() is None
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
        _consistent(run, company)
        add_users(company, people=[make_person()], by=None)
    assert killed > 0
    work_off(run.partner_id, run.pk)
    _consistent(run, company)
    run.refresh_from_db()
    found = outcomes(run)
    others = User.objects.of_company(company).holding_seats().exclude(email__in=run.rows.values("email")).count()
    assert (run.state, numbers(company)) == ("done", (100, 100, found.count("waiting")))
    assert (found.count("added") + others, found.count("added") + found.count("waiting")) == (100, 120)
    assert reconcile().findings == ()


def test_all_or_nobody_is_nobody_where_the_worker_is_killed(account: Account) -> None:
    company = make_company(account.partner, seats=200)
    run = confirmed(company, account, 120, together=True)
    with held(company):
        worker = _begin(run)
        until_waiting(1)
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    assert (numbers(company), set(outcomes(run))) == ((200, 1, 0), {""})
    for attempt in range(3):
        worker = _begin(run)
        time.sleep(0.7 + 0.3 * attempt)
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
        _consistent(run, company)
        assert len(set(outcomes(run))) == 1
    work_off(run.partner_id, run.pk)
    run.refresh_from_db()
    assert (run.state, numbers(company), outcomes(run)) == ("done", (200, 121, 0), ["added"] * 120)


def _begin(run: ImportRun) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-c", WORKER, str(run.partner_id), str(run.pk)]
    return subprocess.Popen(command, env=environment, cwd=Path(settings.BASE_DIR))


def _until_further(run: ImportRun) -> None:
    """Until the worker has begun."""
    before = run.rows.exclude(outcome="").count()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and run.rows.exclude(outcome="").count() == before:
        time.sleep(0.01)


def _consistent(run: ImportRun, company: Company) -> None:
    """Every row that has an outcome has its person, once; every other row has none."""
    emails = list(run.rows.filter(outcome__in=["added", "waiting"]).values_list("email", flat=True))
    known = User.objects.of_company(company).filter(email__in=run.rows.values("email"))
    assert sorted(known.values_list("email", flat=True)) == sorted(emails)
    seats, used, _pending = numbers(company)
    assert used <= seats
