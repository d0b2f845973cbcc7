"""The list pages against a hand-written Django template loop over the same rows (docs say: 50 a page)."""

import io

import pytest
from django.core.management import call_command
from django.template import Context, Engine
from django.test import Client

from companies.models import Company
from tests.benchmarks.measure import medians, report
from users.accounts.models import Account
from users.models import User

ROUNDS = 30
_COMPANIES = """<table>{% for c in rows %}<tr><td><a href="/companies/{{ c.pk }}/users/">{{ c.name }}</a></td>
<td>{{ c.seats_used }} of {{ c.seats }}</td><td>{{ c.get_tier_display }}</td><td>{{ c.seats_available }}</td>
<td>{{ c.users_pending }}</td></tr>{% endfor %}</table>"""
_USERS = """<table>{% for u in rows %}<tr><td>{{ u.full_name }}</td><td>{{ u.email }}</td>
<td>{{ u.get_status_display }}</td><td>{{ u.connector }}</td><td>{{ u.since }}</td></tr>{% endfor %}</table>"""


@pytest.fixture
def admin() -> Account:
    """The Admin of a partner with 2,000 companies and 100,000 users."""
    call_command("seed", partners=1, companies=2_000, users=100_000, stdout=io.StringIO())
    return Account.objects.get(email="admin@partner-1.example")


@pytest.mark.django_db
def test_pages_against_a_loop(admin: Account, client: Client) -> None:
    client.force_login(admin)
    whale = Company.objects.order_by("-seats_used")[0]
    engine = Engine()
    companies, users = engine.from_string(_COMPANIES), engine.from_string(_USERS)

    def companies_loop() -> None:
        rows = Company.objects.filter(partner=admin.partner).open().order_by("name_sort", "pk")[:50]
        companies.render(Context({"rows": rows}))

    def users_loop() -> None:
        listed = User.objects.of_company(whale).listed().select_related("connector")
        users.render(Context({"rows": listed.order_by("name_sort", "pk")[:50]}))

    def page(address: str) -> None:
        assert client.get(address).status_code == 200

    for what, address, loop in (
        ("Companies tab", "/companies/", companies_loop),
        ("Users tab", f"/companies/{whale.pk}/users/", users_loop),
    ):
        seconds, baseline = medians(ROUNDS, lambda address=address: page(address), loop)  # type: ignore[misc]
        report(f"{what}, whole signed-in page", seconds, baseline, against="a template loop over 50 rows")
