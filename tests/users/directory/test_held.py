"""What goes past a connector's threshold waits for an Admin (R22)."""

import datetime as dt

import pytest
from django.core import mail
from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.partners.scope import partner_scope
from licensing.approvals import choose_auto_fill
from licensing.errors import ConnectorGone
from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.seats import disable_users, enable_users
from tests.factories import add_arrivals, make_account, make_connector
from tests.facts import history, nothing_changes, numbers, refused
from tests.users.directory.people import claim, line, make_directory, outcomes, say, set_rules, stands
from users.accounts.colleagues import withdraw
from users.accounts.enums import Role
from users.directory.held import confirm_held, reject_held
from users.directory.models import Connector, Entry, HeldChange, Outcome, Run
from users.directory.rules import remove_connector
from users.directory.sync import bring, delete
from users.enums import Withdrawal
from users.models import User

pytestmark = pytest.mark.django_db


def _people(connector: Connector, count: int) -> list[Entry]:
    """The first `count` of the connector's people."""
    return list(Entry.objects.of_connector(connector).order_by("pk")[:count])


def _off(entries: list[Entry]) -> list[str]:
    """All of them disabled in the directory, one after the other; how each stands then."""
    for entry in entries:
        say(entry, active=False)
    return [stands(entry)[0] for entry in entries]


def _hour_later() -> None:
    hour = dt.timedelta(hours=1)
    Outcome.objects.update(at=Now() - hour)
    HeldChange.objects.update(asked_at=Now() - hour)


def _open() -> list[int]:
    return list(HeldChange.objects.filter(decided_at=None).order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("people", "threshold", "passes"),
    [
        (70, (5, 10), 7),  # 10 % of 70
        (69, (5, 10), 6),  # 7 are more than 6.9
        (20, (5, 10), 5),  # 2 would be 10 %, but 5 people are allowed
        (20, (0, 0), 0),
        (20, (0, 10), 2),
        (20, (8, 0), 8),
        (5, (5, 10), 4),  # all but the last
        (5, (100, 100), 4),
        (2, (5, 10), 1),
        (1, (5, 10), 1),  # whoever tries a connection out
        (1, (0, 0), 0),
    ],
)
def test_r22_so_many_pass(people: int, threshold: tuple[int, int], passes: int) -> None:
    """R22: more than so many people and more than so many percent, or everyone, are too many; all others pass."""
    connector = make_directory(seats=100, people=0, threshold_people=threshold[0], threshold_percent=threshold[1])
    add_arrivals(connector, people - min(people, passes + 2))
    for number in range(min(people, passes + 2)):
        bring(connector, claim(f"p{number}"))
    entries = _people(connector, min(people, passes + 2))
    told = _off(entries)
    assert told == ["disabled"] * passes + ["held"] * (len(entries) - passes)
    assert list(reconcile().findings) == []


def test_r22_removed_people_count_among_those_managed() -> None:
    """R22: 10 % of 70, also while every removal leaves fewer."""
    connector = make_directory(seats=100, people=8, on_disabled=Withdrawal.REMOVE)
    add_arrivals(connector, 62)
    assert _off(_people(connector, 8)) == ["removed"] * 7 + ["held"]


def test_r22_what_is_held_is_answered_as_done_and_not_done() -> None:
    connector = make_directory(people=3, on_disabled=Withdrawal.REMOVE)
    entries = _people(connector, 3)
    assert _off(entries) == ["removed", "removed", "held"]
    last = Entry.objects.select_related("user").get(pk=entries[2].pk)
    assert (last.active, last.version, last.user.status) == (False, 2, "active")
    assert stands(last) == ("held", "held", None)
    assert numbers(connector.company) == (10, 2, 0)
    assert outcomes(connector)[-1] == ("other3", "held", "disabled_in_directory")
    (held,) = HeldChange.objects.all()
    assert (held.entry, held.connector, held.how, held.decided_at) == (last, connector, "remove", None)
    event = AuditEvent.objects.filter(company=connector.company).latest("pk")
    assert (event.act, event.data, event.by_connector) == (
        Act.USERS_HELD,
        {"users": [last.user_id], "count": 1},
        connector,
    )
    with nothing_changes(connector.company):
        say(last, active=False)


def test_r22_a_held_deletion_frees_the_resource() -> None:
    """R20, R22: the id is gone and the userName free, the person stays; sent again, the hold is void."""
    connector = make_directory(people=1, threshold_people=0, threshold_percent=0)
    (entry,) = _people(connector, 1)
    delete(entry)
    assert stands(entry) == ("held", "held", None)
    assert Entry.objects.of_connector(connector).count() == 0
    again = bring(connector, claim("other1"))
    assert (again.user_id, stands(again), _open()) == (entry.user_id, ("active", "none", None), [])
    assert (numbers(connector.company), len(history(again.user))) == ((10, 2, 0), 1)


