"""The portal as it runs for real, in server processes of its own on the test database, and a browser's cookies."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, connections

from companies.partners.models import Partner
from tests.factories import PASSWORD, make_account
from users.accounts.models import Account

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass
class Visitor:
    """A browser's cookies and form token at one server; the session is good at all of them."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    retry_after: str | None = None

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
        self.retry_after = response.headers["Retry-After"]
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := _TOKEN.search(page):
            self.token = found[1]
        return response.status, page


def make_real_account(partner: Partner) -> Account:
    """An account whose password PASSWORD is hashed as server processes expect it; tests use a faster way."""
    account = make_account(partner)
    account.password = Argon2PasswordHasher().encode(PASSWORD, "salt-for-a-test")
    account.save(update_fields=["password"])
    return account


def sign_in(email: str, port: int) -> Visitor:
    """A visitor who has signed in at the server behind `port`."""
    visitor = Visitor(port)
    assert visitor.send("GET", "/accounts/login/")[0] == 200
    assert visitor.send("POST", "/accounts/login/", login=email, password=PASSWORD)[0] == 302
    return visitor


@contextmanager
def server(*, threads: int, **environment: str) -> Iterator[int]:
    """A server process of its own against the test database; yields its port once it answers.

    `environment` adds to its variables, or replaces them.
    """
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", str(threads), "--log-level", "error", "portal.wsgi:application"]
    variables = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_MODE": "demo", "DATABASE_URL": database_url()}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | variables | environment)
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


def database_url(*, user: str = "", name: str = "") -> str:
    """The address of the test database, for its owner unless another `user` is named, or of the database `name`."""
    database = connections["default"].settings_dict
    user, password = quote(user or database["USER"]), quote(database["PASSWORD"] or "")
    host = quote(database["HOST"] or "localhost", safe="")
    name = name or str(connection.settings_dict["NAME"])
    return f"postgresql://{user}:{password}@{host}:{database['PORT'] or 5432}/{name}"
