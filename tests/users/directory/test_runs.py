"""What a connector did, for people to read: R6, "nobody is lost unseen"."""

import datetime as dt

import pytest
from django.db.models.functions import Now

from companies.partners.scope import partner_scope
from licensing.errors import EmailTaken
from tests.facts import facts
from tests.users.directory.people import claim, make_directory, outcomes, say
from users.directory.models import Connector, Outcome, Run
from users.directory.runs import note_refused
from users.directory.sync import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def connector() -> Connector:
    return make_directory()


def _ago(minutes: float) -> None:
    Run.objects.update(last_at=Now() - dt.timedelta(minutes=minutes))


def test_changes_less_than_ten_minutes_apart_are_one_run(connector: Connector) -> None:
    (run,) = Run.objects.all()
    _ago(9.9)
    ann = bring(connector, claim("ann"))
    assert Run.objects.get().last_at > run.last_at
    _ago(10)
    say(ann, first_name="Anna")
    first, second = Run.objects.order_by("pk")
    assert [first.outcomes.count(), second.outcomes.count()] == [3, 1]
    assert first.pk == run.pk


def test_each_connector_has_its_own(connector: Connector) -> None:
    make_directory()
    assert [run.outcomes.count() for run in Run.objects.order_by("pk")] == [2, 2]
    assert Run.objects.filter(connector=connector).count() == 1


def test_the_last_change_is_remembered(connector: Connector) -> None:
    connector.refresh_from_db()
    before = connector.last_change_at
    assert before is not None
    ann = bring(connector, claim("ann"))
    connector.refresh_from_db()
    after = connector.last_change_at
    assert after is not None
    assert after > before
    say(ann)
    connector.refresh_from_db()
    assert connector.last_change_at == after


def test_a_refusal_is_written_beside_what_it_undid(connector: Connector) -> None:
    """In a transaction and a scope of its own, as the door calls it."""
    with partner_scope(connector.partner_id), pytest.raises(EmailTaken) as caught:
        bring(connector, claim("ann", email="other1@customer.example"))
    with partner_scope(connector.partner_id):
        note_refused(connector, named="ann", code=caught.value.code)
    assert outcomes(connector)[-1] == ("ann", "refused", "email_taken")
    assert Run.objects.count() == 1


def test_a_refusal_repeated_in_the_same_run_is_written_once(connector: Connector) -> None:
    entry = bring(connector, claim("ann"))
    for _ in range(3):
        note_refused(connector, named="bob", code="email_taken")
        note_refused(connector, named="ann", code="email_taken", entry=entry)
    note_refused(connector, named="bob", code="invalid_person")
    assert [row[1:] for row in outcomes(connector)[3:]] == [
        ("refused", "email_taken"),
        ("refused", "email_taken"),
        ("refused", "invalid_person"),
    ]
    _ago(10)
    note_refused(connector, named="bob", code="email_taken")
    assert Run.objects.count() == 2


def test_a_refusal_is_no_change(connector: Connector) -> None:
    before = facts(connector.company)
    note_refused(connector, named="bob", code="email_taken")
    after = facts(connector.company)
    assert {table for table in after if after[table] != before[table]} == {"directory.Run", "directory.Outcome"}


@pytest.mark.parametrize(
    ("named", "kept"), [("a" * 300, "a" * 254), ("b\0o\nb", "bob"), ("\ud800Jürgen 山", "Jürgen 山")]
)
def test_whatever_they_are_called_can_be_written(connector: Connector, named: str, kept: str) -> None:
    note_refused(connector, named=named, code="invalid_person")
    assert Outcome.objects.latest("pk").named == kept
