"""The Policies card (R13, R14)."""

import pytest
from django.test import Client

from companies.audit.models import AuditEvent
from companies.models import Company
from companies.policies.catalogue import PolicyKey
from companies.policies.models import Policy
from licensing.enums import Tier
from tests.factories import make_account, make_colleague, make_company, switch_policy_on
from tests.facts import nothing_changes
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

FROM_CARD = {"HX-Request": "true", "HX-Target": "policies"}


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    return make_company(admin.partner, tier=Tier.ADVANCED)


def url(company: Company, key: str, way: str) -> str:
    return f"/companies/{company.pk}/settings/policies/{key}/{way}/"


def card(client: Client, company: Company) -> Tag:
    return Page(client.get(f"/companies/{company.pk}/settings/")).one(id="policies")


def states(policies: Tag) -> dict[str, list[str]]:
    """The names of the policies in each list that are on."""
    lists = [
        [row.one(class_="row-name").text.removesuffix(" On") for row in rows.all("li") if "On" in row.texts("span")]
        for rows in policies.all("ul", class_="rows rows-pairs")
    ]
    return dict(zip(policies.texts("h3"), lists, strict=True))


def is_on(company: Company, key: PolicyKey) -> bool:
    return Policy.objects.of_company(company).filter(key=key, is_on=True).exists()


def test_lists_the_whole_catalogue_all_off_at_first(client: Client, company: Company) -> None:
    policies = card(client, company)
    assert [len(rows.all("li")) for rows in policies.all("ul", class_="rows rows-pairs")] == [7, 5]
    assert states(policies) == {"Standard": [], "Advanced": []}


def test_switches_on_and_off_from_the_card(client: Client, company: Company) -> None:
    page = Page(client.post(url(company, "password_auditing", "on"), headers=FROM_CARD))
    assert states(page.one(id="policies")) == {"Standard": [], "Advanced": ["Password auditing"]}
    assert page.messages == ["Password auditing is on."]
    page = Page(client.post(url(company, "password_auditing", "off"), headers=FROM_CARD))
    assert states(page.one(id="policies")) == {"Standard": [], "Advanced": []}


def test_without_javascript_it_comes_back_to_the_card(client: Client, company: Company) -> None:
    response = client.post(url(company, "two_factor", "on"))
    assert (response.status_code, response["Location"]) == (302, f"/companies/{company.pk}/settings/#policies")
    assert states(card(client, company)) == {"Standard": ["Two-factor authentication"], "Advanced": []}


def test_twice_is_once(client: Client, company: Company) -> None:
    acts = AuditEvent.objects.filter(company=company)
    before = acts.count()
    for _ in range(2):
        assert client.post(url(company, "two_factor", "on")).status_code == 302
    assert acts.count() == before + 1


