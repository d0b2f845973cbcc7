"""Somebody whom a directory brings: R6, R9, R20, R21."""

from typing import Any

import pytest
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.partners.scope import partner_scope
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.errors import (
    ConnectorGone,
    ConnectorPaused,
    EmailTaken,
    InvalidPerson,
    UserNameTaken,
)
from licensing.reconciliation import reconcile
from licensing.seats import disable_users, remove_users
from tests.factories import make_company, make_connector, make_person
from tests.facts import history, nothing_changes, numbers, refused
from tests.users.directory.people import claim, line, make_directory, outcomes, say, set_rules, stands, status
from users.directory.models import Entry
from users.directory.rules import remove_connector
from users.directory.sync import Claim, bring, delete
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import add_users, arrive
from users.takeover import manage_in_portal

pytestmark = pytest.mark.django_db


def _acts(company: Company) -> list[str]:
    return list(AuditEvent.objects.filter(company=company).order_by("pk").values_list("act", flat=True))


def _add(company: Company, email: str) -> User:
    return add_users(company, people=[Person("Ann", "Lee", email)], by=None)[0]


def test_r6_beyond_the_seats_they_wait_in_order_of_arrival() -> None:
    """R6, R17: two seats are free for four; nobody is refused, nobody is lost."""
    connector = make_directory(seats=3, people=0)
    entries = [bring(connector, claim(name)) for name in ("ann", "bob", "cyd", "dan")]
    assert [stands(entry) for entry in entries] == [
        ("active", "none", None),
        ("active", "none", None),
        ("pendingApproval", "no_seat", 1),
        ("pendingApproval", "no_seat", 2),
    ]
    assert numbers(connector.company) == (3, 3, 2)
    assert line(connector.company) == ["Cyd", "Dan"]
    assert outcomes(connector) == [
        ("ann", "added", ""),
        ("bob", "added", ""),
        ("cyd", "waiting", "no_seat"),
        ("dan", "waiting", "no_seat"),
    ]
    assert history(entries[3].user) == [("", "pending", "directory")]
    assert _acts(connector.company)[-4:] == [Act.USERS_ARRIVED] * 4
    assert list(reconcile().findings) == []


def test_r6_a_connector_may_ask_for_approval() -> None:
    connector = make_directory(asks_approval=True)
    entry = bring(connector, claim("ann"))
    assert (stands(entry), numbers(connector.company)) == (("pendingApproval", "connector_asks", 1), (10, 3, 1))


def test_r20_who_arrives_inactive_waits_without_a_place() -> None:
    """R20: also while seats are available; active later, they join the end of the line."""
    connector = make_directory(people=0)
    ann = bring(connector, claim("ann", active=False))
    set_rules(connector, asks_approval=True)
    bring(connector, claim("bob"))
    assert (stands(ann), line(connector.company)) == (("pendingApproval", "inactive_in_directory", None), ["Bob"])
    say(ann, active=True)
    assert line(connector.company) == ["Bob", "Ann"]


def test_r7_who_joins_the_line_again_may_come_in_at_once() -> None:
    connector = make_directory()
    choose_auto_fill(connector.company, on=True, by=None)
    ann = bring(connector, claim("ann", active=False))
    say(ann, active=True)
    assert (stands(ann), outcomes(connector)[-1]) == (("active", "none", None), ("ann", "added", ""))
    assert history(ann.user)[-1] == ("pending", "active", "auto_fill")


