"""Personal data of removed people is erased on request (R25): the id stays, and what happened."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.queries import events_of, lines_of
from companies.lifecycle import close_company, reopen_company
from companies.models import Company
from companies.partners.scope import partner_scope, support_scope
from licensing.enums import Tier
from licensing.errors import UserNotRemoved
from licensing.reconciliation import reconcile
from licensing.seats import disable_users, remove_users
from tests.database import refuses
from tests.factories import (
    add_people,
    make_account,
    make_company,
    make_connector,
    make_import,
    make_person,
    make_support,
)
from tests.facts import facts, history, nothing_changes, numbers, refused, statuses
from users.accounts.models import Account
from users.directory.models import Group, Outcome
from users.directory.runs import note_refused
from users.directory.sync import Claim, bring, delete
from users.erasing import erase_user
from users.imports import running
from users.imports.drafts import start
from users.imports.reading import Sheet
from users.imports.running import add_all, confirm
from users.models import ImportRun, User
from users.people import Person
from users.provisioning import add_users, arrive

pytestmark = pytest.mark.django_db

REASON = "Ticket 7"


@pytest.fixture
def support() -> Account:
    return make_support()


def removed(company: Company, person: Person | None = None) -> User:
    """Somebody who was at the company."""
    [user] = add_users(company, people=[person or make_person("Ann", "Lee")], by=None)
    remove_users(company, users=[user.pk], by=None)
    user.refresh_from_db()
    return user


def blank(user: User) -> tuple[str, str, str, str, str]:
    user.refresh_from_db()
    return user.first_name, user.last_name, user.email, user.name_sort.strip(), user.email_norm


def test_names_and_e_mail_are_gone_and_nothing_else(support: Account) -> None:
    company = make_company()
    user = removed(company, Person("Ann", "Lee", "ann@customer.example"))
    before, past = facts(company), history(user)

    erase_user(user, by=support, reason=REASON)

    assert blank(user) == ("", "", "", "", "")
    assert user.erased_at is not None
    assert (str(user), user.status, history(user)) == ("an erased user", "removed", past)
    assert numbers(company) == (10, 1, 0)
    after = facts(company)
    [event] = after.pop("audit.AuditEvent")[len(before.pop("audit.AuditEvent")) :]
    assert (event["act"], event["by_account_id"], event["reason"]) == (Act.USER_ERASED, support.pk, REASON)
    assert event["data"] == {"users": [user.pk], "count": 1}
    assert [row for row in after.pop("users.User") if row["id"] != user.pk] == [
        row for row in before.pop("users.User") if row["id"] != user.pk
    ]
    assert after == before
    assert "Ann" not in str(facts(company))
    assert "ann@" not in str(facts(company))
    assert list(reconcile().findings) == []


def test_what_is_shown_of_the_past_names_nobody(support: Account) -> None:
    company = make_company()
    user = removed(company, Person("Ann", "Lee", "ann@customer.example"))
    erase_user(user, by=support, reason=REASON)
    texts = [line.text for line in lines_of(list(events_of(company)))]
    assert texts[:3] == [
        "Personal data of 1 removed user erased",
        "1 user removed: a removed user",
        "1 user added: a removed user",
    ]


def test_once_more_writes_nothing(support: Account) -> None:
    company = make_company()
    user = removed(company)
    erase_user(user, by=support, reason=REASON)
    with nothing_changes(company):
        erase_user(user, by=support, reason="Again")


@pytest.mark.parametrize("status", ["active", "disabled", "pending", "primary"])
def test_who_is_still_listed_is_not_erased(support: Account, status: str) -> None:
    company = make_company(seats=2, tier=Tier.ADVANCED)
    [user] = add_people(company, 1)
    if status == "disabled":
        disable_users(company, users=[user.pk], by=None)
    if status == "pending":
        [user] = arrive(make_connector(company), people=[make_person()])
    if status == "primary":
        user = company.primary_user
    with refused(UserNotRemoved, company, user_id=user.pk):
        erase_user(user, by=support, reason=REASON)


def test_the_primary_user_of_a_closed_company(support: Account) -> None:
    """R19: closing removed it; the company goes on naming its id, and can be opened again."""
    company = make_company(name="Gone")
    user = company.primary_user
    close_company(company, typed_name="Gone", by=None)
    erase_user(user, by=support, reason=REASON)
    assert blank(user) == ("", "", "", "", "")
    company.refresh_from_db()
    assert company.primary_user == user
    assert list(reconcile().findings) == []
    again = reopen_company(company, seats=3, tier=Tier.STANDARD, primary=make_person("Bob"), by=None)
    assert (again.primary_user.first_name, statuses(company)) == ("Bob", ["removed", "active"])


def test_whoever_a_directory_had_brought(support: Account) -> None:
    """R9: of those, names and e-mail may have been missing all along."""
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company)
    [user] = arrive(connector, people=[Person("", "", "")])
    remove_users(company, users=[user.pk], by=None)
    erase_user(user, by=support, reason=REASON)
    user.refresh_from_db()
    assert (user.erased_at is None, user.connector) == (False, connector)


def test_the_person_comes_again_as_somebody_new(support: Account) -> None:
    """R9: by hand, and from the directory; both beside the erased one."""
    company = make_company(tier=Tier.ADVANCED)
    person = Person("Ann", "Lee", "ann@customer.example")
    user = removed(company, person)
    erase_user(user, by=support, reason=REASON)
    [again] = add_users(company, people=[person], by=None)
    assert again.pk != user.pk
    remove_users(company, users=[again.pk], by=None)
    erase_user(again, by=support, reason=REASON)
    [third] = arrive(make_connector(company), people=[person])
    assert third.pk not in {user.pk, again.pk}
    assert statuses(company) == ["active", "removed", "removed", "active"]
    assert (blank(user), blank(again)) == (("",) * 5, ("",) * 5)


def test_files_that_name_the_person_and_wait_are_deleted(support: Account) -> None:
    """The company's own, whatever the case; those of others and of other companies stay."""
    account = make_account()
    company, other = make_company(account.partner), make_company(account.partner)
    user = removed(company, Person("Ann", "Lee", "ann@customer.example"))
    ann, bob = Person("A.", "Lee", "ANN@customer.example"), make_person("Bob")
    make_import(company, account, [bob, ann])
    kept = [make_import(company, account, [bob]).pk, make_import(other, account, [ann]).pk]
    erase_user(user, by=support, reason=REASON)
    assert list(ImportRun.objects.order_by("pk").values_list("pk", flat=True)) == kept