def test_r22_while_something_is_held_all_else_goes_on() -> None:
    connector = make_directory(people=2)
    _off(_people(connector, 2))
    assert len(_open()) == 1
    ann = bring(connector, claim("ann"))
    assert (stands(say(ann, first_name="Anna")), stands(ann)[0]) == (("active", "none", None), "active")
    other1, other2 = _people(connector, 2)
    assert (say(other1, active=True).user.status, say(other2, last_name="New").user.last_name) == ("active", "New")
    assert stands(other2)[0] == "held"


def test_r22_active_again_the_hold_ends_undone() -> None:
    connector = make_directory(people=1, threshold_people=0, threshold_percent=0)
    (entry,) = _people(connector, 1)
    say(entry, active=False)
    say(entry, active=True)
    held = HeldChange.objects.get()
    assert (held.decided_at is None, held.decided_by, held.is_confirmed) == (False, None, False)
    assert (stands(entry), len(history(entry.user))) == (("active", "none", None), 1)
    say(entry, active=False)
    assert (stands(entry)[0], HeldChange.objects.count()) == ("held", 2)


def test_r22_an_hour_later_as_many_pass_again() -> None:
    connector = make_directory(people=8)
    entries = _people(connector, 8)
    assert _off(entries[:6]) == ["disabled"] * 5 + ["held"]
    _hour_later()
    assert [_off([entry]) for entry in entries[6:]] == [["disabled"], ["disabled"]]
    assert stands(entries[5])[0] == "held"


def test_r22_who_is_back_does_not_count() -> None:
    """One person who comes and goes is no mass; nor is somebody whom an Admin enabled again."""
    connector = make_directory(people=8)
    entries = _people(connector, 8)
    for _ in range(6):
        say(entries[0], active=False)
        say(entries[0], active=True)
    assert _off(entries[:5]) == ["disabled"] * 5
    enable_users(connector.company, users=[entries[0].user_id], by=None)
    assert _off(entries[5:7]) == ["disabled", "held"]


def test_r22_what_is_done_by_hand_does_not_count() -> None:
    connector = make_directory(people=9)
    entries = _people(connector, 9)
    disable_users(connector.company, users=[entry.user_id for entry in entries[:6]], by=None)
    assert _off(entries[:6]) == ["disabled"] * 6
    assert _off(entries[6:8]) == ["disabled"] * 2


def test_r22_those_who_wait_count_too() -> None:
    """R20, R22: they would lose their places."""
    connector = make_directory(people=0, asks_approval=True)
    entries = [bring(connector, claim(f"p{number}")) for number in range(8)]
    assert _off(entries[:6]) == ["pendingApproval"] * 5 + ["held"]
    assert line(connector.company) == ["P5", "P6", "P7"]


def test_r18_the_primary_user_is_never_held() -> None:
    connector = make_directory(people=2)
    primary = _people(connector, 2)[1]
    transfer_primary(connector.company, to=primary.user_id, by=None)
    set_rules(connector, threshold_people=0, threshold_percent=0)
    say(primary, active=False)
    assert (stands(primary), _open()) == (("active", "primary_user", None), [])


def test_r22_admins_are_told_once_in_a_run() -> None:
    """R22, R24: the partner's Admins alone, and again in the next run."""
    connector = make_directory(people=4, threshold_people=0, threshold_percent=0)
    partner = connector.company.partner
    admins = [make_account(partner) for _ in range(2)]
    for role in (Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY):
        make_account(partner, role=role)
    withdraw(make_account(partner), by=admins[0])
    make_account()
    entries = _people(connector, 4)
    mail.outbox.clear()
    with partner_scope(connector.partner_id):
        _off(entries[:3])
    assert [sent.to for sent in mail.outbox] == [[admin.email] for admin in admins]
    assert connector.name in mail.outbox[0].subject
    link = f"/companies/{connector.company_id}/settings/connectors/{connector.pk}/held/"
    assert [sent.body.rstrip().endswith(link) for sent in mail.outbox] == [True, True]
    assert connector.company.name in mail.outbox[0].body
    Run.objects.update(last_at=Now() - dt.timedelta(minutes=10))
    _off(entries[3:])
    assert len(mail.outbox) == 4