def test_what_came_is_kept() -> None:
    """R9: userName need not be an e-mail; what is missing stays missing; the rest is there to be echoed."""
    connector = make_directory()
    entry = bring(connector, Claim("ann", external_id="x-1", attributes={"title": "Ümläut \U0001f600", "n": [1, None]}))
    entry = Entry.objects.select_related("user").get(pk=entry.pk)
    assert (entry.user_name, entry.external_id, entry.active, entry.has_left) == ("ann", "x-1", True, False)
    assert entry.attributes == {"title": "Ümläut \U0001f600", "n": [1, None]}
    assert (entry.user.email, entry.user.first_name, entry.user.last_name, entry.user.connector) == (
        "",
        "",
        "",
        connector,
    )
    assert (entry.version, entry.deleted_at) == (1, None)
    assert bring(connector, Claim("bob")).user_id != entry.user_id


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"user_name": " "}, {"user_name": "required"}),
        ({"user_name": "a" * 255}, {"user_name": "too_long"}),
        ({"user_name": "a\0b"}, {"user_name": "control_characters"}),
        ({"email": "a" * 255, "external_id": "e" * 256}, {"email": "too_long", "external_id": "too_long"}),
        ({"email": "a\nb@x.example"}, {"email": "control_characters"}),
        ({"first_name": "a" * 101}, {"first_name": "too_long"}),
        ({"attributes": {"a": [{"b\0": 1}]}}, {"attributes": "control_characters"}),
        ({"attributes": {"a": "\ud800"}}, {"attributes": "control_characters"}),
    ],
)
def test_what_cannot_be_stored_is_refused(said: dict[str, Any], errors: dict[str, str]) -> None:
    connector = make_directory()
    with refused(InvalidPerson, connector.company, position=0, errors=errors):
        bring(connector, Claim(**{"user_name": "ann"} | said))


def test_the_longest_that_can_be_stored() -> None:
    connector = make_directory()
    entry = bring(
        connector,
        Claim("u" * 254, external_id="x" * 255, email="e" * 254, first_name="f" * 100, last_name="\x07 La\tst \u202e"),
    )
    assert (len(entry.user_name), len(entry.external_id), len(entry.user.email)) == (254, 255, 254)
    assert (entry.user.first_name, entry.user.last_name) == ("f" * 100, "La st")


def test_r20_a_user_name_is_somebodys_once_whatever_its_case() -> None:
    """And whichever connector of the company brought it; another company knows nothing of it."""
    connector = make_directory()
    bring(connector, claim("ann"))
    other = make_connector(connector.company)
    for sender in (connector, other):
        with refused(UserNameTaken, connector.company, user_name="ANN"):
            bring(sender, claim("ANN", email="new@customer.example"))
    elsewhere = make_connector(make_company(connector.company.partner, tier=Tier.ADVANCED))
    assert bring(elsewhere, claim("ann")).user_name == "ann"


def test_r21_an_e_mail_that_a_connector_manages_is_taken() -> None:
    """R9, R21: by another entry of the same connector, and by another connector; as userName, the latter's only."""
    connector = make_directory()
    bring(connector, claim("ann"))
    other = make_connector(connector.company)
    for sender in (connector, other):
        with refused(EmailTaken, connector.company, taken=("ANN@customer.example",), twice=()):
            bring(sender, claim("bob", email="ANN@customer.example"))
    with refused(UserNameTaken, connector.company, user_name="ann@customer.example"):
        bring(other, claim("ann@customer.example", email="bob@customer.example"))
    assert status(bring(connector, claim("ann@customer.example", email="bob@customer.example"))) == "active"


@pytest.mark.parametrize(
    "said", [claim("a1", email="ANN@Customer.example"), Claim("Ann@customer.example"), claim("ann@customer.example")]
)
def test_r21_somebody_of_the_portal_is_taken_over(said: Claim) -> None:
    """R21: by e-mail or userName; same seat, status, history; then the directory's names and e-mail count."""
    connector = make_directory()
    company = connector.company
    user = _add(company, "ann@customer.example")
    past = history(user)
    entry = bring(connector, said)
    assert (entry.user_id, entry.user.connector, history(user)) == (user.pk, connector, past)
    assert (stands(entry), numbers(company)) == (("active", "none", None), (10, 4, 0))
    assert outcomes(connector)[-1][1:] == ("linked", "")
    event = AuditEvent.objects.get(company=company, act=Act.USERS_LINKED)
    assert (event.data, event.by_connector) == ({"users": [user.pk], "count": 1}, connector)
    assert entry.user.first_name == (said.first_name or "Ann")
    assert entry.user.email == (said.email or "ann@customer.example")
    assert say(entry, first_name="Anna", email="").user.email == ""


