"""A directory brings thousands while ten admins add and remove: everybody once, never too many (R3, R5, R6, R7)."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from companies.models import Company
from licensing.enums import Tier
from tests.factories import make_company
from tests.facts import numbers
from tests.served import Visitor, make_real_account, server, sign_in
from tests.users.scim.client import BULK, Directory, full_size, person
from users.directory.models import Entry
from users.models import User
from users.scim.schemas import MAX_OPERATIONS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ADMINS = 10
HOLDERS = """
    SELECT seats, seats_used, (
        SELECT count(*) FROM users_user WHERE company_id = company.id AND status IN ('active', 'disabled')
    ) FROM companies_company AS company WHERE id = %s
"""


def test_r6_a_directory_and_ten_admins_at_once() -> None:
    people, seats = full_size()
    company = make_company(tier=Tier.ADVANCED, seats=1 + seats)
    directory = Directory(company)
    admins = [make_real_account(company.partner) for _ in range(ADMINS)]
    names = [f"person{number}" for number in range(people)]
    done = threading.Event()
    with ExitStack() as stack:
        scim, pages = (stack.enter_context(server(threads=threads)) for threads in (2, ADMINS))
        visitors = [sign_in(admin.email, pages) for admin in admins]
        threads = stack.enter_context(ThreadPoolExecutor(ADMINS + 1))
        watching = threads.submit(_watch, company, done)
        working = [
            threads.submit(_work, visitor, company, f"admin{number}", done) for number, visitor in enumerate(visitors)
        ]
        try:
            sent = _send(scim, directory, names)
        finally:
            done.set()
        answers = [answer for work in working for answer in work.result(60)]
        assert watching.result(60) > 0
    assert sent == {"201"}
    # Added, removed, or no seat was available; never busy.
    assert set(answers) <= {200, 302, 422}
    assert {200, 302} & set(answers)
    entries = Entry.objects.of_connector(directory.connector)
    assert list(entries.order_by("pk").values_list("user_name", flat=True)) == names
    assert entries.values("user").distinct().count() == people
    assert User.objects.of_company(company).filter(connector=directory.connector).count() == people
    waiting = entries.filter(user__status="pending").order_by("user__arrival")
    line = list(waiting.values_list("user_name", flat=True))
    assert line == [name for name in names if name in set(line)]
    holders = User.objects.of_company(company).filter(status__in=("active", "disabled")).count()
    assert numbers(company) == (1 + seats, holders, len(line))
    assert holders <= 1 + seats
    assert len(line) >= people - seats


def _send(port: int, directory: Directory, names: list[str]) -> set[str]:
    """Everybody, a Bulk request at a time; the statuses of the operations."""
    found: set[str] = set()
    for start in range(0, len(names), MAX_OPERATIONS):
        operations = [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": name,
                "data": person(name, emails=[{"value": f"{name}@x.example"}]),
            }
            for name in names[start : start + MAX_OPERATIONS]
        ]
        answer = _bulk(port, directory.token, operations)
        found |= {operation["status"] for operation in answer["Operations"]}
    return found


def _bulk(port: int, token: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
    body = json.dumps({"schemas": [BULK], "Operations": operations})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    http_connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        http_connection.request("POST", "/scim/v2/Bulk", body, headers)
        return dict(json.loads(http_connection.getresponse().read()))
    finally:
        http_connection.close()


def _work(visitor: Visitor, company: Company, name: str, done: threading.Event) -> list[int]:
    """Add a person and remove them, again and again; the statuses of the answers."""
    add, tab = f"/companies/{company.pk}/users/add/", f"/companies/{company.pk}/users/"
    answers = [visitor.send("GET", add)[0]]
    number = 0
    try:
        while not done.is_set():
            number += 1
            email = f"{name}.{number}@customer.example"
            added, _page = visitor.send("POST", add, first_name=name, last_name=str(number), email=email)
            answers.append(added)
            if added == 302:
                user = User.objects.get(company_id=company.pk, email=email)
                answers.append(visitor.send("POST", tab, act="remove", users=str(user.pk), confirmed="yes")[0])
            done.wait(0.2)
    finally:
        connection.close()
    return answers


def _watch(company: Company, done: threading.Event) -> int:
    """R3, at every look: holders = counter <= seats. How often it was looked."""
    looks = 0
    try:
        while not done.wait(0.05):
            with connection.cursor() as cursor:
                cursor.execute(HOLDERS, [company.pk])
                seats, used, holders = cursor.fetchone()
            assert holders == used <= seats
            looks += 1
    finally:
        connection.close()
    return looks