def test_r14_advanced_policies_are_explained_and_closed_on_standard(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    policies = card(client, company)
    assert policies.one(class_="hint").text == (
        "These policies come with the tier Advanced. This company is on Standard. Upgrade to Advanced"
    )
    assert policies.one("a")["href"] == f"/companies/{company.pk}/settings/license/?tier=advanced"
    standard, advanced = policies.all("ul", class_="rows rows-pairs")
    assert (len(standard.all("button")), len(advanced.all("button"))) == (7, 0)


@pytest.mark.parametrize("headers", [{}, FROM_CARD], ids=["page", "htmx"])
def test_r14_switching_an_advanced_policy_on_is_refused_on_standard(
    client: Client, admin: Account, headers: dict[str, str]
) -> None:
    company = make_company(admin.partner)
    with nothing_changes(company):
        response = client.post(url(company, "password_auditing", "on"), headers=headers)
    assert response.status_code == 422
    assert Page(response).one(id="policies").one(role="alert").text == "This policy needs the tier Advanced."


def test_r13_backup_is_switched_off_only_after_its_warning(client: Client, company: Company) -> None:
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    [ask] = [form for form in card(client, company).all("form") if "backup_all" in form["action"]]
    assert (ask["method"], ask["action"]) == ("get", url(company, "backup_all", "off"))
    dialog = Page(client.get(ask["action"])).one("dialog")
    assert dialog.one(class_="hint hint-warning").text == (
        "Switching this off deletes the backups of all business items. This cannot be undone."
    )
    assert dialog.texts("button") == ["Cancel", "Switch off and delete backups"]
    with nothing_changes(company):
        response = client.post(url(company, "backup_all", "off"))
    assert response.status_code == 422
    assert Page(response).alert.text == (
        "Switching this off deletes the backups of all business items. Confirm that this is what you want."
    )
    assert client.post(url(company, "backup_all", "off"), {"confirmed": "1"}).status_code == 302
    assert not is_on(company, PolicyKey.BACKUP_ALL)


def test_parameters_are_asked_shown_and_changed(client: Client, company: Company) -> None:
    address = url(company, "master_password", "on")
    dialog = Page(client.get(address)).one("dialog")
    assert dialog.texts("label") == ["Change after (days)", "Former passwords that cannot be used again"]
    assert client.post(address, {"max_age_days": "90", "reuse": "5"}).status_code == 302
    [row] = [row for row in card(client, company).all("li") if "Master password" in row.text]
    assert list(zip(row.texts("dt"), row.texts("dd"), strict=True)) == [
        ("Change after (days)", "90"),
        ("Former passwords that cannot be used again", "5"),
    ]
    assert row.texts("button") == ["Change Master password change", "Switch off Master password change"]
    page = Page(client.get(address))
    assert (page.value("max_age_days"), page.value("reuse")) == ("90", "5")


def test_lists_of_domains_are_kept_one_a_line(client: Client, company: Company) -> None:
    address = url(company, "sharing_recipients", "on")
    client.post(address, {"domains": "Fabrikam.example, contoso.example"})
    assert Policy.objects.get(company=company).parameters == {"domains": ["fabrikam.example", "contoso.example"]}
    assert Page(client.get(address)).input("domains").children == ["\nfabrikam.example\ncontoso.example"]


@pytest.mark.parametrize(
    ("key", "typed", "errors"),
    [
        (
            "master_password",
            {"max_age_days": "", "reuse": "25"},
            {"max_age_days": ["Fill this in."], "reuse": ["Enter a whole number from 0 to 24."]},
        ),
        (
            "master_password",
            {"max_age_days": "1.5", "reuse": "0"},
            {"max_age_days": ["Enter a whole number from 1 to 3650."]},
        ),
        ("business_profile", {"domains": "fabrikam"}, {"domains": ["“fabrikam” is not a domain."]}),
        ("change_notifications", {"emails": "ann@"}, {"emails": ["This is not an e-mail address."]}),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "dialog"}], ids=["page", "htmx"])
def test_wrong_parameters_are_answered_at_their_fields(
    client: Client,
    company: Company,
    key: str,
    typed: dict[str, str],
    errors: dict[str, list[str]],
    headers: dict[str, str],
) -> None:
    with nothing_changes(company):
        response = client.post(url(company, key, "on"), typed, headers=headers)
    page = Page(response)
    assert response.status_code == 422
    assert {name: page.errors(name) for name in typed if page.errors(name)} == errors
    assert {name: page.value(name) for name in typed} == typed


def test_an_unknown_policy_is_a_404(client: Client, company: Company) -> None:
    assert client.post(url(company, "teleport", "on")).status_code == 404


def test_r24_a_technician_switches_the_policies_of_a_given_company(client: Client, company: Company) -> None:
    client.force_login(make_colleague(Role.TECHNICIAN, company))
    assert "Switch on Two-factor authentication" in card(client, company).texts("button")
    assert client.post(url(company, "two_factor", "on")).status_code == 302
    assert Policy.objects.of_company(company).get(key="two_factor").is_on
    assert client.post(url(company, "two_factor", "off")).status_code == 302
    assert not Policy.objects.of_company(company).get(key="two_factor").is_on


@pytest.mark.parametrize("role", [Role.BILLING, Role.READ_ONLY])
def test_r24_other_roles_see_no_buttons_and_get_a_403(client: Client, company: Company, role: Role) -> None:
    client.force_login(make_colleague(role, company))
    cards = Page(client.get(f"/companies/{company.pk}/settings/")).all(id="policies")
    assert [card.all("button") for card in cards] == ([] if role == Role.BILLING else [[]])
    with nothing_changes(company):
        answers = [client.post(url(company, "two_factor", way)) for way in ("on", "off")]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_r23_another_partners_company_does_not_exist(client: Client, company: Company) -> None:
    client.force_login(make_account())
    with nothing_changes(company):
        answers = [client.post(url(company, "two_factor", way)) for way in ("on", "off")]
    assert [answer.status_code for answer in answers] == [404, 404]
