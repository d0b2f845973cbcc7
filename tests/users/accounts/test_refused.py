"""What was refused at the door stands in the audit, once in a while (R24, R25)."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from tests.factories import PASSWORD, make_account, make_company, make_partner, make_support, view_as
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def viewer(client: Client) -> Account:
    account = make_account(role=Role.READ_ONLY, name="Vic Viewer")
    client.force_login(account)
    return account


def refusals() -> list[tuple[str, dict[str, object], int | None, int | None]]:
    """What was refused, oldest first: the text, the data, in whose audit, by whom."""
    events = list(AuditEvent.objects.filter(outcome="refused").order_by("id"))
    return [(line.text, line.event.data, line.event.partner_id, line.event.by_account_id) for line in lines_of(events)]


def test_r24_too_small_a_role_is_written_down(client: Client, viewer: Account) -> None:
    """R24: in the partner's own audit, with the names of the address and of the right that is missing."""
    assert client.get("/statements/", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert refusals() == [
        (
            "Access refused: may not see statements (statements:list)",
            {"what": "statements:list", "permission": "see_statements"},
            viewer.partner_id,
            viewer.pk,
        )
    ]
    [event] = AuditEvent.objects.all()
    assert (event.act, event.kind, event.address, event.company_id) == (
        Act.ACCESS_REFUSED,
        "accounts",
        "192.0.2.7",
        None,
    )


def test_no_more_than_one_for_each_account_address_and_minute(client: Client, viewer: Account) -> None:
    other = make_account(viewer.partner, role=Role.READ_ONLY)
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(3):
            client.get("/statements/")
        assert len(refusals()) == 1
        client.get("/audit/")
        assert len(refusals()) == 2
        second = Client()
        second.force_login(other)
        second.get("/statements/")
        assert len(refusals()) == 3
        clock.shift(dt.timedelta(seconds=61))
        client.get("/statements/")
    assert len(refusals()) == 4


def test_what_is_not_there_and_what_is_stale_is_not_written_down(viewer: Account) -> None:
    """A 404 is no refusal (R23); a form without its token is a form that was open too long."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)
    theirs = make_company(make_partner())
    assert client.get(f"/companies/{theirs.pk}/users/").status_code == 404
    assert client.post("/companies/add/", {}).status_code == 403
    assert Client().get("/statements/").status_code == 302
    assert refusals() == []


def test_r24_a_form_that_was_sent_anyway(client: Client, viewer: Account) -> None:
    company = make_company(viewer.partner)
    assert client.post(f"/companies/{company.pk}/settings/license/", {"seats": "99"}).status_code == 403
    [(_text, data, partner, by)] = refusals()
    assert (data["permission"], partner, by) == ("change_license", viewer.partner_id, viewer.pk)


def test_r25_support_in_a_visit_changes_nothing_and_the_partner_reads_of_the_attempt(client: Client) -> None:
    partner = make_partner()
    company = make_company(partner)
    support = make_support()
    visit = view_as(client, partner, support)
    assert client.post(f"/companies/{company.pk}/settings/license/", {"seats": "99"}).status_code == 403
    [(_text, data, at, by)] = refusals()
    assert (data["visit"], at, by) == (visit.pk, partner.pk, support.pk)


def test_partner_staff_at_the_door_of_supports_site(client: Client, viewer: Account) -> None:
    assert client.get("/admin/", follow=True).status_code == 403
    [(_text, data, partner, by)] = refusals()
    assert (data, partner, by) == ({"what": "admin:login"}, viewer.partner_id, viewer.pk)


def test_support_staff_without_the_right_are_told_of_to_support_alone(client: Client) -> None:
    reader = Account.objects.create_user("reader@vendor.example", PASSWORD, name="Reader", role="", is_staff=True)
    client.force_login(reader)
    assert client.get("/admin/audit/auditevent/").status_code == 403
    [(_text, data, partner, by)] = refusals()
    assert (data, partner, by) == ({"what": "admin:audit_auditevent_changelist"}, None, reader.pk)


def _try(email: str, address: str) -> int:
    form = {"login": email, "password": "wrong"}
    return Client().post("/accounts/login/", form, REMOTE_ADDR=address).status_code


def test_one_event_for_each_client_address_and_five_minutes(viewer: Account) -> None:
    """Nobody can fill the audit from outside; what was typed is not kept, not even where nobody has that e-mail."""
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(14):
            _try(f"nobody{number}@partner.example", "192.0.2.7")
        limits = [line for line in refusals() if line[0].startswith("Too many")]
        assert limits == [("Too many attempts: sign-in", {"what": "account_login"}, None, None)]
        clock.shift(dt.timedelta(seconds=301))
        for number in range(14):
            _try(f"nobody{number}@partner.example", "192.0.2.7")
        for number in range(14):
            _try(f"nobody{number}@partner.example", "192.0.2.8")
    events = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS).order_by("id")
    assert list(events.values_list("address", flat=True)) == ["192.0.2.7", "192.0.2.7", "192.0.2.8"]
    assert "nobody" not in str(AuditEvent.objects.values())


def test_a_known_account_that_is_tried_is_named_to_support_alone(viewer: Account) -> None:
    for _ in range(7):
        _try(viewer.email, "192.0.2.7")
    [event] = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS)
    assert (event.data, event.partner_id, event.by_account_id) == (
        {"what": "account_login", "account": viewer.pk},
        None,
        None,
    )


def test_nonsense_reaches_the_limit_like_everything_else(viewer: Account) -> None:
    """PostgreSQL knows no NUL: whose e-mail that would be is not asked."""
    statuses = [_try(f"{viewer.email}\0", "192.0.2.7") for _ in range(32)]
    assert statuses == [200] * 30 + [429] * 2
    [event] = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS)
    assert event.data == {"what": "account_login"}


def test_a_limit_that_answers_429(client: Client, viewer: Account) -> None:
    statuses = [Client().post("/accounts/password/reset/", {"email": viewer.email}).status_code for _ in range(5)]
    assert statuses == [302] * 3 + [429] * 2
    [event] = AuditEvent.objects.filter(act=Act.TOO_MANY_ATTEMPTS)
    assert event.data == {"what": "account_reset_password", "account": viewer.pk}
