"""What becomes of a confirmed file: all or nobody, or those that can be added; by a request or by a worker (R3, R5)."""

from collections.abc import Sequence

import pytest
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.errors import NoSeatsAvailable
from licensing.reconciliation import reconcile
from licensing.seats import remove_users
from tests.factories import add_people, make_account, make_colleague, make_company, make_import, make_person
from tests.facts import history, nothing_changes, numbers, refused, statuses
from tests.page import Page
from tests.users.imports.steps import lines, preview_of, sums
from users.accounts.enums import Role
from users.accounts.models import Account, Assignment
from users.imports import running
from users.imports.drafts import plan_of
from users.imports.running import NotReady, add_all, add_chunk, confirm, open_again, work_off
from users.models import ImportRun, User
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


def outcomes(run: ImportRun) -> list[tuple[int, str, str]]:
    return list(run.rows.order_by("number").values_list("number", "outcome", "code"))


def confirmed(company: Company, account: Account, people: Sequence[object], **chosen: bool) -> ImportRun:
    run = make_import(company, account, people)  # type: ignore[arg-type]
    assert confirm(run, **({"all_or_nothing": False, "may_wait": False} | chosen))
    return run


def test_those_that_can_be_added_are_added_in_the_order_of_the_file(account: Account) -> None:
    """R5: each by itself, while seats are left; everybody else is told why not."""
    company = make_company(account.partner, seats=4, used=2)
    [taken] = User.objects.of_company(company).exclude(pk=company.primary_user_id)
    people = [
        ("Ann", "Lee", "ann@x.example"),
        ("", "Ray", "nonsense"),
        ("Cy", "Orr", taken.email.upper()),
        ("Di", "Fox", "ANN@x.example"),
        ("Ed", "Poe", "ed@x.example", "more"),
        ("Flo", "Kay", "flo@x.example"),
        ("Gus", "Low", "gus@x.example"),
    ]
    run = confirmed(company, account, people)
    while add_chunk(run, company):
        pass
    assert outcomes(run) == [
        (2, "added", ""),
        (3, "refused", "invalid"),
        (4, "there", "taken"),
        (5, "refused", "twice"),
        (6, "refused", "surplus"),
        (7, "added", ""),
        (8, "refused", "no_seats_available"),
    ]
    assert (numbers(company), statuses(company)) == ((4, 4, 0), ["active"] * 4)
    assert [history(user) for user in User.objects.filter(email__endswith="@x.example")] == [
        [("", "active", "file")]
    ] * 2
    assert (run.state, run.records, run.columns) == ("done", [], {})


def test_for_whom_no_seat_is_left_may_wait_if_that_was_chosen(account: Account) -> None:
    """R7: in the order of the file, at the end of the line."""
    company = make_company(account.partner, seats=2)
    run = confirmed(company, account, [make_person() for _ in range(4)], may_wait=True)
    while add_chunk(run, company):
        pass
    assert [outcome for _number, outcome, _code in outcomes(run)] == ["added", "waiting", "waiting", "waiting"]
    assert numbers(company) == (2, 2, 3)
    waiting = list(User.objects.of_company(company).in_line())
    assert [user.email for user in waiting] == list(run.rows.order_by("number").values_list("email", flat=True))[1:]
    assert [user.arrival for user in waiting] == [1, 2, 3]
    event = AuditEvent.objects.get(act=Act.USERS_IMPORTED)
    assert {key: event.data[key] for key in ("number", "count", "waiting", "left")} == {
        "number": run.pk,
        "count": 4,
        "waiting": 3,
        "left": 0,
    }
    assert reconcile().findings == ()


def test_r5_all_or_nobody_needs_a_seat_for_everybody(account: Account) -> None:
    company = make_company(account.partner, seats=2)
    run = confirmed(company, account, [make_person(), make_person()], all_or_nothing=True, may_wait=True)
    with refused(NoSeatsAvailable, company, needed=2, available=1, shortfall=1):
        add_all(run, company)
    assert (run.may_wait, outcomes(run)) == (False, [(2, "", ""), (3, "", "")])


def test_r9_all_or_nobody_needs_every_row_to_be_right(account: Account) -> None:
    company = make_company(account.partner, seats=9)
    [taken] = add_people(company, 1)
    people = [make_person(), ("", "Ray", "ray@x.example"), ("Cy", "Orr", taken.email)]
    run = confirmed(company, account, people, all_or_nothing=True)
    with nothing_changes(company), pytest.raises(NotReady) as nothing:
        add_all(run, company)
    assert (nothing.value.plan.wrong, nothing.value.plan.there) == (1, 1)


def test_the_preview_foretells_what_becomes_of_the_rows(account: Account) -> None:
    company = make_company(account.partner, seats=3)
    people = [make_person() for _ in range(5)] + [make_person("", "Ray")]
    run = make_import(company, account, people)
    plan = plan_of(run, company)
    assert (plan.seated, plan.beyond, plan.wrong, plan.there, plan.left_out) == (2, 3, 1, 0, 0)
    confirm(run, all_or_nothing=False, may_wait=True)
    work = [add_chunk(run, company) for _ in range(2)]
    assert work == [True, False]
    assert numbers(company) == (3, 1 + plan.seated, plan.beyond)


