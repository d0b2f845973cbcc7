"""How patient the agent is with the portal, and what it says."""

import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from wsgiref.simple_server import make_server

import pytest

from portal_agent.config import Portal
from portal_agent.errors import PortalError
from portal_agent.scim import Limits, PortalClient, _retry_after
from tests.agent.people import Pauses
from tests.agent.scim_server import TOKEN, ScimServer, scim_server


def client(url: str, pauses: Pauses, *, attempts: int = 4) -> PortalClient:
    return PortalClient(Portal(url, TOKEN, None, 10, attempts, 200), wait=pauses)


def test_it_waits_longer_each_time_where_nobody_answers_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    pauses = Pauses()
    with caplog.at_level(logging.WARNING, "portal_agent"), pytest.raises(PortalError) as caught:
        client(f"http://127.0.0.1:{port}/v2", pauses).count()
    assert str(caught.value) == (
        f"http://127.0.0.1:{port}/v2 cannot be reached: [Errno 111] Connection refused; given up after 4 attempts."
    )
    assert [1 <= pauses.seconds[0] <= 2, 2 <= pauses.seconds[1] <= 4, 4 <= pauses.seconds[2] <= 8] == [True] * 3
    assert len(pauses.seconds) == 3


def test_pauses_differ_so_that_agents_do_not_meet(server: ScimServer) -> None:
    first, second = Pauses(), Pauses()
    for pauses in (first, second):
        for attempt in range(1, 7):
            client(server.url, pauses).pause(attempt)
    assert first.seconds != second.seconds
    assert max(first.seconds) <= 60


def test_retry_after_may_be_seconds() -> None:
    assert _retry_after("7") == 7


@pytest.mark.parametrize(("seconds", "least", "most"), [(100, 80, 101), (-100, 0, 0)])
def test_retry_after_may_be_a_date(seconds: int, least: float, most: float) -> None:
    pause = _retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True))
    assert pause is not None
    assert least <= pause <= most


@pytest.mark.parametrize("value", ["", "soon", "-3"])
def test_a_retry_after_that_cannot_be_read_is_passed_over(value: str) -> None:
    assert _retry_after(value) is None


def test_an_address_that_is_no_scim_service_says_so() -> None:
    def page(environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Length", "4")])
        return [b"Hi !"]

    with make_server("127.0.0.1", 0, page) as http:
        thread = threading.Thread(target=http.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{http.server_port}"
        with pytest.raises(PortalError) as caught:
            client(url, Pauses()).count()
        thread.join()
    assert str(caught.value) == f"{url}/Users?count=0 did not answer with SCIM; is the address right?"


def test_everybody_is_listed_page_by_page() -> None:
    with scim_server() as server:
        for number in range(7):
            server.create(f"user{number}", active=True)
        listing = client(server.url, Pauses())
        listing._limits = Limits(operations=1, payload=1, page=3)
        assert sorted(user["userName"] for user in listing.users()) == [f"user{number}" for number in range(7)]
        assert [path for _method, path in server.asked].count("/v2/Users") == 3


def test_no_more_at_once_than_the_portal_takes() -> None:
    with scim_server(operations=7) as server:
        assert client(server.url, Pauses()).limits().operations == 7