def test_r22_confirmed_they_are_carried_out_at_once() -> None:
    """R17, R20, R22: in the directory's name, by the account in the audit; and the directory can undo it later."""
    connector = make_directory(seats=6, people=5, threshold_people=0, threshold_percent=0)
    company = connector.company
    by = make_account(company.partner)
    entries = _people(connector, 5)
    choose_auto_fill(company, on=True, by=None)
    waiting = bring(connector, claim("ann"))
    set_rules(connector, on_disabled=Withdrawal.REMOVE)
    _off(entries[:2])
    set_rules(connector, on_disabled=Withdrawal.DISABLE)
    _off(entries[2:4])
    held = _open()
    assert (len(held), stands(waiting)) == (4, ("pendingApproval", "no_seat", 1))

    assert confirm_held(connector, held=held[:3], by=by) == 3

    assert [stands(entry)[0] for entry in entries] == ["removed", "removed", "disabled", "held", "active"]
    assert stands(waiting) == ("active", "none", None)
    assert numbers(company) == (6, 5, 0)
    assert history(entries[0].user)[-1] == ("active", "removed", "directory")
    assert entries[0].user.status_changes.latest("pk").by_connector == connector
    decided = HeldChange.objects.filter(pk__in=held[:3]).values_list("is_confirmed", "decided_by")
    assert set(decided) == {(True, by.pk)}
    event = AuditEvent.objects.get(company=company, act=Act.HELD_CONFIRMED)
    assert (event.by_account, event.data) == (by, {"users": [entry.user_id for entry in entries[:3]], "count": 3})
    assert outcomes(connector)[-3:] == [
        ("other1", "removed", "confirmed"),
        ("other2", "removed", "confirmed"),
        ("other3", "disabled", "confirmed"),
    ]
    with nothing_changes(company):
        assert confirm_held(connector, held=held[:3], by=by) == 0
    say(entries[2], active=True)
    assert stands(entries[2]) == ("active", "none", None)
    assert list(reconcile().findings) == []


def test_r22_what_was_confirmed_does_not_count_against_the_next() -> None:
    connector = make_directory(seats=20, people=14)
    entries = _people(connector, 14)
    _off(entries[:8])
    assert confirm_held(connector, held=_open(), by=None) == 3
    _hour_later()
    Outcome.objects.filter(code="confirmed").update(at=Now())
    assert _off(entries[8:13]) == ["disabled"] * 5


def test_r22_confirming_what_is_done_otherwise_by_now() -> None:
    """Disabled by hand meanwhile, or the primary user by now: nobody is lost, nothing is done twice."""
    connector = make_directory(people=3, threshold_people=0, threshold_percent=0)
    disabled, primary, other = _people(connector, 3)
    _off([disabled, primary])
    disable_users(connector.company, users=[disabled.user_id], by=None)
    transfer_primary(connector.company, to=primary.user_id, by=None)
    assert confirm_held(connector, held=_open(), by=None) == 2
    assert [stands(entry)[:2] for entry in (disabled, primary, other)] == [
        ("disabled", "by_hand"),
        ("active", "primary_user"),
        ("active", "none"),
    ]
    assert [row[1:] for row in outcomes(connector)[-2:]] == [
        ("changed", "confirmed"),
        ("changed", "confirmed"),
    ]
    assert list(reconcile().findings) == []


def test_r22_rejected_they_differ_from_the_directory() -> None:
    connector = make_directory(people=3, threshold_people=0, threshold_percent=0)
    by = make_account(connector.company.partner)
    entries = _people(connector, 3)
    _off(entries[:1])
    delete(entries[1])
    before = numbers(connector.company)
    assert reject_held(connector, held=_open(), by=by) == 2
    assert [stands(entry) for entry in entries[:2]] == [("active", "differs_from_directory", None)] * 2
    assert numbers(connector.company) == before
    event = AuditEvent.objects.get(company=connector.company, act=Act.HELD_REJECTED)
    assert (event.by_account, event.data["count"]) == (by, 2)
    with nothing_changes(connector.company):
        assert reject_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=by) == 0
        say(entries[0], active=False)
    say(entries[0], active=True)
    assert stands(entries[0]) == ("active", "none", None)


def test_r22_r23_only_the_connectors_own_are_decided() -> None:
    connector, other = (
        make_directory(people=1, threshold_people=0, threshold_percent=0),
        make_directory(people=1, threshold_people=0, threshold_percent=0),
    )
    _off(_people(connector, 1))
    _off(_people(other, 1))
    mine, theirs = HeldChange.objects.get(connector=connector), HeldChange.objects.get(connector=other)
    with nothing_changes(other.company):
        assert confirm_held(connector, held=[mine.pk, theirs.pk, 0], by=None) == 1
    sibling = make_connector(connector.company)
    with nothing_changes(connector.company):
        assert reject_held(sibling, held=[mine.pk], by=None) == 0


def test_r2_nothing_is_decided_for_a_removed_connector() -> None:
    connector = make_directory(people=1, threshold_people=0, threshold_percent=0)
    _off(_people(connector, 1))
    held = _open()
    remove_connector(connector, by=None)
    for act in (confirm_held, reject_held):
        with refused(ConnectorGone, connector.company, connector_id=connector.pk):
            act(connector, held=held, by=None)
    again = bring(make_connector(connector.company), claim("other1"))
    assert (stands(again), _open()) == (("active", "none", None), [])


def test_r22_many_are_confirmed_with_few_queries(django_assert_max_num_queries: object) -> None:
    """R22: hundreds at once keep the company locked for a moment only."""
    connector = make_directory(seats=40, people=30, threshold_people=0, threshold_percent=0)
    _off(_people(connector, 30))
    held = _open()
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        assert confirm_held(connector, held=held, by=None) == 30
    assert set(User.objects.filter(connector=connector).values_list("status", flat=True)) == {"disabled"}
