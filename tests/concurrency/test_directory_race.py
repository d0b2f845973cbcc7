"""Directories and people at the cap, all at once: R3, R6, R7, R22. Each race ends with counters that agree."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from companies.models import Company
from companies.partners.scope import partner_scope
from licensing import locks
from licensing.approvals import approve_next, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import Refusal
from licensing.reconciliation import reconcile
from licensing.seats import remove_users
from tests.concurrency.racing import Act, Unlocked, collide, constraints, kinds, race, refusals
from tests.factories import add_people, make_company, make_connector, make_person
from tests.facts import history, numbers
from tests.users.directory.people import claim, line, make_directory, outcomes, say, stands
from users.directory.held import confirm_held
from users.directory.models import Connector, Entry, HeldChange, Run
from users.directory.runs import note_refused
from users.directory.sync import Claim, bring
from users.enums import Withdrawal
from users.models import User
from users.provisioning import add_users

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def _bringing(connector: Connector, *claims: Claim) -> Act:
    def act() -> list[str]:
        with partner_scope(connector.partner_id):
            return [bring(connector, said).user_name for said in claims]

    return act


def _adding(company: Company, **said: str) -> Act:
    return lambda: add_users(company, people=[make_person(**said)], by=None)


def _agrees(company: Company) -> None:
    seats, used, pending = numbers(company)
    people = User.objects.of_company(company)
    assert used == people.holding_seats().count() <= seats
    assert pending == people.filter(status="pending").count()
    assert list(reconcile().findings) == []


def test_r6_two_directories_and_an_admin_at_the_last_seats() -> None:
    """R3, R6: nobody who is brought is refused or lost, the seats are full, the others wait in order."""
    company = make_company(seats=4, tier=Tier.ADVANCED)
    first, second = make_connector(company), make_connector(company)
    results = race(
        company,
        *[_bringing(first, claim(f"a{number}")) for number in range(3)],
        *[_bringing(second, claim(f"b{number}")) for number in range(3)],
        *[_adding(company)] * 2,
    )
    assert kinds(results[:6]) == ["done"] * 6
    added = kinds(results[6:]).count("done")
    assert numbers(company) == (4, 4, 3 + added)
    assert Entry.objects.count() == 6
    assert [user.arrival for user in User.objects.of_company(company).in_line()] == list(range(1, 4 + added))
    _agrees(company)


def test_r20_the_same_person_sent_twice_at_once() -> None:
    """A client that lost patience: one resource, and a 409 for the other."""
    connector = make_directory()
    outcomes = race(connector.company, *[_bringing(connector, claim("ann"))] * 3)
    assert kinds(outcomes) == ["UserNameTaken", "UserNameTaken", "done"]
    assert Entry.objects.filter(user_name="ann").count() == 1
    _agrees(connector.company)


def test_r20_the_same_person_sent_twice_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race that the lock prevents; the database refuses the second."""
    connector = make_directory()
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(*[_bringing(connector, Claim("ann"))] * 2)
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], ["entry_user_name_once"])


def test_r21_added_by_hand_and_brought_at_once() -> None:
    """R9, R21: whoever is first, there is one user; brought second, they are linked."""
    connector = make_directory()
    results = race(
        connector.company, _bringing(connector, claim("ann")), _adding(connector.company, email="ann@customer.example")
    )
    assert kinds(results) in (["EmailTaken", "done"], ["done", "done"])
    assert User.objects.filter(email="ann@customer.example").count() == 1
    assert outcomes(connector)[-1][1] == ("added" if "EmailTaken" in kinds(results) else "linked")
    _agrees(connector.company)


def test_r21_one_person_of_the_portal_for_two_directories() -> None:
    """R21: the first takes over, the second hears that the e-mail is taken."""
    connector = make_directory()
    add_users(connector.company, people=[make_person(email="ann@customer.example")], by=None)
    other = make_connector(connector.company)
    results = race(
        connector.company, _bringing(connector, claim("ann")), _bringing(other, Claim("x", "", "ann@customer.example"))
    )
    assert kinds(results) == ["EmailTaken", "done"]
    assert refusals(results) == [{"taken": ("ann@customer.example",), "twice": ()}]
    _agrees(connector.company)


