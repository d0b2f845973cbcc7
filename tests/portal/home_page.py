"""Reading Home as a person does, and bringing connectors into trouble."""

from django.test import Client
from django.utils import timezone

from companies.models import Company
from tests.factories import make_colleague, make_run
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Outcome
from users.directory.queries import SILENT_AFTER

CARDS = {"trouble", "nearly-full", "over-provided", "waiting", "latest"}


def home(client: Client, role: Role, *companies: Company) -> Page:
    """Home of somebody with this role; a Technician was given the companies."""
    client.force_login(make_colleague(role, *companies))
    response = client.get("/")
    assert response.status_code == 200
    return Page(response)


def stats(page: Page) -> list[str]:
    return page.one("dl", class_="stats").texts("a")


def card(page: Page, name: str) -> Tag:
    return page.one("section", id=name)


def rows(page: Page, name: str) -> list[str]:
    return card(page, name).texts("li")


def link(tag: Tag, text: str) -> str:
    [found] = [each["href"] for each in tag.all("a") if each.text == text]
    return found


def go_silent(connector: Connector) -> None:
    """It asked last before the time after which silence is trouble."""
    Connector.objects.filter(pk=connector.pk).update(last_contact_at=timezone.now() - SILENT_AFTER * 2)


def refuse(connector: Connector, count: int) -> None:
    """In its last run, `count` people could not be brought in."""
    run = make_run(connector)
    for number in range(count):
        Outcome.objects.create(
            partner_id=run.partner_id, company_id=run.company_id, run=run, kind=OutcomeKind.REFUSED, named=f"p{number}"
        )
