"""`portal-agent check`: one line each for what has to work, and what is wrong with it."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal_agent.config import Config
from portal_agent.errors import AgentError
from portal_agent.scim import PortalClient

if TYPE_CHECKING:
    from portal_agent.active_directory import ActiveDirectory


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    text: str


def check(config: Config, directory: "ActiveDirectory", portal: PortalClient) -> Iterator[Finding]:
    """From the network upwards: what rests on something that does not work is not tried."""
    yield from _in_turn(
        ("directory: network", lambda: _network(config.directory.url, 636)),
        ("directory: certificate", lambda: _certificate(config.directory.url, 636, config.directory.ca_file, lax=True)),
        ("directory: sign-in", lambda: _sign_in(directory)),
        ("directory: group", lambda: f"{directory.group()}, {sum(1 for _ in directory.people())} people"),
    )
    steps: list[tuple[str, Callable[[], str]]] = [
        ("portal: network", lambda: _network(config.portal.url, 443 if _is_https(config.portal.url) else 80))
    ]
    if _is_https(config.portal.url):
        steps.append(("portal: certificate", lambda: _certificate(config.portal.url, 443, config.portal.ca_file)))
    steps += [
        ("portal: token", lambda: f"accepted; {portal.count()} people known"),
        ("portal: seats", lambda: str(portal.seats() or "this portal does not tell")),
        ("portal: Bulk", lambda: f"up to {portal.limits().operations} people a request"),
    ]
    yield from _in_turn(*steps)


def _in_turn(*steps: tuple[str, Callable[[], str]]) -> Iterator[Finding]:
    for what, step in steps:
        try:
            yield Finding(what, True, step())
        except (AgentError, OSError) as error:
            yield Finding(what, False, _explained(error))
            return


def _explained(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"not trusted: {error.verify_message}. Is ca_file the right authority, and the name in url the server's?"
    if isinstance(error, ssl.SSLError):
        return f"no TLS there: {error.reason or error}"
    if isinstance(error, socket.gaierror):
        return f"the name cannot be found: {error.strerror}"
    if isinstance(error, TimeoutError):
        return "no answer; is a firewall in between?"
    return str(error)


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _address(url: str, port: int) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or port


def _network(url: str, port: int) -> str:
    host, port = _address(url, port)
    with socket.create_connection((host, port), timeout=10):
        return f"{host}:{port} answers"


def _certificate(url: str, port: int, ca_file: str | None, *, lax: bool = False) -> str:
    """`lax`: as OpenLDAP judges, which forgives authorities that companies made for themselves some formal faults."""
    host, port = _address(url, port)
    context = ssl.create_default_context(cafile=ca_file)
    if lax:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection((host, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        certificate = connection.getpeercert() or {}
    return f"trusted, good until {certificate.get('notAfter', 'an unknown date')}"


def _sign_in(directory: "ActiveDirectory") -> str:
    directory.sign_in()
    return f"{directory.config.bind} is signed in"