def test_r21_who_was_disabled_by_hand_is_taken_over_disabled() -> None:
    connector = make_directory()
    user = _add(connector.company, "ann@customer.example")
    disable_users(connector.company, users=[user.pk], by=None)
    entry = bring(connector, claim("ann"))
    assert (entry.user_id, stands(entry)) == (user.pk, ("disabled", "by_hand", None))


def test_r21_taken_over_inactive_the_rule_is_carried_out() -> None:
    connector = make_directory()
    _add(connector.company, "ann@customer.example")
    entry = bring(connector, claim("ann", active=False))
    assert stands(entry) == ("disabled", "disabled_in_directory", None)
    assert outcomes(connector)[-2:] == [("ann", "linked", ""), ("ann", "disabled", "disabled_in_directory")]


def test_r18_the_primary_user_is_taken_over() -> None:
    """R18, R21: and stays, whatever the directory says."""
    connector = make_directory()
    primary = User.objects.get(pk=connector.company.primary_user_id)
    entry = bring(connector, claim("boss", email=primary.email, active=False))
    assert (entry.user_id, stands(entry)) == (primary.pk, ("active", "primary_user", None))
    connector.company.refresh_from_db()
    assert connector.company.primary_withdrawal == Withdrawal.DISABLE


def test_r9_removed_people_are_matched_by_nothing() -> None:
    """R8: whom the portal removed before any directory told of them is a new claim."""
    connector = make_directory()
    user = _add(connector.company, "ann@customer.example")
    remove_users(connector.company, users=[user.pk], by=None)
    entry = bring(connector, claim("ann"))
    assert (entry.user_id == user.pk, status(entry), outcomes(connector)[-1]) == (False, "active", ("ann", "added", ""))


def test_r21_the_people_of_a_removed_connector_are_taken_over() -> None:
    """R2, R21: seated, waiting, disabled there or by hand: each as they stood; by e-mail, and by the old userName."""
    old = make_directory(seats=5, people=0)
    company = old.company
    names = ("ann", "bob", "cyd", "dan", "eve", "fay", "gus")
    entries = {name: bring(old, claim(name)) for name in names}
    say(entries["ann"], active=False)
    disable_users(company, users=[entries["bob"].user_id], by=None)
    remove_users(company, users=[entries["cyd"].user_id], by=None)
    say(entries["fay"], active=False)
    assert line(company) == ["Eve", "Gus"]
    remove_connector(old, by=None)
    new = make_connector(company)

    linked = {name: bring(new, claim(name, email=f"{name}@new.example")) for name in names}

    assert {name: linked[name].user_id == entries[name].user_id for name in names} == dict.fromkeys(names, True)
    assert {name: stands(linked[name]) for name in names} == {
        "ann": ("disabled", "differs_from_directory", None),
        "bob": ("disabled", "by_hand", None),
        "cyd": ("removed", "by_hand", None),
        "dan": ("active", "none", None),
        "eve": ("pendingApproval", "no_seat", 1),
        "fay": ("pendingApproval", "no_seat", 3),
        "gus": ("pendingApproval", "no_seat", 2),
    }
    assert line(company) == ["Eve", "Gus", "Fay"]
    assert Entry.objects.of_connector(old).count() == 0
    assert {entry.user.email for entry in linked.values()} == {f"{name}@new.example" for name in names}
    assert list(reconcile().findings) == []


