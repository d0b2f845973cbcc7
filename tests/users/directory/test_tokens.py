"""Bearer tokens of connectors: R2, R21, R23."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from licensing.errors import ConnectorGone
from tests.factories import make_account, make_company, make_partner
from tests.facts import facts, nothing_changes, refused
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import add_connector, hash_token, remove_connector
from users.directory.tokens import connector_of, note_contact, rotate_token

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def _made(partner: Partner | None = None) -> tuple[Connector, str]:
    company = make_company(partner, tier=Tier.ADVANCED)
    return add_connector(company, kind=ConnectorKind.ENTRA_ID, name="Entra", by=None)


def _ended(connector: Connector) -> None:
    """The overlap of the former token is over."""
    Connector.objects.filter(pk=connector.pk).update(former_token_ends_at=timezone.now())


def _contact(connector: Connector) -> dt.datetime:
    connector.refresh_from_db()
    assert connector.last_contact_at is not None
    return connector.last_contact_at


def _opened(token: str) -> Connector | None:
    """As the role that serves, which reads nothing outside a scope."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_app")
            found = connector_of(token)
            cursor.execute("RESET ROLE")
        return found


def test_r23_a_token_opens_its_own_connector_alone() -> None:
    """R23: two of the same partner, one of another."""
    partner = make_partner()
    made = [_made(partner), _made(partner), _made()]
    assert [_opened(token) for _connector, token in made] == [connector for connector, _token in made]


def test_what_is_opened_comes_with_its_company_and_partner() -> None:
    connector, token = _made()
    found = _opened(token)
    assert found is not None
    assert (found.company, found.partner) == (connector.company, connector.company.partner)
    assert {"company", "partner"} <= found._state.fields_cache.keys()


@pytest.mark.parametrize("token", ["", "ppc_", "ppc_" + "x" * 43, "\x00", "ppc_é", "\udcff", "x" * 100_000])
def test_anything_else_opens_nothing(token: str) -> None:
    _made()
    assert _opened(token) is None


def test_a_hash_is_no_token() -> None:
    connector, _token = _made()
    assert _opened(connector.token_hash) is None


def test_r2_a_removed_connector_opens_nothing() -> None:
    """R2: neither does its former token."""
    connector, former = _made()
    present = rotate_token(connector, by=None)
    remove_connector(connector, by=None)
    assert [_opened(former), _opened(present)] == [None, None]


def test_a_closed_company_opens_nothing() -> None:
    """R19: the rules allow none with a connector; what the door answers does not rest on that alone."""
    connector, token = _made()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        Company.objects.filter(pk=connector.company_id).update(closed_at=timezone.now(), seats=0, seats_used=0)
        assert _opened(token) is None
        transaction.set_rollback(True)
    assert _opened(token) == connector


@pytest.mark.parametrize(("ends_in", "opens"), [(-HOUR, False), (HOUR, True)])
def test_a_partner_whose_access_has_ended_opens_nothing(ends_in: dt.timedelta, opens: bool) -> None:
    connector, token = _made()
    Partner.objects.filter(pk=connector.partner_id).update(access_ends_at=timezone.now() + ends_in)
    assert (_opened(token) is not None) is opens


def test_the_same_is_done_for_every_token(
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    """What a token is cannot be told from the work that it makes."""
    connector, former = _made()
    present = rotate_token(connector, by=None)
    other, removed = _made()
    remove_connector(other, by=None)
    for token in (present, former, removed, "ppc_unknown", ""):
        with django_assert_num_queries(2):
            connector_of(token)


def test_a_former_token_works_until_its_time_is_over() -> None:
    connector, former = _made()
    present = rotate_token(connector, by=None)
    assert [_opened(former), _opened(present)] == [connector, connector]
    _ended(connector)
    assert [_opened(former), _opened(present)] == [None, connector]


def test_the_overlap_is_a_day_unless_told_otherwise() -> None:
    connector, _token = _made()
    for rotate, expected in (
        (partial(rotate_token, connector, by=None), 24 * HOUR),
        (partial(rotate_token, connector, by=None, overlap=HOUR), HOUR),
    ):
        rotate()
        connector.refresh_from_db()
        assert connector.former_token_ends_at is not None
        assert abs(connector.former_token_ends_at - timezone.now() - expected) < dt.timedelta(minutes=1)


def test_with_no_overlap_the_former_token_ends_at_once() -> None:
    connector, former = _made()
    present = rotate_token(connector, by=None, overlap=dt.timedelta())
    connector.refresh_from_db()
    assert (connector.former_token_hash, connector.former_token_ends_at) == (None, None)
    assert [_opened(former), _opened(present)] == [None, connector]


def test_one_former_token_at_most_works() -> None:
    connector, first = _made()
    second, third = rotate_token(connector, by=None), rotate_token(connector, by=None)
    assert len({first, second, third}) == 3
    assert [_opened(token) for token in (first, second, third)] == [None, connector, connector]


def test_a_new_token_is_not_stored_and_its_making_is_written_down() -> None:
    """No column and no event holds it."""
    connector, former = _made()
    account = make_account(connector.partner)
    token = rotate_token(connector, by=account, reason="Was in a mail")
    connector.refresh_from_db()
    assert token.startswith("ppc_")
    assert (connector.token_hash, connector.former_token_hash) == (hash_token(token), hash_token(former))
    event = AuditEvent.objects.get(company=connector.company, act=Act.TOKEN_ROTATED)
    assert (event.by_account, event.reason) == (account, "Was in a mail")
    assert event.data == {"connector": connector.pk, "kind": "entra_id", "name": "Entra"}
    stored = [*Connector.objects.values(), *AuditEvent.objects.values()]
    assert token not in str(stored)
    assert former not in str(stored)


def test_r2_a_removed_connector_gets_no_token() -> None:
    connector, _token = _made()
    remove_connector(connector, by=None)
    with refused(ConnectorGone, connector.company, connector_id=connector.pk):
        rotate_token(connector, by=None)


def test_a_contact_is_written_once_a_minute() -> None:
    connector, token = _made()
    note_contact(connector)
    first = _contact(connector)
    assert abs(first - timezone.now()) < dt.timedelta(minutes=1)
    with nothing_changes(connector.company):
        note_contact(connector)
        # As a process does that read it before another one wrote.
        connector.last_contact_at = None
        note_contact(connector)
    Connector.objects.filter(pk=connector.pk).update(last_contact_at=first - HOUR)
    again = _opened(token)
    assert again is not None
    note_contact(again)
    assert _contact(connector) >= first


def test_a_contact_changes_nothing_else() -> None:
    connector, _token = _made()
    _made(connector.partner)
    before = facts(connector.company)
    note_contact(connector)
    after = facts(connector.company)
    row, changed = before["directory.Connector"][0], after["directory.Connector"].pop(0)
    assert {key for key in row if changed[key] != row[key]} == {"last_contact_at"}
    assert after == before | {"directory.Connector": before["directory.Connector"][1:]}