def test_a_worker_that_stops_after_any_chunk_and_begins_again_loses_and_doubles_nobody(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3: each row's outcome is written together with the person; the seats of others stay theirs."""
    monkeypatch.setattr(running, "CHUNK", 3)
    company = make_company(account.partner, seats=9)
    run = confirmed(company, account, [make_person() for _ in range(10)], may_wait=True)
    add_chunk(run, company)
    assert [outcome for _number, outcome, _code in outcomes(run)] == ["added"] * 3 + [""] * 7
    add_users(company, people=[make_person()], by=None)
    work_off(run.partner_id, run.pk)
    assert [outcome for _number, outcome, _code in outcomes(run)] == ["added"] * 7 + ["waiting"] * 3
    assert numbers(company) == (9, 9, 3)
    with nothing_changes(company):
        work_off(run.partner_id, run.pk)
    assert AuditEvent.objects.filter(act=Act.USERS_IMPORTED).count() == 1
    run.refresh_from_db()
    assert run.first_users == list(User.objects.filter(email__in=run.rows.values("email")).order_by("pk").values_list("pk", flat=True))[:10]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("together", [True, False])
def test_r24_nobody_is_added_for_an_account_that_may_not_any_more(account: Account, together: bool) -> None:
    company = make_company(account.partner, seats=9)
    technician = make_colleague(Role.TECHNICIAN, company)
    run = confirmed(company, technician, [make_person()], all_or_nothing=together)
    Assignment.objects.filter(account=technician).delete()
    with nothing_changes(company):
        work_off(run.partner_id, run.pk)
    run.refresh_from_db()
    assert run.code == "account_gone"
    assert (run.state, outcomes(run)) == (
        ("refused", [(2, "", "")]) if together else ("done", [(2, "refused", "account_gone")])
    )


@pytest.mark.parametrize("together", [True, False])
def test_r19_nobody_is_added_to_a_company_that_was_closed(account: Account, together: bool) -> None:
    company = make_company(account.partner, seats=9)
    run = confirmed(company, account, [make_person()], all_or_nothing=together)
    close_company(company, typed_name=company.name, by=None)
    with nothing_changes(company):
        work_off(run.partner_id, run.pk)
    run.refresh_from_db()
    assert (run.code, run.state) == ("company_closed", "refused" if together else "done")


def test_what_a_worker_refused_can_be_mended_and_confirmed_again(client: Client, account: Account) -> None:
    client.force_login(account)
    company = make_company(account.partner, seats=2)
    run = confirmed(company, account, [make_person(), make_person()], all_or_nothing=True)
    with nothing_changes(company):
        work_off(run.partner_id, run.pk)
    address = f"/companies/{company.pk}/users/add/file/{run.token}/"
    page = Page(client.get(address))
    [why] = page.texts("div", class_="hint hint-warning")
    assert why == "Not enough seats: 2 seats are needed, 1 is available, 1 is missing. Add seats or remove users, then try again."  # fmt: skip  # noqa: E501
    assert client.post(address, {"act": "again"}).headers["Location"] == address
    assert client.get(f"{address}columns/").headers["Location"] == address
    assert len(lines(Page(client.get(address)))) == 2
    client.post(address, {"act": "possible"})
    assert (numbers(company), sums(Page(client.get(address)))["Added"]) == ((2, 2, 0), "1")
    run.refresh_from_db()
    assert not open_again(run)


def test_many_are_left_to_a_worker_and_told_how_far_it_is(
    client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    monkeypatch.setattr(running, "CHUNK", 2)
    client.force_login(account)
    company = make_company(account.partner, seats=9)
    preview = preview_of(client, company, *[f"A{number},B,a{number}@x.example" for number in range(5)])
    with nothing_changes(company):
        client.post(preview, {"act": "possible"})
    run = ImportRun.objects.get()
    add_chunk(run, company)
    page = Page(client.get(preview))
    bar = page.one("progress")
    assert (bar["max"], bar["value"], bar["aria-label"]) == ("5", "2", "Progress")
    assert page.one(hx_get=preview)["hx-trigger"] == "every 2s"
    part = client.get(preview, headers={"HX-Request": "true"})
    assert "2 of 5 rows are done." in part.text
    assert "<html" not in part.text
    assert client.get(f"{preview}result/").status_code == 404
    work_off(run.partner_id, run.pk)
    ended = client.get(preview, headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true"
    assert sums(Page(client.get(preview)))["Added"] == "5"


def test_all_or_nobody_of_many_is_refused_at_once_where_seats_are_missing(
    client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    client.force_login(account)
    company = make_company(account.partner, seats=3)
    preview = preview_of(client, company, *[f"A{number},B,a{number}@x.example" for number in range(5)])
    with nothing_changes(company):
        response = client.post(preview, {"act": "all"})
    assert response.status_code == 422
    assert Page(response).alert.text.startswith("Not enough seats: 5 seats are needed, 2 are available, 3 are missing.")
    assert ImportRun.objects.get().state == "draft"


def test_who_was_removed_comes_in_again_as_somebody_new(account: Account) -> None:
    """R8"""
    company = make_company(account.partner, seats=3)
    [user] = add_users(company, people=[make_person("Ann", "Lee", "ann@x.example")], by=None)
    remove_users(company, users=[user.pk], by=None)
    run = confirmed(company, account, [("Ann", "Lee", "ann@x.example")], all_or_nothing=True)
    [again] = add_all(run, company)
    assert (again.pk != user.pk, statuses(company)) == (True, ["active", "removed", "active"])
