"""100,000 people, in five groups each: the agent's memory stays under 300 MB, and a pass without changes sends no
write."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings

from tests.agent.large import GROUPS

PEOPLE = 100_000
MOST_MEMORY = 300_000_000


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class CountingPortal:
    """Takes everybody whom it is sent, and counts; what a SCIM server makes of them is tested elsewhere."""

    def __init__(self) -> None:
        self.users = 0
        self.writes = 0
        self.groups = 0
        self.members = 0
        self.user_writes = 0
        self.writes_at_begin: list[int] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        is_of_groups = environ["PATH_INFO"].endswith("/Groups")
        answer: dict[str, Any] = {"totalResults": self.groups if is_of_groups else self.users}
        if environ["PATH_INFO"].endswith("/ServiceProviderConfig"):
            bulk = {"supported": True, "maxOperations": 1000, "maxPayloadSize": 4_000_000}
            answer = {"bulk": bulk, "filter": {"maxResults": 1000}}
        elif environ["REQUEST_METHOD"] != "GET":
            lines = self._lines(environ)
            self.writes += 1
            self.user_writes += lines[0]["path"] == "/Users"
            answer = {"Operations": [self._taken(line) for line in lines]}
        elif environ["PATH_INFO"].endswith("/Users") and environ["QUERY_STRING"] == "count=0":
            self.writes_at_begin.append(self.writes)
        content = json.dumps(answer).encode()
        start("200 OK", [("Content-Length", str(len(content)))])
        return [content]

    def _lines(self, environ: dict[str, Any]) -> list[dict[str, Any]]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        return list(body["Operations"])

    def _taken(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["path"].startswith("/Groups"):
            return self._taken_group(line)
        assert line["method"] == "POST"
        self.users += 1
        return {"bulkId": line["bulkId"], "status": "201", "location": f"http://portal/Users/{self.users:036}"}

    def _taken_group(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["method"] == "POST":
            self.groups += 1
            self.members += len(line["data"]["members"])
            return {"bulkId": line["bulkId"], "status": "201", "location": f"http://portal/Groups/{self.groups}"}
        assert line["method"] == "PATCH"
        (operation,) = line["data"]["Operations"]
        assert operation["op"] == "add"
        self.members += len(operation["value"])
        return {"bulkId": line["bulkId"], "status": "200", "location": f"http://portal{line['path']}"}


@contextmanager
def listening(portal: CountingPortal) -> Iterator[str]:
    with make_server("127.0.0.1", 0, portal, handler_class=_Handler) as http:
        thread = threading.Thread(target=lambda: http.serve_forever(0.05))
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def test_100_000_people_fit_and_a_second_pass_writes_nothing(tmp_path: Path) -> None:
    portal = CountingPortal()
    with listening(portal) as url:
        command = [sys.executable, "-m", "tests.agent.large", url, str(tmp_path / "state.db"), str(PEOPLE)]
        done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300, check=True)
    measured = json.loads(done.stdout)
    assert measured["sent"] == [PEOPLE, 0]
    assert (portal.users, portal.groups, portal.members) == (PEOPLE, GROUPS, 5 * PEOPLE)
    assert (measured["groups"], portal.user_writes) == ([GROUPS, 0], PEOPLE // 1000)
    assert portal.writes_at_begin == [0, portal.writes], "the second pass wrote nothing"
    assert measured["peak"] < MOST_MEMORY
