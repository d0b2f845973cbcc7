"""The shell: parts and pages, redirects, errors in plain words (issue 2, sections 4 and 5)."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from companies.partners.models import Partner
from tests.factories import make_account, make_company, make_partner, make_support
from tests.page import Page
from tests.portal.sample.pages import use_sample_pages
from users.accounts.enums import Role

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/sample/list/?page=2"}


@pytest.fixture(autouse=True)
def sample_pages(settings: Settings) -> None:
    use_sample_pages(settings)


@pytest.fixture
def partner() -> Partner:
    return make_partner("Northwind")


@pytest.fixture
def signed_in(partner: Partner) -> Client:
    client = Client()
    client.force_login(make_account(partner, name="Ada"))
    return client


def test_whole_page_has_navigation_partner_account_and_sign_out(signed_in: Client) -> None:
    page = signed_in.get("/sample/list/").text
    assert page.startswith("<!doctype html>") or page.lstrip().startswith("<!doctype html>")
    for text in ('href="#main"', ">Companies</a>", ">Statements</a>", "Northwind", "Ada", "Admin", "Sign out"):
        assert text in page


def test_htmx_gets_the_part_only(signed_in: Client) -> None:
    part = signed_in.get("/sample/list/", headers=HTMX).text
    assert part.strip().startswith('<div id="sample-list"')
    assert "<html" not in part


def test_htmx_restoring_history_gets_the_whole_page(signed_in: Client) -> None:
    page = signed_in.get("/sample/list/", headers=HTMX | {"HX-History-Restore-Request": "true"}).text
    assert "<html" in page


def test_pages_stay_out_of_caches_and_apart_from_their_parts(signed_in: Client) -> None:
    response = signed_in.get("/sample/list/")
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


def test_page_obeys_the_content_security_policy(signed_in: Client) -> None:
    response = signed_in.get("/sample/list/")
    assert "'unsafe" not in response["Content-Security-Policy"]
    page = response.text
    for forbidden in ("<style", "style=", "onclick", "<script>", "http://", "https://"):
        assert forbidden not in page


def test_refused_post_answers_422_and_keeps_what_was_typed(signed_in: Client) -> None:
    response = signed_in.post("/sample/dialog/", {"word": "no"}, headers=HTMX)
    assert response.status_code == 422
    assert response.text.count('role="alert"') == 1
    assert 'value="no"' in response.text
    assert "<html" not in response.text


def test_accepted_post_redirects(signed_in: Client) -> None:
    response = signed_in.post("/sample/dialog/", {"word": "yes"})
    assert (response.status_code, response["Location"]) == (302, "/sample/list/")
    assert "Saved." in signed_in.get("/sample/list/").text


def test_accepted_post_sends_htmx_elsewhere_without_a_302(signed_in: Client) -> None:
    response = signed_in.post("/sample/dialog/", {"word": "yes"}, headers=HTMX)
    assert (response.status_code, response["HX-Redirect"]) == (200, "/sample/list/")


def test_messages_reach_htmx_out_of_band(signed_in: Client) -> None:
    part = signed_in.get("/sample/message/", headers=HTMX).text
    assert 'hx-swap-oob="innerHTML"' in part
    assert "By the way." in part
    assert "By the way." not in signed_in.get("/sample/list/").text


def test_field_ties_help_and_errors_to_its_input(signed_in: Client) -> None:
    part = signed_in.post("/sample/dialog/", {"word": ""}, headers=HTMX).text
    assert 'aria-describedby="id_word_helptext id_word_error"' in part
    assert 'aria-invalid="true"' in part
    assert 'id="id_word_helptext"' in part
    assert 'id="id_word_error"' in part


# Who may come in


def test_visitor_is_sent_to_sign_in_and_back() -> None:
    response = Client().get("/sample/list/?page=2")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fsample%2Flist%2F%3Fpage%3D2")


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http://["])
def test_under_htmx_a_page_that_is_none_of_ours_is_not_gone_back_to(page: str) -> None:
    response = Client().get("/sample/list/", headers=HTMX | {"HX-Current-URL": page})
    assert (response.status_code, response["HX-Redirect"]) == (200, "/accounts/login/?next=%2F")


def test_expired_session_under_htmx_is_sent_to_sign_in_and_back_to_the_page() -> None:
    response = Client().post("/sample/dialog/", headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Fsample%2Flist%2F%3Fpage%3D2"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_form_left_open_overnight_is_told_that_nothing_was_saved(headers: dict[str, str]) -> None:
    client = Client()
    client.post("/sample/dialog/", {"word": "yes"}, headers=headers)
    assert Page(client.get("/accounts/login/")).messages == [
        "You were signed out meanwhile. Nothing was saved: sign in, then do it again."
    ]


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/sample/list/?page=2", "/sample/list/?page=2"),
        ("http://testserver/sample/list/", "/sample/list/"),
        ("https://elsewhere.example/sample/list/", "/sample/dialog/"),
        ("http://testserver:99999x/", "/sample/dialog/"),
        ("", "/sample/dialog/"),
    ],
)
def test_a_form_left_open_overnight_leads_back_to_the_page_it_stood_on(referer: str, page: str) -> None:
    response = Client().post("/sample/dialog/", {"word": "yes"}, headers={"Referer": referer})
    assert response["Location"] == f"/accounts/login/?{urlencode({'next': page})}"


def test_a_method_that_an_address_does_not_take_is_a_page(partner: Partner) -> None:
    client = Client()
    client.force_login(make_account(partner))
    response = client.post("/statements/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert Page(response).one("h1").text == "This address cannot be used like that"
    assert client.post("/statements/", headers=HTMX).text.startswith("This address cannot be used like that. Nothing")


def test_support_staff_are_sent_to_their_admin() -> None:
    client = Client()
    client.force_login(make_support())
    response = client.get("/sample/list/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_what_a_role_may_not_do_is_refused(partner: Partner, role: Role) -> None:
    client = Client()
    client.force_login(make_account(partner, role=role))
    assert client.get("/sample/list/").status_code == 200
    response = client.post("/sample/dialog/", {"word": "yes"})
    assert response.status_code == 403
    assert "Your role does not allow this" in response.text


# Errors


@pytest.mark.parametrize(
    ("how", "status", "says", "retry_after"),
    [
        ("down", 503, "The database does not answer.", "5"),
        ("pool", 503, "The database does not answer.", "5"),
        ("locked", 503, "The portal is busy", "5"),
        ("deadlock", 503, "The portal is busy", "5"),
        ("busy", 503, "The portal is busy", "3"),
        ("refused", 422, "3 seats are needed, 1 is available, 2 are missing", None),
        ("constraint", 500, "Something went wrong", None),
        ("unknown", 404, "This page does not exist", None),
    ],
)
def test_errors_say_what_happened_and_what_to_do(how: str, status: int, says: str, retry_after: str | None) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(f"/sample/failing/{how}/")
    assert response.status_code == status
    assert response.headers.get("Retry-After") == retry_after
    assert says in response.text
    assert "<html" in response.text

    part = client.get(f"/sample/failing/{how}/", headers=HTMX)
    assert part.status_code == status
    assert part["Content-Type"] == "text/plain; charset=utf-8"
    assert says in part.text
    assert "<html" not in part.text


def test_form_with_a_stale_token_says_that_the_page_was_open_too_long(partner: Partner) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_account(partner))
    response = client.post("/sample/dialog/", {"word": "yes"})
    assert response.status_code == 403
    assert "This page was open for too long" in response.text
    assert "Nothing was changed. Open the page again" in response.text
    # Reloading would send the old form once more.
    assert Page(response).one("a", class_="btn btn-primary")["href"] == "/sample/dialog/"


def test_error_page_needs_no_database(signed_in: Client, django_assert_num_queries: pytest.FixtureRequest) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert signed_in.get("/sample/failing/down/").status_code == 503


def test_database_lost_while_the_session_is_saved_is_a_503_too(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails inside a middleware never reaches process_exception; handler500 answers it."""
    from django.db import OperationalError

    def lost(*args: object, **kwargs: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", lost)
    signed_in.raise_request_exception = False
    response = signed_in.get("/sample/list/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_signed_in_visitor_keeps_the_navigation_on_a_missing_page(signed_in: Client) -> None:
    page = signed_in.get("/nowhere").text
    assert "This page does not exist" in page
    assert ">Statements</a>" in page


def test_request_for_another_host_is_a_plain_400() -> None:
    response = Client(raise_request_exception=False).get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "This request could not be understood" in response.text


# Tables


def _names(page: str) -> list[str]:
    return [row.split("</th>")[0] for row in page.split('<th scope="row" dir="auto">')[1:]]


def test_table_sorts_by_its_default_and_shows_the_way(signed_in: Client, partner: Partner) -> None:
    for name in ("beta", "Alpha", "gamma", "Delta"):
        make_company(partner, name=name)
    page = signed_in.get("/sample/list/").text
    assert _names(page) == ["Alpha", "beta", "Delta"]
    assert '<th scope="col" class="col-name" aria-sort="ascending">' in page
    assert 'href="/sample/list/?sort=-name"' in page
    assert 'hx-get="/sample/list/?sort=-name" hx-push-url="true"' in page
    assert "1–3 of 4" in page  # noqa: RUF001 - the dash of a range
    assert 'href="/sample/list/?page=2"' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=-name", ["gamma", "Delta", "beta"]),
        ("sort=-name&page=2", ["Alpha"]),
        ("sort=nonsense", ["Alpha", "beta", "Delta"]),
        ("sort=note", ["Alpha", "beta", "Delta"]),
        ("page=99", ["gamma"]),
        ("page=nonsense", ["Alpha", "beta", "Delta"]),
        ("page=-1", ["gamma"]),
        ("per_page=100", ["Alpha", "beta", "Delta"]),
    ],
)
def test_table_obeys_the_address_and_forgives_nonsense(
    signed_in: Client, partner: Partner, query: str, expected: list[str]
) -> None:
    for name in ("beta", "Alpha", "gamma", "Delta"):
        make_company(partner, name=name)
    assert _names(signed_in.get(f"/sample/list/?{query}").text) == expected


