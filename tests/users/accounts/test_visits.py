"""Support staff view the portal as a partner does: for a while, reading only, seen by its Admins (R23, R25)."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as DjangoPermission
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from tests.factories import (
    make_account,
    make_company,
    make_connector,
    make_partner,
    make_support,
    sign_in,
    switch_policy_on,
    view_as,
)
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.groups import READER
from users.accounts.models import Account, Visit
from users.accounts.permissions import Permission
from users.accounts.visits import end_visit, start_visit

pytestmark = pytest.mark.django_db

STOP = "/visits/stop/"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/companies/"}
VIEWING = "You are viewing; nothing can be changed"


@pytest.fixture
def partner() -> Partner:
    partner = make_partner("Northwind")
    Partner.objects.filter(pk=partner.pk).update(time_zone="Asia/Tokyo")
    partner.refresh_from_db()
    return partner


@pytest.fixture
def ann() -> Account:
    account = make_support()
    account.name = "Ann Lee"
    account.save(update_fields=["name"])
    return account


@pytest.fixture
def company(partner: Partner) -> Company:
    """Something of everything."""
    company = make_company(partner, name="Fabrikam", seats=9, tier=Tier.ADVANCED)
    make_connector(company)
    switch_policy_on(company)
    return company


def told(partner: Partner) -> list[tuple[str, str, str]]:
    """What the partner's audit says of visits, oldest first: the text, by whom, why."""
    events = AuditEvent.objects.filter(partner=partner, kind="support").select_related("by_account").order_by("id")
    return [(line.text, line.who, line.event.reason) for line in lines_of(list(events))]


def banner(response: Any) -> str:
    """What is said of a visit at the top of the page: to whoever views, or to those who are viewed."""
    bands = [tag for tag in Page(response).all("section") if "visit" in tag.attributes.get("class", "").split()]
    return " ".join(band.text for band in bands)


def led_out(client: Client, address: str = "/companies/") -> list[str]:
    """Asking for a page of the portal leads to support's own site; what is said there."""
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    return [str(message) for message in client.get("/admin/").context["messages"]]


# The rules


def test_a_visit_lasts_thirty_minutes_and_is_written_down(partner: Partner, ann: Account) -> None:
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False):
        visit = start_visit(partner, by=ann, reason=" Ticket \n 7 ")
    visit.refresh_from_db()
    assert (visit.partner, visit.account, visit.reason, visit.ended_at) == (partner, ann, "Ticket 7", None)
    assert visit.ends_at == dt.datetime(2026, 3, 1, 12, 30, tzinfo=dt.UTC)
    [event] = AuditEvent.objects.filter(partner=partner)
    assert (event.act, event.by_account, event.data) == (Act.VISIT_STARTED, ann, {"visit": visit.pk, "minutes": 30})
    assert told(partner) == [
        ("Support views the portal as the partner does, reading only, for 30 minutes", "Support: Ann Lee", "Ticket 7")
    ]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_nobody_views_without_a_reason(partner: Partner, ann: Account, reason: str) -> None:
    with nothing_changes(partner), pytest.raises(ValueError, match="needs a reason"):
        start_visit(partner, by=ann, reason=reason)


def test_who_may_read_partners_in_supports_site_may_view_and_nobody_else(partner: Partner) -> None:
    """Readers too: a visit shows nothing that they could not read there."""
    stranger = Account.objects.create_user("new@vendor.example", is_staff=True, name="New")
    for account in (stranger, make_account(partner), make_account(partner, role=Role.READ_ONLY)):
        with nothing_changes(partner), pytest.raises(PermissionDenied):
            start_visit(partner, by=account, reason="Curious")
    reader = Account.objects.create_user("reader@vendor.example", is_staff=True, name="Reader")
    reader.user_permissions.add(DjangoPermission.objects.get(codename="view_partner"))
    assert start_visit(partner, by=reader, reason="Ticket 7").is_open