def test_r22_the_threshold_holds_when_all_come_at_once() -> None:
    """R22: four of four; two pass, whichever they are."""
    connector = make_directory(people=4, threshold_people=2)
    entries = list(Entry.objects.order_by("pk"))
    results = race(connector.company, *[_saying(entry, active=False) for entry in entries])
    assert kinds(results) == ["done"] * 4
    assert sorted(stands(entry)[0] for entry in entries) == ["disabled"] * 2 + ["held"] * 2
    assert Run.objects.count() == 1
    _agrees(connector.company)


def test_r22_confirmed_and_active_again_at_once() -> None:
    """Whichever is first: in the end the person is in, as the directory says."""
    connector = make_directory(people=1)
    entry = Entry.objects.get()
    say(entry, active=False)
    held = HeldChange.objects.get()
    race(
        connector.company,
        lambda: confirm_held(connector, held=[held.pk], by=None),
        _saying(entry, active=True),
    )
    assert stands(entry) == ("active", "none", None)
    assert len(history(entry.user)) in {1, 3}
    _agrees(connector.company)


def test_r7_released_by_the_directory_filled_from_the_line_or_taken_by_hand() -> None:
    """R3, R7: one seat is freed; it goes to the line, never to both."""
    connector = make_directory(seats=3, on_disabled=Withdrawal.REMOVE)
    company = connector.company
    choose_auto_fill(company, on=True, by=None)
    bring(connector, claim("ann"))
    leaver = Entry.objects.get(user_name="other1")
    results = race(company, _saying(leaver, active=False), *[_adding(company)] * 3)
    assert kinds(results) == ["NoSeatsAvailable"] * 3 + ["done"]
    assert (numbers(company), line(company)) == ((3, 3, 0), [])
    _agrees(company)


def test_refusals_at_once_are_one_run() -> None:
    connector = make_directory(people=0)
    barrier = threading.Barrier(4)

    def act(number: int) -> None:
        barrier.wait(10)
        with partner_scope(connector.partner_id):
            note_refused(connector, named=f"p{number}", code="email_taken")
        connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, range(4)))
    assert (Run.objects.count(), len(outcomes(connector))) == (1, 4)


def test_everybody_at_once() -> None:
    """R3, R6, R7: two directories bring, change and delete while people add, approve and remove; nobody is lost."""
    company = make_company(seats=12, tier=Tier.ADVANCED)
    choose_auto_fill(company, on=True, by=None)
    byhand = [user.pk for user in add_people(company, 3)]
    directories = [make_connector(company) for _ in range(2)]
    failures: list[BaseException] = []

    def directory(number: int) -> None:
        connector = directories[number]
        for step in range(10):
            with partner_scope(connector.partner_id):
                entry = bring(connector, claim(f"d{number}p{step}"))
                say(entry, active=step % 3 != 0)
                say(entry, last_name="New")

    def admin(number: int) -> None:
        for step in range(6):
            for act in (
                lambda: add_users(company, people=[make_person()], by=None),
                lambda: approve_next(company, count=1, by=None),
                lambda number=number, step=step: remove_users(company, users=[byhand[(number + step) % 3]], by=None),
            ):
                try:
                    with partner_scope(company.partner_id):
                        act()
                except Refusal as refusal:
                    if refusal.code == "busy":
                        failures.append(refusal)

    def run(act: object, number: int) -> None:
        try:
            act(number)  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act, number)) for act in (directory, admin) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert Entry.objects.count() == 20
    assert Run.objects.count() == 2
    _agrees(company)
    assert numbers(company)[1] == 12 or line(company) == []


def _saying(entry: Entry, **said: object) -> Act:
    def act() -> int:
        with partner_scope(entry.partner_id):
            return say(entry, **said).version

    return act
