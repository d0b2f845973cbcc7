"""The same situations through the doors that people see: the portal's pages and support's admin (R3, R5, R7, R25)."""

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from tests.doors.situations import SITUATIONS, Scene, Situation, scene_of
from tests.factories import make_account, make_partner, make_person, make_support, sign_in
from tests.facts import nothing_changes, numbers
from users.people import Person

pytestmark = pytest.mark.django_db

Door = Callable[[Client, Scene], HttpResponseBase]


def _people(scene: Scene) -> list[Person]:
    return [make_person() for _ in range(scene.wanted)]


def _add_many(client: Client, scene: Scene) -> HttpResponseBase:
    data = {"people-TOTAL_FORMS": str(scene.wanted), "people-INITIAL_FORMS": str(scene.wanted)}
    for number, person in enumerate(_people(scene)):
        data[f"people-{number}-first_name"] = person.first_name
        data[f"people-{number}-last_name"] = person.last_name
        data[f"people-{number}-email"] = person.email
    return client.post(f"/companies/{scene.company.pk}/users/add/many/", data)


def _add_file(client: Client, scene: Scene) -> HttpResponseBase:
    rows = [f"{person.first_name},{person.last_name},{person.email}" for person in _people(scene)]
    content = "\n".join(["First name,Last name,E-mail", *rows]).encode()
    file = SimpleUploadedFile("people.csv", content, content_type="text/csv")
    columns = client.post(f"/companies/{scene.company.pk}/users/add/file/", {"file": file}).headers["Location"]
    chosen = {"first_name": "0", "last_name": "1", "email": "2", "has_header": "on"}
    preview = client.post(columns, chosen).headers["Location"]
    return client.post(preview, {"act": "all"})


def _approve(client: Client, scene: Scene) -> HttpResponseBase:
    data = {"act": "approve", "bulk": "1", "users": [user.pk for user in scene.waiting]}
    return client.post(f"/companies/{scene.company.pk}/users/", data)


def _approve_next(client: Client, scene: Scene) -> HttpResponseBase:
    return client.post(f"/companies/{scene.company.pk}/users/", {"act": "approve_next", "count": scene.wanted})


def _support_adds(client: Client, scene: Scene) -> HttpResponseBase:
    lines = [f"{person.first_name}; {person.last_name}; {person.email}" for person in _people(scene)]
    data = {"people": "\n".join(lines), "reason": "Asked by phone"}
    return client.post(f"/admin/companies/company/rule/AddUsers/?ids={scene.company.pk}", data)


def _support_approves(client: Client, scene: Scene) -> HttpResponseBase:
    ids = ",".join(str(user.pk) for user in scene.waiting)
    return client.post(f"/admin/users/user/rule/ApproveUsers/?ids={ids}", {"reason": "Asked by phone"})


PORTAL: list[tuple[Door, bool]] = [(_add_many, False), (_add_file, False), (_approve, True), (_approve_next, True)]
SUPPORT: list[tuple[Door, bool]] = [(_support_adds, False), (_support_approves, True)]


def _knock(client: Client, door: Door, scene: Scene) -> None:
    """Let in all, or answered 422 with the reason in an alert and nothing changed."""
    situation = scene.situation
    if situation.fits:
        assert door(client, scene).status_code == 302
        assert numbers(scene.company) == (situation.seats, situation.used + situation.wanted, 0)
        return
    with nothing_changes(scene.company):
        response = door(client, scene)
    assert response.status_code == 422
    page = getattr(response, "content", b"").decode()
    assert re.search(rf"\b{situation.free} (seats? )?(is|are) available", page)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
@pytest.mark.parametrize(("door", "waits"), PORTAL, ids=lambda value: getattr(value, "__name__", ""))
def test_r5_r7_the_portals_doors_let_all_in_or_none(
    client: Client, door: Door, waits: bool, situation: Situation
) -> None:
    """R5, R7."""
    partner = make_partner()
    client.force_login(make_account(partner))
    _knock(client, door, scene_of(situation, waiting=waits, partner=partner))


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
@pytest.mark.parametrize(("door", "waits"), SUPPORT, ids=lambda value: getattr(value, "__name__", ""))
def test_r25_supports_doors_let_all_in_or_none(client: Client, door: Door, waits: bool, situation: Situation) -> None:
    """R3, R25: support staff come through the same rules."""
    sign_in(client, make_support())
    _knock(client, door, scene_of(situation, waiting=waits))


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_r5_one_person_after_another_until_the_pool_is_full(client: Client, situation: Situation) -> None:
    """R5."""
    partner = make_partner()
    client.force_login(make_account(partner))
    scene = scene_of(situation, waiting=False, partner=partner)
    answers = []
    for person in _people(scene):
        data = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
        answers.append(client.post(f"/companies/{scene.company.pk}/users/add/", data).status_code)
    seated = min(situation.wanted, situation.free)
    assert answers == [302] * seated + [422] * (situation.wanted - seated)
    assert numbers(scene.company) == (situation.seats, situation.used + seated, 0)