def test_a_new_visit_ends_the_one_before(partner: Partner, ann: Account) -> None:
    """One at a time; that of a colleague goes on."""
    first = start_visit(make_partner("Contoso"), by=ann, reason="Ticket 1")
    colleagues = start_visit(partner, by=make_support(), reason="Ticket 2")
    second = start_visit(partner, by=ann, reason="Ticket 3")
    for visit in (first, colleagues, second):
        visit.refresh_from_db()
    assert [first.is_open, colleagues.is_open, second.is_open] == [False, True, True]
    assert first.ended_by == ann
    assert told(first.partner)[1:] == [("The visit of Ann Lee (support) was ended early", "Support: Ann Lee", "")]


def test_an_admin_of_the_partner_ends_it_and_the_audit_has_both_names(partner: Partner, ann: Account) -> None:
    ada = make_account(partner, name="Ada Admin")
    visit = start_visit(partner, by=ann, reason="Ticket 7")
    assert end_visit(visit, by=ada)
    visit.refresh_from_db()
    assert (visit.is_open, visit.ended_by) == (False, ada)
    assert told(partner)[1:] == [("The visit of Ann Lee (support) was ended early", "Ada Admin", "")]
    event = AuditEvent.objects.filter(partner=partner).latest("id")
    assert event.data == {"visit": visit.pk, "account": ann.pk, "early": True}
    with nothing_changes(partner):
        assert not end_visit(visit, by=ada)
        assert not end_visit(visit, by=ann)


def test_nobody_else_ends_it(partner: Partner, ann: Account) -> None:
    visit = start_visit(partner, by=ann, reason="Ticket 7")
    others = [make_account(partner, role=role) for role in Role if role != Role.ADMIN]
    for account in (*others, make_account(), make_support()):
        with nothing_changes(partner), pytest.raises(PermissionDenied):
            end_visit(visit, by=account)


def test_one_whose_time_was_over_was_not_ended_early(partner: Partner, ann: Account) -> None:
    visit = start_visit(partner, by=ann, reason="Ticket 7")
    with time_machine.travel(visit.ends_at + dt.timedelta(hours=1)):
        assert end_visit(visit, by=ann)
    visit.refresh_from_db()
    assert visit.ended_at == visit.ends_at
    assert told(partner)[1:] == [("The visit of Ann Lee (support) ended", "Support: Ann Lee", "")]


# Starting from support's site


def start_page(partner: Partner) -> str:
    return reverse("admin:partners_partner_visit", args=[partner.pk])


def test_support_starts_from_the_partners_page_with_a_reason(client: Client, partner: Partner, ann: Account) -> None:
    sign_in(client, ann)
    change = reverse("admin:partners_partner_change", args=[partner.pk])
    assert "View as partner" in client.get(change).text
    chosen = {"CHANGE_FORM-action": "view_as_partner", "_selected_action": partner.pk, "index": "0"}
    assert client.post(change, chosen)["Location"] == start_page(partner)
    page = Page(client.get(start_page(partner)))
    assert page.texts("h1") == ["View as partner"]
    assert "for 30 minutes at most, and can change nothing" in page.text

    with nothing_changes(partner):
        refused = client.post(start_page(partner), {"reason": " "})
    assert refused.status_code == 422
    assert "This field is required." in refused.text

    started = client.post(start_page(partner), {"reason": "Ticket 7"})
    assert (started.status_code, started["Location"]) == (302, "/companies/")
    [visit] = Visit.objects.all()
    assert (visit.partner, visit.account, visit.reason) == (partner, ann, "Ticket 7")
    assert client.get("/companies/").status_code == 200


def test_who_signed_in_long_ago_shows_first_who_they_are(client: Client, partner: Partner, ann: Account) -> None:
    sign_in(client, ann)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)), nothing_changes(partner):
        for response in (client.get(start_page(partner)), client.post(start_page(partner), {"reason": "Ticket 7"})):
            assert response.status_code == 302
            assert response["Location"].startswith("/accounts/reauthenticate/?next=")