def test_equal_rows_keep_one_order_over_pages(signed_in: Client, partner: Partner) -> None:
    made = [make_company(partner).name for _ in range(6)]
    for sort, expected in (("tier", made), ("-tier", made[::-1])):
        pages = [_names(signed_in.get(f"/sample/list/?sort={sort}&page={n}").text) for n in (1, 2)]
        assert pages == [expected[:3], expected[3:]]


def test_empty_table_says_so(signed_in: Client) -> None:
    page = signed_in.get("/sample/list/").text
    assert "Nothing here yet." in page
    assert "<table" not in page


def test_r23_foreign_names_are_never_listed_and_names_are_escaped(signed_in: Client, partner: Partner) -> None:
    make_company(partner, name="<b>Bold</b> & Co")
    make_company(name="Foreign")
    assert _names(signed_in.get("/sample/list/").text) == ["&lt;b&gt;Bold&lt;/b&gt; &amp; Co"]


@pytest.mark.parametrize("companies", [1, 3])
def test_a_list_costs_five_queries_at_any_size(
    signed_in: Client, partner: Partner, companies: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    """Session, account with its partner, count, page; who of support views the portal."""
    for _ in range(companies):
        make_company(partner)
    with django_assert_num_queries(5):  # type: ignore[operator]
        signed_in.get("/sample/list/")
