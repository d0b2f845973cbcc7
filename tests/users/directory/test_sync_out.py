"""Who was put out by hand stays out when the directory deletes them and sends them again (R8, R21)."""

from collections.abc import Callable

import pytest

from companies.models import Company
from licensing.errors import EmailTaken
from licensing.reconciliation import reconcile
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, remove_users
from tests.factories import make_connector
from tests.facts import nothing_changes
from tests.users.directory.people import claim, make_directory, say, set_rules, stands
from users.directory.models import Entry
from users.directory.rules import remove_connector
from users.directory.sync import Claim, bring, delete
from users.enums import Withdrawal
from users.provisioning import add_users

pytestmark = pytest.mark.django_db

SAID = {
    "all": claim("ann", external_id="x-1"),
    "userName": Claim("ANN"),
    "e-mail": claim("new", email="Ann@customer.example"),
    "e-mail as userName": Claim("ann@customer.example"),
    "externalId": Claim("new", external_id="x-1"),
}


def _remove(company: Company, entry: Entry) -> None:
    remove_users(company, users=[entry.user_id], by=None)


def _reject(company: Company, entry: Entry) -> None:
    reject_users(company, users=[entry.user_id], by=None)


def _disable(company: Company, entry: Entry) -> None:
    disable_users(company, users=[entry.user_id], by=None)


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
@pytest.mark.parametrize(
    ("put_out", "expected"),
    [
        (_remove, ("removed", "by_hand", None)),
        (_reject, ("rejected", "rejected", None)),
        (_disable, ("removed", "by_hand", None)),
    ],
)
def test_r21_sent_again_they_stay_out(
    put_out: Callable[[Company, Entry], None], expected: tuple[str, str, None], said: Claim
) -> None:
    connector = make_directory(on_deleted=Withdrawal.REMOVE, asks_approval=put_out is _reject)
    entry = bring(connector, claim("ann", external_id="x-1"))
    put_out(connector.company, entry)
    delete(entry)
    again = bring(connector, said)
    assert (again.user_id, again.scim_id == entry.scim_id) == (entry.user_id, False)
    assert stands(again) == expected
    assert stands(say(say(again, active=False), active=True)) == expected
    assert list(reconcile().findings) == []


def test_r21_undone_they_are_in() -> None:
    connector = make_directory(asks_approval=True)
    entry = bring(connector, claim("ann"))
    _reject(connector.company, entry)
    delete(entry)
    again = bring(connector, claim("ann"))
    undo_rejection(connector.company, users=[again.user_id], by=None)
    assert stands(again) == ("pendingApproval", "connector_asks", 1)


def test_r8_who_was_added_again_and_removed_by_the_directory_is_a_new_claim() -> None:
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    entry = bring(connector, claim("ann"))
    _remove(connector.company, entry)
    delete(entry)
    (user,) = add_users(connector.company, people=[claim("ann").person], by=None)
    again = bring(connector, claim("ann"))
    assert again.user_id == user.pk
    delete(again)
    last = bring(connector, claim("ann"))
    assert (last.user_id in {user.pk, entry.user_id}, stands(last)) == (False, ("active", "none", None))


def test_r21_another_user_name_is_no_way_around() -> None:
    """The resource of whom was removed is there still, under another userName: the old one is a duplicate."""
    connector = make_directory()
    entry = bring(connector, claim("ann"))
    _remove(connector.company, entry)
    say(entry, user_name="former")
    with nothing_changes(connector.company), pytest.raises(EmailTaken):
        bring(connector, claim("ann"))


def test_r21_nor_is_another_connector() -> None:
    connector = make_directory()
    entry = bring(connector, claim("ann", external_id="x-1"))
    _remove(connector.company, entry)
    remove_connector(connector, by=None)
    other = make_connector(connector.company)
    set_rules(other, asks_approval=False)
    again = bring(other, Claim("new", external_id="x-1"))
    assert (again.user_id, stands(again)) == (entry.user_id, ("removed", "by_hand", None))
    assert Entry.objects.get(pk=entry.pk).deleted_at is not None


LATER = {
    "userName": {"user_name": "ann"},
    "e-mail": {"email": "ann@customer.example"},
    "both, and externalId": {"user_name": "ann", "email": "ann@customer.example", "external_id": "x-1"},
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
@pytest.mark.parametrize("put_out", [_remove, _reject, _disable])
def test_r21_whoever_else_was_removed_later(put_out: Callable[[Company, Entry], None], later: dict[str, str]) -> None:
    """The directory calls somebody else the same, and removes that person: those put out by hand stay out."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE, asks_approval=put_out is _reject)
    entry = bring(connector, claim("ann", external_id="x-1"))
    put_out(connector.company, entry)
    delete(entry)
    other = bring(connector, claim("bob"))
    say(other, **later)
    delete(other)
    again = bring(connector, claim("ann", external_id="x-1"))
    assert (again.user_id, stands(again)[0]) == (entry.user_id, "rejected" if put_out is _reject else "removed")
    assert list(reconcile().findings) == []


def test_r21_of_several_out_by_hand_the_one_with_the_e_mail_is_meant() -> None:
    """Not the one removed last, who was called so once."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    ann, bob = bring(connector, claim("ann")), bring(connector, claim("bob"))
    _remove(connector.company, ann)
    delete(ann)
    bob = say(bob, user_name="ann")
    _remove(connector.company, bob)
    delete(bob)
    assert bring(connector, claim("ann")).user_id == ann.user_id


def test_r21_somebody_else_added_by_hand_takes_nobody_back() -> None:
    """Bob was added by hand after Ann was removed, and called like her for a while: she stays out."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    entry = bring(connector, claim("ann"))
    _remove(connector.company, entry)
    delete(entry)
    add_users(connector.company, people=[claim("bob").person], by=None)
    bob = bring(connector, claim("bob"))
    say(bob, user_name="ann")
    delete(bob)
    again = bring(connector, claim("ann"))
    assert (again.user_id, stands(again)) == (entry.user_id, ("removed", "by_hand", None))


@pytest.mark.parametrize("external_id", ["x-1", ""])
def test_r21_taken_back_under_another_e_mail(external_id: str) -> None:
    """Ann was added again, and has another e-mail by now: who has her externalId is she. Without any, she stays out."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    entry = bring(connector, claim("ann", external_id=external_id))
    _remove(connector.company, entry)
    delete(entry)
    add_users(connector.company, people=[claim("ann").person], by=None)
    added = say(bring(connector, claim("ann", external_id=external_id)), email="anna@customer.example")
    delete(added)
    again = bring(connector, claim("ann", external_id=external_id))
    expected = ("active", "none", None) if external_id else ("removed", "by_hand", None)
    assert (again.user_id == entry.user_id, stands(again)) == (not external_id, expected)


def test_r8_a_namesake_who_was_added_by_hand_and_removed_by_the_directory_is_a_new_claim() -> None:
    """Ann has the userName of Bob, whom somebody removed: taken for him until somebody adds her."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    bob = bring(connector, claim("bob"))
    _remove(connector.company, bob)
    delete(bob)
    ann = claim("bob", email="ann@customer.example")
    assert stands(bring(connector, ann)) == ("removed", "by_hand", None)
    (user,) = add_users(connector.company, people=[ann.person], by=None)
    added = say(Entry.objects.get(user_id=bob.user_id, deleted_at=None), email="ann@customer.example")
    assert added.user_id == user.pk
    delete(added)
    again = bring(connector, ann)
    assert (again.user_id in {user.pk, bob.user_id}, stands(again)) == (False, ("active", "none", None))
