"""R24 with everybody at once: there is always an Admin, a link makes one account, and an address has one invitation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.db.models import Model, Q
from django.test import Client

from companies.partners.models import Partner
from tests.concurrency.racing import Act, collide, kinds, meet_before_writing, race_for, refusals
from tests.factories import PASSWORD, link_in_mail, make_account, make_invitation, make_partner, sign_in
from users.accounts.colleagues import change_role, withdraw
from users.accounts.enums import Role
from users.accounts.invitations import accept, invite
from users.accounts.models import Account, Invitation
from users.directory.rules import hash_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

NEW = "new@partner.example"

type Ending = Callable[[Account, Account], Act]


@contextmanager
def held(model: type[Model], partner: Partner) -> Iterator[None]:
    """Somebody else's transaction holds these rows of the partner's."""
    with transaction.atomic():
        list(model._default_manager.select_for_update(no_key=True).filter(partner=partner))
        yield


def _withdrawing(account: Account, by: Account) -> Act:
    return lambda: withdraw(account, by=by)


def _demoting(account: Account, by: Account) -> Act:
    return lambda: change_role(account, role=Role.BILLING, companies=[], by=by)


def _admins(partner: Partner) -> int:
    return Account.objects.filter(partner=partner, role=Role.ADMIN, is_active=True).count()


@pytest.mark.parametrize("acts", [(_withdrawing, _withdrawing), (_demoting, _demoting), (_withdrawing, _demoting)])
def test_r24_two_admins_who_end_each_other(acts: tuple[Ending, Ending]) -> None:
    """Whoever comes second is the last one, and stays."""
    partner = make_partner()
    one, other = make_account(partner), make_account(partner)
    outcomes = race_for(held(Account, partner), acts[0](one, other), acts[1](other, one))
    assert kinds(outcomes) == ["LastAdmin", "done"]
    assert _admins(partner) == 1
    left = Account.objects.get(partner=partner, role=Role.ADMIN, is_active=True)
    assert refusals(outcomes) == [{"account_id": left.pk}]


def test_r24_two_admins_who_end_each_other_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see another Admin, and none is left: nothing but the lock stands in the way."""
    partner = make_partner()
    one, other = make_account(partner), make_account(partner)
    meeting = threading.Barrier(2)

    def unlocked(account: Account) -> list[Account]:
        meet_before_writing(meeting)
        active = Account.objects.filter(partner=account.partner, is_active=True)
        return list(active.filter(Q(pk=account.pk) | Q(role=Role.ADMIN)))

    monkeypatch.setattr("users.accounts.colleagues._lock", unlocked)
    outcomes = collide(_withdrawing(one, other), _withdrawing(other, one))
    assert (kinds(outcomes), _admins(partner)) == (["done", "done"], 0)


@contextmanager
def _meanwhile(account: Account, act: Act) -> Iterator[None]:
    """Somebody else holds the account, and ends by `act`."""
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        yield
        act()


@pytest.mark.parametrize("ending", [_withdrawing, _demoting])
def test_r24_who_sets_a_password_at_that_moment_brings_nothing_back(ending: Ending) -> None:
    """The request read the account as it was before: of that it saves the password alone."""
    partner = make_partner()
    admin, ada = make_account(partner), make_account(partner)
    client = Client()
    sign_in(client, ada)
    fields = {"oldpassword": PASSWORD, "password1": "a-new-horse-battery", "password2": "a-new-horse-battery"}

    def act() -> int:
        return client.post("/accounts/password/change/", fields).status_code

    assert race_for(_meanwhile(ada, ending(ada, admin)), act) == [302]
    now = Account.objects.get(pk=ada.pk)
    assert (now.is_active, now.role) == ((False, Role.ADMIN) if ending == _withdrawing else (True, Role.BILLING))
    assert now.check_password("a-new-horse-battery")


def _accepting(link: str) -> Act:
    return lambda: accept(hash_token(link.split("/")[-2]), password=PASSWORD, name="Ivy")


def test_r24_two_clicks_make_one_account() -> None:
    partner = make_partner()
    _, link = make_invitation(partner, by=make_account(partner))
    outcomes = race_for(held(Invitation, partner), *[_accepting(link)] * 3)
    assert kinds(outcomes) == ["InvitationGone", "InvitationGone", "done"]
    assert Account.objects.filter(partner=partner).count() == 2


def test_r24_two_clicks_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database knows no second account of the address."""
    partner = make_partner()
    _, link = make_invitation(partner, by=make_account(partner))
    meeting = threading.Barrier(2)

    def unlocked(invitation: Invitation) -> Invitation:
        meet_before_writing(meeting)
        return Invitation.objects.select_related("partner").get(pk=invitation.pk)

    monkeypatch.setattr("users.accounts.invitations._locked", unlocked)
    assert kinds(collide(*[_accepting(link)] * 2)) == ["EmailInUse", "done"]
    assert Account.objects.filter(partner=partner).count() == 2


def test_r24_two_admins_invite_the_same_address() -> None:
    """Both are answered; the later one's link is the one that works."""
    partner = make_partner()
    admin = make_account(partner)
    meeting = threading.Barrier(2)

    def inviting(role: Role) -> Act:
        def act() -> Invitation:
            meet_before_writing(meeting)
            return invite(partner, email=NEW, name="Ivy", role=role, companies=[], by=admin)

        return act

    assert kinds(collide(inviting(Role.BILLING), inviting(Role.READ_ONLY))) == ["done", "done"]
    invitation = Invitation.objects.get(partner=partner)
    assert invitation.token_hash == hash_token(link_in_mail().split("/")[-2])