@pytest.mark.parametrize("cell", ["ANN@customer.example", " ann@customer.example "])
def test_files_whose_columns_are_not_chosen_yet_are_deleted_too(support: Account, cell: str) -> None:
    account = make_account()
    company = make_company(account.partner)
    user = removed(company, Person("Ann", "Lee", "ann@customer.example"))
    for email in (cell, "bob@customer.example"):
        sheet = Sheet(((1, ["A", "B", "C"]), (2, ["x", email, "y"])), has_header=True, encoding="UTF-8", separator=",")
        start(sheet, company=company, account=account, file_name=email)
    erase_user(user, by=support, reason=REASON)
    assert list(ImportRun.objects.values_list("file_name", flat=True)) == ["bob@customer.example"]


def test_what_became_of_a_file_is_told_still_but_not_of_whom(support: Account) -> None:
    account = make_account()
    company = make_company(account.partner)
    run = make_import(company, account, [Person("Ann", "Lee", "ann@customer.example"), make_person("Bob")])
    confirm(run, all_or_nothing=True, may_wait=False)
    user, bob = add_all(run, company)
    remove_users(company, users=[user.pk], by=None)
    erase_user(user, by=support, reason=REASON)
    assert list(run.rows.order_by("number").values_list("first_name", "email", "outcome")) == [
        ("", "", "added"),
        ("Bob", bob.email, "added"),
    ]


