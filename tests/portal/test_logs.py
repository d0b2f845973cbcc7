"""What reaches the log, through the handler that production has (docs/deploy.md)."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client

from tests.factories import make_invitation, make_partner, make_support
from users.accounts.invitations import withdraw_invitation

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the console gets."""
    (handler,) = (handler for handler in logging.getLogger().handlers if handler.name == "console")
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_the_secret_of_an_invitation_is_not_in_the_log(client: Client, log: StringIO) -> None:
    support = make_support()
    invitation, link = make_invitation(make_partner(), by=support)
    withdraw_invitation(invitation, by=support)
    assert client.get(link).status_code == 404
    assert log.getvalue().endswith(" WARNING django.request: Not Found: /accounts/invitation/…/\n")
    assert link.split("/")[3] not in log.getvalue()


def test_the_secret_of_a_reset_is_not_in_the_log(log: StringIO) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/password/reset/key/3-dijhmo-7b34bbf69b41be5f87e5797035792285/").status_code == 403
    assert log.getvalue().endswith(": /accounts/password/reset/key/…/\n")
    assert "7b34bbf69b41be5f87e5797035792285" not in log.getvalue()


def test_a_foreign_host_name_is_one_line_in_the_log(client: Client, log: StringIO) -> None:
    assert client.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400
    first, *others = log.getvalue().splitlines()
    assert " ERROR django.security.DisallowedHost: Invalid HTTP_HOST header: 'evil.example'." in first
    assert [line for line in others if "WARNING django.request: Bad Request: /accounts/login/" not in line] == []


def test_what_failed_in_the_portal_itself_keeps_its_traceback(log: StringIO) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("django.request").exception("Internal Server Error: /companies/")
    assert log.getvalue().endswith("ZeroDivisionError\n")
