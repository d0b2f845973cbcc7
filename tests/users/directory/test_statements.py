"""What a directory's word costs in statements: thousands come one after the other under the company's lock."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing.seats import remove_users
from tests.users.directory.people import claim, make_directory, say, set_rules, stands
from users.directory.models import Connector
from users.directory.sync import bring, change, delete
from users.enums import Withdrawal

pytestmark = pytest.mark.django_db

LOCK = 2
"""Both timeouts set; the company's row, which sets one of them back."""


@pytest.fixture
def connector() -> Connector:
    return _as_the_door_has_it(make_directory(people=3))


def _as_the_door_has_it(connector: Connector) -> Connector:
    """With its company at hand."""
    return Connector.objects.select_related("company").get(pk=connector.pk)


def _statements(act: Callable[[], object]) -> int:
    """How many, but for savepoints and the lock; said one by one where a test fails."""
    with CaptureQueriesContext(connection) as captured:
        act()
    asked = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    print("\n".join(asked))  # noqa: T201 - shown of a failure
    return len(asked) - LOCK


def test_r6_somebody_new(connector: Connector) -> None:
    """The connector, with whether they are known; the person, history, audit, entry; the run with its outcome."""
    assert _statements(lambda: bring(connector, claim("ann", external_id="a-1"))) == 6


def test_r6_somebody_who_waits(connector: Connector) -> None:
    """And their place in the line."""
    set_rules(connector, asks_approval=True)
    connector = _as_the_door_has_it(connector)
    assert _statements(lambda: bring(connector, claim("ann"))) == 7


def test_the_same_again(connector: Connector) -> None:
    """The entry with its person and connector."""
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: change(entry, claim("ann"))) == 1


def test_r9_another_name(connector: Connector) -> None:
    """The entry; the person, audit; the run with its outcome; the entry."""
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: change(entry, claim("ann", first_name="Anna"))) == 5


def test_r9_another_e_mail(connector: Connector) -> None:
    """And whether it is somebody else's."""
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: change(entry, claim("ann", email="anna@customer.example"))) == 6


def test_another_attribute(connector: Connector) -> None:
    """The entry; audit; the run with its outcome; the entry."""
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: change(entry, claim("ann", attributes={"title": "Boss"}))) == 4


def test_r20_disabled_there(connector: Connector) -> None:
    """The entry; what is held, and how many; the person, history, audit, automatic filling; the outcome; the entry,
    which is read again."""
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: change(entry, claim("ann", active=False))) == 10
    assert stands(entry)[0] == "disabled"


def test_r20_deleted_there(connector: Connector) -> None:
    entry = bring(connector, claim("ann"))
    assert _statements(lambda: delete(entry)) == 9
    assert stands(entry)[0] == "disabled"


@pytest.mark.parametrize("others", [0, 1, 3])
def test_r21_out_by_hand(connector: Connector, others: int) -> None:
    """Any number who were removed, and could be meant, at one count."""
    set_rules(connector, on_deleted=Withdrawal.REMOVE)
    entry = bring(connector, claim("ann"))
    remove_users(connector.company, users=[entry.user_id], by=None)
    delete(entry)
    for number in range(others):
        delete(say(bring(connector, claim(f"taker{number}")), user_name="ann"))
    connector = _as_the_door_has_it(connector)
    assert _statements(lambda: bring(connector, claim("ann"))) == 14
