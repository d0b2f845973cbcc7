"""Somebody of whom a change is held is removed by hand: no page asks an Admin about them any more (R21, R22)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from licensing.enums import Tier
from tests.factories import make_account, make_company, make_connector, make_held, make_support, sign_in
from tests.facts import statuses
from tests.page import Page
from tests.users.acts import post
from users.models import User

pytestmark = pytest.mark.django_db


def _on_the_users_tab(client: Client, user: User) -> None:
    assert post(client, user.company, "remove", [user], confirmed="1").status_code == 302


def _in_supports_site(client: Client, user: User) -> None:
    staff = Client()
    sign_in(staff, make_support())
    chosen = {"action": "RemoveUsers", "_selected_action": [user.pk]}
    asked = staff.post(reverse("admin:users_user_changelist"), chosen)
    assert staff.post(asked["Location"], {"reason": "Ticket 7"}).status_code == 302


@pytest.mark.parametrize("door", [_on_the_users_tab, _in_supports_site])
def test_who_is_removed_leaves_the_held_list_and_every_count(
    client: Client, door: Callable[[Client, User], None]
) -> None:
    account = make_account()
    sign_in(client, account)
    company = make_company(account.partner, name="Contoso", tier=Tier.ADVANCED)
    connector = make_connector(company, name="Head office")
    first, last = make_held(connector).entry.user, make_held(connector).entry.user
    settings = f"/companies/{company.pk}/settings/"

    def told() -> list[str]:
        notices = [tag.text for tag in Page(client.get(settings)).all(class_="hint hint-warning held-notice")]
        return notices + [row for row in Page(client.get("/")).texts("li") if "held" in row]

    held = "Head office would take away more people than its safety threshold allows: "
    home = "until an Admin decides. Confirm or reject"
    assert told() == [
        f"{held}2 changes are held. Confirm or reject them",
        f"Head office Contoso 2 changes are held {home}",
    ]
    door(client, first)
    assert told() == [f"{held}1 change is held. Confirm or reject them", f"Head office Contoso 1 change is held {home}"]
    page = Page(client.get(f"{settings}connectors/{connector.pk}/held/"))
    assert [row[1].startswith(str(last)) for row in page.rows] == [True]
    door(client, last)
    assert told() == []
    page = Page(client.get(f"{settings}connectors/{connector.pk}/held/"))
    assert (page.rows, "Nothing is held." in page.text) == ([], True)
    assert "Differences from the directory" not in page.text
    assert statuses(company) == ["active", "removed", "removed"]
