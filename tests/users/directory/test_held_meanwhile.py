"""What is held, and what happens to the person meanwhile (R8, R18, R20, R21, R22)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db.models import F

from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.rejections import reject_users
from licensing.seats import disable_users, enable_users, remove_users
from tests.facts import history, nothing_changes, numbers
from tests.users.directory.people import claim, make_directory, outcomes, say, set_rules, stands, status
from users.directory.held import confirm_held, reject_held
from users.directory.models import Connector, Entry, HeldChange, Outcome, Run
from users.directory.queries import differences_of, health, held_in, held_of
from users.directory.sync import bring, delete
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def connector() -> Connector:
    """Two people, and whoever would be taken away is held."""
    return make_directory(people=2, threshold_people=0, threshold_percent=0)


@pytest.fixture
def entry(connector: Connector) -> Entry:
    """Disabled there, and held."""
    first = Entry.objects.of_connector(connector).order_by("pk")[0]
    say(first, active=False)
    assert stands(first)[0] == "held"
    return first


def _open() -> list[tuple[int, str]]:
    """Of which entry, and what."""
    return list(HeldChange.objects.filter(decided_at=None).order_by("pk").values_list("entry", "how"))


def _later(minutes: int) -> None:
    """So much time passes."""
    ago = dt.timedelta(minutes=minutes)
    Run.objects.update(last_at=F("last_at") - ago)
    Outcome.objects.update(at=F("at") - ago)
    HeldChange.objects.update(asked_at=F("asked_at") - ago)


def test_r21_disabled_by_hand_meanwhile_active_again_changes_nothing_of_that(
    connector: Connector, entry: Entry
) -> None:
    disable_users(connector.company, users=[entry.user_id], by=None)
    say(entry, active=True)
    assert (stands(entry), _open()) == (("disabled", "by_hand", None), [])
    assert (
        outcomes(connector)[-1] == ("other1", "changed", "changed_by_hand") or outcomes(connector)[-1][2] == "by_hand"
    )


def test_r21_removed_by_hand_meanwhile_active_again_brings_nobody_back(connector: Connector, entry: Entry) -> None:
    remove_users(connector.company, users=[entry.user_id], by=None)
    before = numbers(connector.company)
    say(entry, active=True)
    assert (stands(entry), _open(), numbers(connector.company)) == (("removed", "by_hand", None), [], before)


def _remove(entry: Entry) -> None:
    remove_users(entry.user.company, users=[entry.user_id], by=None)


def _reject(entry: Entry) -> None:
    """Somebody who waited meanwhile."""
    User.objects.filter(pk=entry.user_id).update(status="pending", arrival=1)
    reject_users(entry.user.company, users=[entry.user_id], by=None)


def _transfer(entry: Entry) -> None:
    """Primary for a while, and deleted in the directory (R18)."""
    company = entry.user.company
    former = company.primary_user_id
    transfer_primary(company, to=entry.user_id, by=None)
    set_rules(entry.connector, on_deleted=Withdrawal.REMOVE)
    delete(Entry.objects.get(pk=entry.pk))
    transfer_primary(company, to=former, by=None)


@pytest.mark.parametrize("door", [_remove, _reject, _transfer])
def test_r22_who_is_removed_meanwhile_is_held_no_more(
    connector: Connector, entry: Entry, door: Callable[[Entry], None]
) -> None:
    """By whichever door: the entry leaves the list and every count at once, undone and decided by nobody."""
    other = Entry.objects.of_connector(connector).order_by("pk")[1]
    say(other, active=False)
    before = HeldChange.objects.get(entry=entry)
    door(Entry.objects.select_related("connector", "user__company").get(pk=entry.pk))
    assert status(entry) == "removed"
    assert [held.entry for held in held_of(connector)] == [other]
    assert (health(connector).held, [vars(one)["held_count"] for one in held_in(connector.company)]) == (1, [1])
    void = HeldChange.objects.get(pk=before.pk)
    assert (void.decided_at is None, void.decided_by, void.is_confirmed) == (False, None, False)
    with nothing_changes(connector.company):
        assert confirm_held(connector, held=[void.pk], by=None) == 0
        assert differences_of(connector) == []


def test_r21_added_again_by_hand_meanwhile_the_hold_was_about_another(connector: Connector, entry: Entry) -> None:
    """R21: whoever was added again is taken over; what the directory says then is what counts."""
    remove_users(connector.company, users=[entry.user_id], by=None)
    (again,) = add_users(connector.company, people=[Person("Other1", "Lee", "other1@customer.example")], by=None)
    say(entry, active=True)
    assert (stands(entry), _open()) == (("active", "none", None), [])
    assert Entry.objects.get(pk=entry.pk).user_id == again.pk


def test_r21_added_again_by_hand_meanwhile_and_still_disabled_there(connector: Connector, entry: Entry) -> None:
    """What would be done to them is judged anew, and stands once."""
    remove_users(connector.company, users=[entry.user_id], by=None)
    add_users(connector.company, people=[Person("Other1", "Lee", "other1@customer.example")], by=None)
    set_rules(connector, threshold_people=5, threshold_percent=10)
    bring(connector, claim("ann"))
    say(entry, active=False)
    assert (stands(entry), _open()) == (("disabled", "disabled_in_directory", None), [])


def test_r22_deleted_held_and_sent_again_inactive_is_held_once(connector: Connector) -> None:
    """R20: the same person, so one change to decide about, of the resource that exists."""
    first = Entry.objects.of_connector(connector).order_by("pk")[0]
    delete(first)
    again = bring(connector, claim("other1", active=False))
    assert again.user_id == first.user_id
    assert (_open(), stands(again)[0]) == ([(again.pk, "disable")], "held")
    assert confirm_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None) == 1
    assert stands(again) == ("disabled", "disabled_in_directory", None)
    assert history(again.user) == [("", "active", "directory"), ("active", "disabled", "directory")]


def test_r22_held_disabled_and_then_deleted_the_latest_counts(connector: Connector, entry: Entry) -> None:
    set_rules(connector, on_deleted=Withdrawal.REMOVE)
    delete(Entry.objects.get(pk=entry.pk))
    assert _open() == [(entry.pk, "remove")]
    assert confirm_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None) == 1
    assert stands(entry) == ("removed", "deleted_in_directory", None)
    assert list(reconcile().findings) == []


def test_r22_rejected_and_asked_again_in_another_way_is_held_again(connector: Connector, entry: Entry) -> None:
    reject_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None)
    with nothing_changes(connector.company):
        say(entry, active=False)
    delete(Entry.objects.get(pk=entry.pk))
    assert _open() == [(entry.pk, "disable")]


def test_r22_enabled_by_hand_after_the_confirmation_stays(connector: Connector, entry: Entry) -> None:
    confirm_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None)
    enable_users(connector.company, users=[entry.user_id], by=None)
    with nothing_changes(connector.company):
        say(entry, active=False)
    assert stands(entry) == ("active", "differs_from_directory", None)


def test_r22_singles_of_several_runs_within_an_hour_are_counted_together() -> None:
    """R22: three, a pause that ends the run, two: the sixth is held; an hour on the first three are forgotten."""
    connector = make_directory(seats=20, people=12)
    entries = list(Entry.objects.of_connector(connector).order_by("pk"))
    told = []
    for number, entry in enumerate(entries[:6]):
        if number == 3:
            _later(minutes=30)
        say(entry, active=False)
        told.append(stands(entry)[0])
    assert Run.objects.count() == 2
    assert told == ["disabled"] * 5 + ["held"]
    # The first three are an hour old now, the other two and the held one are not.
    _later(minutes=30)
    for entry in entries[6:9]:
        say(entry, active=False)
    assert [stands(entry)[0] for entry in entries[6:9]] == ["disabled", "disabled", "held"]


def test_r18_the_primary_user_is_noted_beside_what_is_held(connector: Connector, entry: Entry) -> None:
    """The transfer carries the wish out, the hold of others stays; back there, the directory may enable them (R8)."""
    company = connector.company
    primary = Entry.objects.of_connector(connector).order_by("pk")[1]
    portals = company.primary_user_id
    transfer_primary(company, to=primary.user_id, by=None)
    say(primary, active=False)
    assert (stands(primary), len(_open())) == (("active", "primary_user", None), 1)
    transfer_primary(company, to=portals, by=None)
    assert stands(primary) == ("disabled", "disabled_in_directory", None)
    assert (_open(), stands(entry)[0]) == ([(entry.pk, "disable")], "held")
    say(primary, active=True)
    assert stands(primary) == ("active", "none", None)
    assert list(reconcile().findings) == []


def test_r18_r22_held_and_primary_by_now_the_wish_is_noted_once(connector: Connector, entry: Entry) -> None:
    """Whoever became primary while held: confirmed it is a wish, and the transfer carries it out."""
    company = connector.company
    portals = company.primary_user_id
    transfer_primary(company, to=entry.user_id, by=None)
    confirm_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None)
    assert (stands(entry), _open()) == (("active", "primary_user", None), [])
    transfer_primary(company, to=portals, by=None)
    assert stands(entry) == ("disabled", "disabled_in_directory", None)