def test_r8_whom_a_removed_connector_had_removed_is_a_new_claim() -> None:
    old = make_directory(on_disabled=Withdrawal.REMOVE)
    entry = bring(old, claim("ann"))
    say(entry, active=False)
    remove_connector(old, by=None)
    again = bring(make_connector(old.company), claim("ann"))
    assert (again.user_id == entry.user_id, status(again)) == (False, "active")
    with nothing_changes(old.company), pytest.raises(ConnectorGone):
        say(entry, active=True)


def test_r21_managed_in_the_portal_since_they_are_taken_over() -> None:
    """The former connector's entry still tells the userName; the person is the portal's own meanwhile."""
    old = make_directory()
    entry = bring(old, claim("ann"))
    remove_connector(old, by=None)
    user = manage_in_portal(entry.user, first_name="Ann", last_name="Lee", by=None)
    again = bring(make_connector(old.company), claim("ann", email="other@customer.example"))
    assert (again.user_id, again.user.email) == (user.pk, "other@customer.example")


def test_r21_people_without_an_entry_are_linked() -> None:
    """Those who arrived before entries were kept."""
    connector = make_directory()
    (user,) = arrive(connector, people=[make_person(email="ann@customer.example")])
    assert bring(connector, claim("ann")).user_id == user.pk


@pytest.mark.parametrize(
    "said",
    [claim("ann"), Claim("ANN"), claim("new", email="ann@customer.example"), Claim("new", external_id="x-1")],
    ids=["all", "userName", "e-mail", "externalId"],
)
def test_r20_deleted_and_sent_again_they_are_linked_again(said: Claim) -> None:
    """R8, R20: the same user under a new id; what the deletion did is undone."""
    connector = make_directory()
    entry = bring(connector, claim("ann", external_id="x-1"))
    delete(entry)
    assert status(entry) == "disabled"
    again = bring(connector, said)
    assert (again.pk == entry.pk, again.scim_id == entry.scim_id) == (False, False)
    assert (again.user_id, stands(again)) == (entry.user_id, ("active", "none", None))
    assert again.user.email == "ann@customer.example"
    assert numbers(connector.company) == (10, 4, 0)


def test_r20_somebody_elses_user_name_is_free_after_deletion() -> None:
    """R8, R20: where deleting removes, a namesake is somebody new."""
    connector = make_directory(on_deleted=Withdrawal.REMOVE)
    entry = bring(connector, claim("ann"))
    delete(entry)
    again = bring(connector, claim("ann"))
    assert (again.user_id == entry.user_id, history(again.user)) == (False, [("", "active", "directory")])
    assert history(entry.user) == [("", "active", "directory"), ("active", "removed", "directory")]


def test_a_paused_connector_brings_nobody() -> None:
    connector = make_directory(paused_at=timezone.now())
    with refused(ConnectorPaused, connector.company, connector_id=connector.pk):
        bring(connector, claim("ann"))


def test_a_removed_connector_brings_nobody() -> None:
    connector = make_directory()
    remove_connector(connector, by=None)
    with refused(ConnectorGone, connector.company, connector_id=connector.pk):
        bring(connector, claim("ann"))


def test_r23_within_a_partners_rows() -> None:
    """Every grant that the rules need, in the scope of the door; and another partner's entries are not there."""
    connector = make_directory(seats=4, on_left=Withdrawal.REMOVE)
    with partner_scope(connector.partner_id):
        ann, bob = bring(connector, claim("ann")), bring(connector, claim("bob"))
        say(bob, first_name="Rob", active=False)
        say(bob, active=True)
        say(ann, active=False, has_left=True)
        say(ann, active=True)
        delete(ann)
        assert [stands(ann)[:2], stands(bob)[:2]] == [
            ("disabled", "deleted_in_directory"),
            ("pendingApproval", "no_seat"),
        ]
    with partner_scope(make_directory().partner_id):
        assert not Entry.objects.filter(pk__in=[ann.pk, bob.pk]).exists()
