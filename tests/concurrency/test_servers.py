"""The promise over HTTP: 200 people ask several server processes for 20 seats (R3, R5)."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, connections

from companies.models import Company
from tests.concurrency.racing import held, until_waiting
from tests.factories import PASSWORD, make_account, make_company
from tests.facts import numbers, statuses
from users.models import StatusChange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SERVERS = 3
THREADS = 6
RACERS = 200
SEATS = 20
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass
class Visitor:
    """A browser's cookies and form token at one server; the session is good at all of them."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def send(self, method: str, path: str, **fields: str) -> tuple[int, str]:
        """One request on a connection of its own: the status, and the page."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields:
            body = urlencode(fields | {"csrfmiddlewaretoken": self.token})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        http_connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            http_connection.request(method, path, body, headers)
            response = http_connection.getresponse()
            page = response.read().decode()
        finally:
            http_connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := _TOKEN.search(page):
            self.token = found[1]
        return response.status, page


def test_r3_exactly_as_many_people_come_in_as_there_are_seats() -> None:
    """R3, R5: 200 racers, 18 requests at once in three server processes, 20 seats."""
    company = make_company(seats=1 + SEATS)
    account = make_account(company.partner)
    account.password = Argon2PasswordHasher().encode(PASSWORD, "salt-for-a-test")
    account.save(update_fields=["password"])
    with ExitStack() as stack:
        ports = [stack.enter_context(_server()) for _ in range(SERVERS)]
        visitor = _signed_in(account.email, ports, company)
        racers = stack.enter_context(ThreadPoolExecutor(SERVERS * THREADS + SERVERS))
        with held(company):
            answers = [
                racers.submit(
                    _add, Visitor(ports[number % SERVERS], dict(visitor.cookies), visitor.token), company, number
                )
                for number in range(RACERS)
            ]
            until_waiting(SERVERS * THREADS)
        pages = [answer.result(120) for answer in answers]
    assert Counter(status for status, _page in pages) == {302: SEATS, 422: RACERS - SEATS}
    assert {"0 are available" in page for status, page in pages if status == 422} == {True}
    assert numbers(company) == (1 + SEATS, 1 + SEATS, 0)
    assert statuses(company) == ["active"] * (1 + SEATS)
    assert StatusChange.objects.filter(company=company, by_account=account).count() == SEATS


def _add(visitor: Visitor, company: Company, number: int) -> tuple[int, str]:
    """Ask for a seat as a person would: who is told "busy, try again" tries again."""
    person = {"first_name": "Racer", "last_name": f"Number {number}", "email": f"racer{number}@customer.example"}
    for _attempt in range(10):
        status, page = visitor.send("POST", f"/companies/{company.pk}/users/add/", **person)
        if status != 503:
            break
        time.sleep(0.2)
    return status, page


def _signed_in(email: str, ports: list[int], company: Company) -> Visitor:
    """Sign in at one server and open the form at another."""
    visitor = Visitor(ports[0])
    assert visitor.send("GET", "/accounts/login/")[0] == 200
    assert visitor.send("POST", "/accounts/login/", login=email, password=PASSWORD)[0] == 302
    visitor.port = ports[-1]
    assert visitor.send("GET", f"/companies/{company.pk}/users/add/")[0] == 200
    return visitor


@contextmanager
def _server() -> Iterator[int]:
    """A server process of its own against the test database; yields its port once it answers."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", str(THREADS), "--log-level", "error", "portal.wsgi:application"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_MODE": "demo",
        "DATABASE_URL": _database_url(),
    }
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        _until_alive(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if Visitor(port).send("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _database_url() -> str:
    database = connections["default"].settings_dict
    user, password = quote(database["USER"]), quote(database["PASSWORD"] or "")
    host = quote(database["HOST"] or "localhost", safe="")
    return f"postgresql://{user}:{password}@{host}:{database['PORT'] or 5432}/{connection.settings_dict['NAME']}"
