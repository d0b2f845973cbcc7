"""What all lists share: chips for filters, the number of rows, the key for the search; all of it in the address."""

import pytest
from django.test import Client

from tests.factories import make_account, make_company, make_partner, make_person
from tests.page import Page
from users.accounts.models import Account
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"), name="Ada Admin")
    client.force_login(account)
    return account


def chips(page: Page) -> list[tuple[str, str, str]]:
    """Of each chip what it says, what its link is called, and where that leads."""
    found = []
    for chip in page.all("li", class_="chip"):
        link = chip.one("a")
        found.append((chip.one("bdi").text, link.text, link["href"]))
    return found


def clear(page: Page) -> str:
    return page.one(id="chips-clear")["href"]


def sizes(page: Page) -> list[tuple[str, str]]:
    """Each number of rows that can be chosen, and the address for it; none for the one that is shown."""
    tags = [tag for nav in page.all("nav", class_="sizes") for tag in nav.all() if tag.text.isdigit()]
    return [(tag.text, tag.attributes.get("href", "")) for tag in tags]


def test_each_filter_is_a_chip_with_a_way_to_the_list_without_it(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="Fabrikam")
    page = Page(client.get("/companies/?q=fab&tier=standard&waiting=on&full=&sort=-license&size=25&page=2"))
    assert chips(page) == [
        (
            "Search by name: fab",
            "Remove filter Search by name: fab",
            "/companies/?tier=standard&waiting=on&sort=-license&size=25",
        ),
        ("Tier: Standard", "Remove filter Tier: Standard", "/companies/?q=fab&waiting=on&sort=-license&size=25"),
        ("People waiting", "Remove filter People waiting", "/companies/?q=fab&tier=standard&sort=-license&size=25"),
    ]
    assert clear(page) == "/companies/?sort=-license&size=25"
    assert clear(Page(client.get("/companies/?q=fab"))) == "/companies/"


@pytest.mark.parametrize("query", ["", "?q=&tier=&full=", "?tier=platinum", "?sort=-license&page=2&size=25", "?x=y"])
def test_what_narrows_nothing_has_no_chip(client: Client, admin: Account, query: str) -> None:
    make_company(admin.partner, name="Fabrikam")
    page = Page(client.get(f"/companies/{query}"))
    assert (chips(page), page.all(id="chips-clear")) == ([], [])


def test_an_empty_list_has_its_chips_too(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="Fabrikam")
    page = Page(client.get("/companies/?q=nobody"))
    assert [text for text, _name, _way in chips(page)] == ["Search by name: nobody"]
    assert page.texts("p", class_="table-empty") == ["No company matches. Show all companies"]


def test_chips_of_the_users_tab_and_of_the_audit(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    users = f"/companies/{company.pk}/users/"
    assert chips(Page(client.get(f"{users}?q=<b>&status=rejected"))) == [
        ("Name or e-mail: <b>", "Remove filter Name or e-mail: <b>", f"{users}?status=rejected"),
        ("Status: Rejected", "Remove filter Status: Rejected", f"{users}?q=%3Cb%3E"),
    ]
    audit = Page(client.get(f"/audit/?kind=company&account={admin.pk}&date_from=2026-11-02&date_to=nonsense"))
    assert [text for text, _name, _way in chips(audit)] == [
        "Kind: Company",
        f"Account: Ada Admin ({admin.email})",
        "Since: Nov. 2, 2026",
    ]


@pytest.mark.parametrize(
    ("target", "form"), [("companies-tab", 1), ("companies", 0), ("", 0)], ids=["chip", "form", "unsaid"]
)
def test_a_chip_swaps_the_form_as_well(client: Client, admin: Account, target: str, form: int) -> None:
    """What was ticked there is no filter any more; typing swaps the list alone, so that nobody is interrupted."""
    make_company(admin.partner, name="Fabrikam")
    page = Page(client.get("/companies/?q=fab", headers={"HX-Request": "true", "HX-Target": target}))
    assert len(page.all(id="companies-filter")) == form
    assert len(page.all(id="companies")) == len(page.all(id="totals")) == 1
    assert ("hx-swap-oob" in page.one(id="totals").attributes) == (not form)


def test_searching_keeps_order_and_number_of_rows(client: Client, admin: Account) -> None:
    """Both are sent with the form, wherever they stand; what is usual is not in the address."""
    company = make_company(admin.partner, name="Fabrikam")
    for address, form, sort in (
        ("/companies/", "companies-filter", "-license"),
        (f"/companies/{company.pk}/users/", "users-filter", "-status"),
    ):
        page = Page(client.get(f"{address}?size=25&page=3&sort={sort}"))
        assert page.one(id=form).name == "form"
        assert [page.one("input", name=name, form=form)["value"] for name in ("sort", "size")] == [sort, "25"]
        assert page.all("input", name="page") == []
        usual = Page(client.get(f"{address}?size=50&sort=nonsense"))
        assert [usual.all("input", name=name) for name in ("size", "sort")] == [[], []]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("", 50),
        ("25", 25),
        ("50", 50),
        ("100", 100),
        ("200", 120),
        ("37", 25),
        ("38", 50),
        ("0", 25),
        ("1", 25),
        ("-7", 25),
        ("150", 100),
        ("151", 120),
        ("9" * 5000, 120),
        ("-" + "9" * 5000, 25),
        ("ten", 50),
        ("25.5", 50),
        ("٢٥", 50),
    ],
)
def test_the_number_of_rows_is_the_nearest_that_there_is(client: Client, admin: Account, asked: str, rows: int) -> None:
    company = make_company(admin.partner, seats=120)
    add_users(company, people=[make_person() for _ in range(119)], by=None)
    response = client.get(f"/companies/{company.pk}/users/", {"size": asked})
    assert response.status_code == 200
    assert len(Page(response).rows) == rows


def test_a_long_list_offers_a_choice_of_its_number_of_rows(client: Client, admin: Account) -> None:
    """The other pages of another size are others: one begins with the first."""
    company = make_company(admin.partner, seats=60, used=25)
    address = f"/companies/{company.pk}/users/"
    assert sizes(Page(client.get(address))) == []
    add_users(company, people=[make_person() for _ in range(5)], by=None)
    assert sizes(Page(client.get(f"{address}?sort=-name&page=2&size=25"))) == [
        ("25", ""),
        ("50", f"{address}?sort=-name&size=50"),
        ("100", f"{address}?sort=-name&size=100"),
        ("200", f"{address}?sort=-name&size=200"),
    ]


def test_the_key_for_the_search_can_be_switched_off(client: Client, admin: Account) -> None:
    """WCAG 2.1.4. Kept in the browser: keyboards and what speaks to them belong to a computer."""
    make_company(admin.partner, name="Fabrikam")

    def state() -> tuple[bool, str]:
        page = Page(client.get("/companies/"))
        [box] = page.all("div", class_="field search-box")
        return "data-shortcut" in box.attributes, page.value("shortcuts")

    assert state() == (True, "on")
    response = client.post("/accounts/preferences/", {"shortcuts": "off", "next": "/companies/?q=a"})
    assert (response.status_code, response["Location"]) == (302, "/companies/?q=a")
    assert state() == (False, "off")
    client.post("/accounts/preferences/", {"theme": "dark"})
    assert state() == (False, "off")
    assert client.post("/accounts/preferences/", {"shortcuts": "perhaps", "theme": "light"}).status_code == 400
    admin.refresh_from_db()
    assert (state(), admin.theme) == ((False, "off"), "dark")
    client.post("/accounts/preferences/", {"shortcuts": "on"})
    assert state() == (True, "on")