def test_without_the_right_it_is_neither_offered_nor_done(client: Client, partner: Partner) -> None:
    stranger = Account.objects.create_user("new@vendor.example", is_staff=True, name="New")
    sign_in(client, stranger)
    with nothing_changes(partner):
        assert client.get(start_page(partner)).status_code == 403
        assert client.post(start_page(partner), {"reason": "Curious"}).status_code == 403
    assert Visit.objects.count() == 0


def test_a_partner_that_is_not_there_is_a_404(client: Client, ann: Account) -> None:
    sign_in(client, ann)
    assert client.get("/admin/partners/partner/987654/visit/").status_code == 404


# In a visit


def pages_of(company: Company) -> list[str]:
    below = f"/companies/{company.pk}/"
    tabs = [f"{below}{tab}" for tab in ("users/", "settings/", "activity/", "activity/?view=ledger")]
    return ["/", "/companies/", *tabs, "/statements/", "/audit/"]


def test_every_page_is_there_and_says_so_at_the_top(client: Client, partner: Partner, company: Company) -> None:
    """The time is the partner's own, as all times on the page are."""
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False):
        view_as(client, partner)
        for address in pages_of(company):
            response = client.get(address)
            assert response.status_code == 200, address
            said = "You are viewing Northwind as support. Read-only, until 21:30 (Asia/Tokyo)."
            assert banner(response) == f"{said} Stop viewing", address
            forms = [form["action"] for form in Page(response).all("form", method="post")]
            assert sorted(forms) == ["/accounts/logout/", "/accounts/preferences/", STOP], address
        assert Page(client.get("/companies/")).one("nav", aria_label="Main").texts("a") == [
            "Home",
            "Companies",
            "Statements",
            "Audit",
        ]


def test_what_is_not_a_page_of_the_portal_says_so_too(client: Client, partner: Partner, company: Company) -> None:
    view_as(client, partner)
    foreign = make_company(make_partner("Contoso"), name="Foreign")
    for address, status in [
        ("/nowhere/", 404),
        (f"/companies/{foreign.pk}/users/", 404),
        (f"/companies/{company.pk}/settings/license/", 403),
        ("/accounts/logout/", 200),
    ]:
        response = client.get(address)
        assert response.status_code == status, address
        assert banner(response).startswith("You are viewing Northwind as support."), address
        assert Page(response).texts("span", class_="top-partner") == ["Northwind"]
        assert "Foreign" not in response.text
    assert banner(client.post("/companies/")).startswith("You are viewing Northwind")


def test_nothing_of_another_partner_is_there(client: Client, partner: Partner) -> None:
    """R23"""
    foreign = make_company(make_partner("Contoso"), name="Foreign")
    view_as(client, partner)
    with nothing_changes(foreign):
        found = [client.get(address).status_code for address in pages_of(foreign)]
        assert found == [200, 200, 404, 404, 404, 404, 200, 200]
        assert "Foreign" not in client.get("/").text + client.get("/companies/").text


