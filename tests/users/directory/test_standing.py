"""How people stand, told to their directory: R6, R7, R20 to R22. Each situation: test_sync_table.py."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from companies.partners.scope import partner_scope
from licensing.approvals import approve_next, approve_users
from tests.factories import add_arrivals, make_connector
from tests.users.directory.people import claim, make_directory, say, set_rules, stands
from users.directory.models import Entry, HeldChange
from users.directory.rules import remove_connector
from users.directory.standing import standing_of
from users.directory.sync import bring
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("people", "queries"), [(1, 4), (2, 4), (3, 5), (20, 5)])
def test_any_number_at_one_query_count(
    people: int, queries: int, django_assert_num_queries: Callable[[int], AbstractContextManager[None]]
) -> None:
    """One more where anybody waits."""
    connector = make_directory(seats=3, people=people)
    entries = list(Entry.objects.of_connector(connector))
    with partner_scope(connector.partner_id), django_assert_num_queries(queries):
        assert len(standing_of(connector, entries)) == people


def test_nobody_is_nothing() -> None:
    assert standing_of(make_directory(people=0), []) == {}


def test_r7_the_position_counts_everybody_in_the_line() -> None:
    """R7: those of other connectors, too; and moves up when others come in."""
    connector = make_directory(seats=3, people=2)
    other = make_connector(connector.company, asks_approval=True)
    ahead = add_arrivals(other, 2)
    entries = [bring(connector, claim(name)) for name in ("ann", "bob")]
    assert [stands(entry) for entry in entries] == [
        ("pendingApproval", "no_seat", 3),
        ("pendingApproval", "no_seat", 4),
    ]
    User.objects.filter(pk=ahead[0].pk).update(status="removed", arrival=None)
    assert [stands(entry)[2] for entry in entries] == [2, 3]


def test_r7_approval_shows() -> None:
    connector = make_directory(asks_approval=True)
    ann, bob = bring(connector, claim("ann")), bring(connector, claim("bob"))
    approve_users(connector.company, users=[bob.user_id], by=None)
    assert [stands(ann)[1:], stands(bob)[1:]] == [("connector_asks", 1), ("none", None)]
    approve_next(connector.company, count=1, by=None)
    assert stands(ann) == ("active", "none", None)


def test_since_is_when_it_became_so() -> None:
    connector = make_directory(people=1, threshold_people=0, threshold_percent=0)
    entry = Entry.objects.of_connector(connector).get()
    assert standing_of(connector, [entry])[entry.pk].since == entry.user.since
    say(entry, active=False)
    held = HeldChange.objects.get()
    assert standing_of(connector, [entry])[entry.pk].since == held.asked_at


def test_a_connector_that_asks_no_more_gives_another_reason() -> None:
    connector = make_directory(asks_approval=True)
    ann = bring(connector, claim("ann"))
    set_rules(connector, asks_approval=False)
    assert stands(ann) == ("pendingApproval", "no_seat", 1)
    remove_connector(connector, by=None)
    assert stands(ann) == ("pendingApproval", "no_seat", 1)