def test_a_file_on_its_way_names_nobody_who_came_in_and_was_erased(
    support: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has tried the first row, and tries the second when the first one's person is forgotten."""
    monkeypatch.setattr(running, "CHUNK", 1)
    account = make_account()
    company = make_company(account.partner)
    run = make_import(company, account, [Person("Ann", "Lee", "ann@customer.example"), make_person("Bob")])
    confirm(run, all_or_nothing=False, may_wait=False)
    running.add_chunk(run, company)
    user = User.objects.get(email="ann@customer.example")
    remove_users(company, users=[user.pk], by=None)
    user.refresh_from_db()
    erase_user(user, by=support, reason=REASON)
    running.work_off(run.partner_id, run.pk)
    assert list(run.rows.order_by("number").values_list("first_name", "outcome")) == [("", "added"), ("Bob", "added")]


def test_a_refused_file_with_an_erased_person_can_be_mended_and_adds_nobody_nameless(
    support: Account, client: Client
) -> None:
    account = make_account()
    client.force_login(account)
    company = make_company(account.partner, seats=9)
    user = removed(company, Person("Ann", "Lee", "ann@customer.example"))
    run = make_import(company, account, [Person("Ann", "Lee", "ann@customer.example"), make_person("Bob")])
    confirm(run, all_or_nothing=True, may_wait=False)
    running.refuse(run, code="no_seats_available", data={"needed": 2, "available": 1})
    erase_user(user, by=support, reason=REASON)
    address = f"/companies/{company.pk}/users/add/file/{run.token}/"
    client.post(address, {"act": "again"})
    with nothing_changes(company):
        assert client.post(address, {"act": "all"}).status_code == 422
    assert client.post(address, {"act": "possible"}).status_code == 302
    assert list(run.rows.order_by("number").values_list("first_name", "outcome", "code")) == [
        ("", "refused", "invalid"),
        ("Bob", "added", ""),
    ]


def test_djangos_own_log_forgets_the_person(support: Account) -> None:
    company = make_company()
    user, other = removed(company, Person("Ann", "Lee", "ann@customer.example")), removed(company)
    for each in (user, other):
        LogEntry.objects.create(
            user=support,
            content_type=ContentType.objects.get_for_model(User),
            object_id=str(each.pk),
            object_repr=str(each),
            action_flag=CHANGE,
            change_message="Ann Lee",
        )
    erase_user(user, by=support, reason=REASON)
    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(entries) == [(str(user.pk), ""), (str(other), "Ann Lee")]


def test_support_may_do_all_this_in_its_scope_and_a_partner_may_not(support: Account) -> None:
    """R23: of another partner's people nothing is found."""
    company = make_company()
    user = removed(company)
    with partner_scope(make_account().partner_id or 0), pytest.raises(Company.DoesNotExist):
        erase_user(user, by=support, reason=REASON)
    with support_scope():
        erase_user(user, by=support, reason=REASON)
    assert blank(user) == ("", "", "", "", "")


def test_the_database_keeps_who_was_erased_blank_and_removed(support: Account) -> None:
    """Raw SQL included."""
    company = make_company()
    user, other = removed(company), removed(company)
    erase_user(user, by=support, reason=REASON)
    for column, value in (("first_name", "Ann"), ("last_name", "Lee"), ("email", "a@b.example")):
        refuses("user_erased_is_blank", f"UPDATE users_user SET {column} = %s WHERE id = %s", value, user.pk)  # noqa: S608
    refuses("user_erased_is_blank", "UPDATE users_user SET erased_at = now() WHERE id = %s", other.pk)
    refuses("user_by_hand_is_complete", "UPDATE users_user SET email = '' WHERE id = %s", other.pk)


def test_erasing_is_in_nobodys_way_in_the_audit_of_others(support: Account) -> None:
    """The event is the company's, of the kind of its users."""
    company = make_company()
    erase_user(removed(company), by=support, reason=REASON)
    event = AuditEvent.objects.filter(company=company).latest("id")
    assert (event.kind, event.partner) == ("users", company.partner)


def test_directories_forget_the_person(support: Account) -> None:
    """R20, R25: entries are blank and count as deleted; groups and the outcomes of runs name the person no more."""
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company)
    said = Claim("Ann.Lee", "x-1", "ann@customer.example", "Ann", "Lee", attributes={"nickName": "Annie"})
    bring(connector, Claim("bob"))
    older = bring(connector, said)
    delete(older)
    entry = bring(connector, said)
    other = bring(connector, Claim("cyd", attributes={"nickName": "Cydney"}))
    for named in ("ann.lee", "ANN@customer.example", "Ann Lee", "Somebody else"):
        note_refused(connector, named=named, code="email_taken")
    note_refused(connector, named="ann.married", code="user_name_taken", entry=entry)
    note_refused(connector, named="cyd.married", code="user_name_taken", entry=other)
    members = [{"value": str(other.scim_id)}, {"value": str(entry.scim_id), "display": "Ann Lee"}]
    group = Group.objects.create(
        partner_id=company.partner_id, company=company, connector=connector, display_name="Cooks", members=members
    )
    remove_users(company, users=[entry.user_id], by=None)

    with support_scope():
        erase_user(User.objects.get(pk=entry.user_id), by=support, reason=REASON)

    for gone in (older, entry):
        gone.refresh_from_db()
        assert (gone.user_name, gone.external_id, gone.attributes) == ("", "", {})
        assert gone.deleted_at is not None
    other.refresh_from_db()
    group.refresh_from_db()
    assert (other.user_name, other.attributes, other.deleted_at) == ("cyd", {"nickName": "Cydney"}, None)
    assert (group.members, group.version) == ([{"value": str(other.scim_id)}], 2)
    told = Outcome.objects.exclude(named="").order_by("pk").values_list("named", flat=True)
    assert list(told) == ["Somebody else", "cyd.married"]
    assert not any(word in str(facts(company)) for word in ("Ann", "ann@", "ann.lee", "ann.married", "Annie", "x-1"))
    assert list(reconcile().findings) == []