@pytest.mark.parametrize("below", ["add/", "{}/settings/license/", "{}/settings/close/", "{}/users/add/", "{}/users/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_but_reading_gets_as_far_as_a_view(
    client: Client, partner: Partner, company: Company, below: str, method: str
) -> None:
    view_as(client, partner)
    with nothing_changes(partner):
        response = getattr(client, method)(f"/companies/{below.format(company.pk)}")
    assert response.status_code in ({403} if method == "post" else {403, 405})
    if method == "post":
        assert Page(response).texts("h1") == [VIEWING]


def test_a_part_is_answered_with_the_same_words(client: Client, partner: Partner, company: Company) -> None:
    view_as(client, partner)
    response = client.post(f"/companies/{company.pk}/settings/license/", {"seats": "12"}, headers=HTMX)
    assert (response.status_code, response.text.split(". ")[0]) == (403, VIEWING)
    part = client.get("/companies/", headers=HTMX)
    assert part.status_code == 200
    assert "Stop viewing" not in part.text


def test_the_database_refuses_what_no_check_of_ours_stops(
    client: Client, partner: Partner, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both checks taken away: whoever views may call every view by every method, and still changes nothing."""
    monkeypatch.setattr("users.accounts.visiting.READING", frozenset({"GET", "HEAD", "POST"}))
    monkeypatch.setattr("users.accounts.models.VISIT_PERMISSIONS", frozenset(Permission))
    view_as(client, partner)
    person = {"first_name": "Eve", "last_name": "Low", "email": "eve@customer.example"}
    below = f"/companies/{company.pk}/"
    primary = {"first_name": "A", "last_name": "B", "email": "a@b.example"}
    writes = [
        (f"{below}settings/name/", {"name": "Taken"}),
        (f"{below}settings/license/", {"seats": "12", "tier": "advanced", "seen": "1"}),
        (f"{below}users/add/", person),
        (f"{below}settings/policies/two_factor/on/", {}),
        (f"{below}settings/auto-fill/", {"on": "1"}),
        ("/companies/add/", {"name": "New", "seats": "3", "tier": "standard"} | primary),
    ]
    for address, typed in writes:
        with nothing_changes(partner), pytest.raises(ProgrammingError, match="permission denied for"):
            client.post(address, typed)


def test_forms_for_changes_are_refused_with_words_of_ones_own(
    client: Client, partner: Partner, company: Company
) -> None:
    view_as(client, partner)
    with nothing_changes(company):
        for below in (
            "settings/license/",
            "settings/close/",
            "settings/connectors/add/",
            "users/add/",
            "users/add/file/",
        ):
            response = client.get(f"/companies/{company.pk}/{below}")
            assert (response.status_code, Page(response).texts("h1")) == (403, [VIEWING]), below


def test_the_audit_is_read_and_not_taken_away(client: Client, partner: Partner) -> None:
    view_as(client, partner)
    page = client.get("/audit/")
    assert page.status_code == 200
    assert "/audit/export/" not in page.text
    assert client.get("/audit/export/").status_code == 403
    assert AuditEvent.objects.filter(act=Act.AUDIT_EXPORTED).count() == 0


def test_a_company_that_was_looked_at_is_written_down_once_a_visit(
    client: Client, partner: Partner, company: Company, ann: Account
) -> None:
    other = make_company(partner)
    visit = view_as(client, partner, ann)
    for address in (*pages_of(company), *pages_of(company)):
        client.get(address)
    client.get(f"/companies/{other.pk}/settings/license/")

    [event] = AuditEvent.objects.filter(act=Act.COMPANY_VIEWED)
    assert (event.company, event.by_account, event.data) == (company, ann, {"visit": visit.pk})
    again = view_as(client, partner, ann)
    client.head(f"/companies/{company.pk}/settings/")
    events = AuditEvent.objects.filter(act=Act.COMPANY_VIEWED, company=company)
    assert sorted(event.data["visit"] for event in events) == [visit.pk, again.pk]

    sign_in(client, make_account(partner))
    rows = Page(client.get(f"/companies/{company.pk}/activity/?kind=support")).rows
    assert [row[1:3] for row in rows] == [["Company viewed as the partner sees it", "Support: Ann Lee"]] * 2


def test_access_that_has_ended_does_not_shut_support_out(client: Client, partner: Partner) -> None:
    """Whoever asks why the portal is closed to them asks support."""
    Partner.objects.filter(pk=partner.pk).update(access_ends_at=timezone.now())
    view_as(client, partner)
    response = client.get("/companies/")
    assert (response.status_code, Page(response).texts("h1")) == (200, ["Companies"])


def test_what_was_written_of_the_partner_is_not_its_companies(
    client: Client, partner: Partner, company: Company
) -> None:
    """Reading writes the audit, and nothing else."""
    view_as(client, partner)
    AuditEvent.objects.filter(partner=partner).count()
    before = AuditEvent.objects.filter(partner=partner).exclude(act=Act.COMPANY_VIEWED).count()
    for address in pages_of(company):
        client.get(address)
    assert AuditEvent.objects.filter(partner=partner).exclude(act=Act.COMPANY_VIEWED).count() == before


# The end of it


def test_it_is_over_when_its_time_is(client: Client, partner: Partner) -> None:
    visit = view_as(client, partner)
    with time_machine.travel(visit.ends_at - dt.timedelta(seconds=1), tick=False):
        assert client.get("/companies/").status_code == 200
    with time_machine.travel(visit.ends_at, tick=False):
        over = "You do not view the portal any more: the visit is over. Nothing was changed."
        assert led_out(client) == [over]
        assert led_out(client) == []


def test_a_part_of_a_page_leads_out_too(client: Client, partner: Partner) -> None:
    visit = view_as(client, partner)
    with time_machine.travel(visit.ends_at), nothing_changes(partner):
        response = client.post("/companies/add/", headers=HTMX)
    assert (response.status_code, response["HX-Redirect"]) == (200, "/admin/")


def test_an_admin_reads_who_views_and_why_and_ends_it(client: Client, partner: Partner, ann: Account) -> None:
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False):
        visiting = Client()
        visit = view_as(visiting, partner, ann)
        sign_in(client, make_account(partner, name="Ada Admin"))
        page = client.get("/audit/?kind=support")
        said = "Support (Ann Lee) is viewing your portal, until 21:30. Reason: Ticket 7"
        assert banner(page) == f"{said} End the visit of Ann Lee"
        [form] = [form for form in Page(page).all("form") if form["action"] == f"/visits/{visit.pk}/end/"]
        ended = client.post(form["action"], {"next": form.one("input", name="next")["value"]}, follow=True)
        assert ended.redirect_chain == [("/audit/?kind=support", 302)]
        assert Page(ended).messages == ["You ended the visit of Ann Lee."]
        assert banner(ended) == ""
        assert led_out(visiting) == [
            "You do not view the portal any more: Northwind ended the visit. Nothing was changed."
        ]

        with nothing_changes(partner):
            twice = client.post(form["action"], {"next": "https://elsewhere.example/"}, follow=True)
        assert twice.redirect_chain == [("/companies/", 302)]
        assert Page(twice).messages == ["This visit was over already."]


def test_only_admins_are_told_and_only_of_visits_to_their_own_partner(client: Client, partner: Partner) -> None:
    """R23, R24"""
    visit = start_visit(partner, by=make_support(), reason="<b>Why</b>")
    start_visit(make_partner(), by=make_support(), reason="Elsewhere")
    for role in Role:
        sign_in(client, make_account(partner, role=role))
        said = banner(client.get("/companies/"))
        assert (said != "") == (role == Role.ADMIN), role
    sign_in(client, make_account(partner))
    assert "Reason: <b>Why</b>" in banner(client.get("/companies/"))
    assert "Elsewhere" not in client.get("/companies/").text
    with time_machine.travel(visit.ends_at):
        assert banner(client.get("/companies/")) == ""


def test_admins_are_told_where_something_is_refused_too(client: Client, partner: Partner) -> None:
    """But for where none of the partner's rows can be seen: its access has ended, or the address leads nowhere."""
    start_visit(partner, by=make_support(), reason="Ticket 7")
    sign_in(client, make_account(partner))
    foreign = make_company()
    for address in (f"/companies/{foreign.pk}/users/", "/companies/"):
        assert banner(client.get(address)).startswith("Support (Support) is viewing your portal")
    assert (client.get("/nowhere/").status_code, banner(client.get("/nowhere/"))) == (404, "")
    Partner.objects.filter(pk=partner.pk).update(access_ends_at=timezone.now())
    assert (client.get("/companies/").status_code, banner(client.get("/companies/"))) == (403, "")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.TECHNICIAN, 403), (Role.BILLING, 403), (Role.READ_ONLY, 403), (None, 404)]
)
def test_others_do_not_end_it(client: Client, partner: Partner, role: Role | None, status: int) -> None:
    """R23, R24: of another partner's visit nothing is known, not even to an Admin."""
    visit = start_visit(partner, by=make_support(), reason="Ticket 7")
    sign_in(client, make_account(partner, role=role) if role else make_account())
    assert client.post(f"/visits/{visit.pk}/end/").status_code == status
    assert client.get(f"/visits/{visit.pk}/end/").status_code == 405
    visit.refresh_from_db()
    assert visit.is_open


def test_support_stops_and_is_back_at_the_partner(client: Client, partner: Partner, ann: Account) -> None:
    visit = view_as(client, partner, ann)
    stopped = client.post(STOP)
    assert stopped["Location"] == reverse("admin:partners_partner_change", args=[partner.pk])
    visit.refresh_from_db()
    assert (visit.is_open, visit.ended_by) == (False, ann)
    assert client.post(STOP)["Location"] == "/admin/"
    assert led_out(client) == ["You do not view the portal any more."]


def test_stopping_is_for_support_alone(client: Client, partner: Partner) -> None:
    assert client.post(STOP)["Location"].startswith("/accounts/login/?next=")
    sign_in(client, make_account(partner))
    with nothing_changes(partner):
        assert client.get(STOP).status_code == 405
    assert client.post(STOP).status_code == 403


def test_signing_out_ends_it(client: Client, partner: Partner, ann: Account) -> None:
    """The one of this session: a sign-out elsewhere leaves it."""
    visit = view_as(client, partner, ann)
    elsewhere = Client()
    sign_in(elsewhere, ann)
    elsewhere.post("/accounts/logout/")
    assert client.get("/companies/").status_code == 200
    client.post("/accounts/logout/")
    visit.refresh_from_db()
    assert (visit.is_open, visit.ended_by) == (False, ann)
    sign_in(client, ann)
    assert client.get("/companies/")["Location"] == "/admin/"


@pytest.mark.parametrize("taken", ["is_active", "is_staff"])
def test_it_is_over_when_the_account_is_no_support_any_more(
    client: Client, partner: Partner, ann: Account, taken: str
) -> None:
    view_as(client, partner, ann)
    changes: dict[str, Any] = {"is_active": {"is_active": False}}.get(
        taken, {"is_staff": False, "is_superuser": False, "partner": make_partner("Contoso"), "role": Role.ADMIN}
    )
    Account.objects.filter(pk=ann.pk).update(**changes)
    response = client.get("/companies/")
    assert "Northwind" not in response.text
    assert response.status_code == (302 if taken == "is_active" else 200)
    sign_in(client, make_account(partner))
    assert banner(client.get("/companies/")) == ""


def test_it_is_over_when_the_account_may_not_look_at_partners_any_more(client: Client, partner: Partner) -> None:
    reader = Account.objects.create_user("reader@vendor.example", is_staff=True, name="Reader")
    reader.groups.add(Group.objects.get(name=READER))
    view_as(client, partner, reader)
    assert "Northwind" in banner(client.get("/companies/"))
    reader.groups.clear()
    assert client.get("/companies/")["Location"] == "/admin/"


def test_somebody_elses_visit_opens_nothing(client: Client, partner: Partner, ann: Account) -> None:
    """What the session names is checked against whoever is signed in."""
    visit = view_as(client, partner, ann)
    sign_in(other := Client(), make_support())
    session = other.session
    session["visit"] = [visit.pk, partner.pk]
    session.save()
    assert led_out(other) == ["You do not view the portal any more: the visit is over. Nothing was changed."]
    sign_in(third := Client(), make_account(make_partner("Contoso")))
    session = third.session
    session["visit"] = [visit.pk, partner.pk]
    session.save()
    page = third.get("/companies/")
    assert (page.status_code, "Northwind" in page.text) == (200, False)
