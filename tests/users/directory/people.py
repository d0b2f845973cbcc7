"""What a directory says in tests, and what came of it."""

from typing import Any

from companies.models import Company
from licensing.enums import Tier
from tests.factories import make_company, make_connector
from users.directory.models import Connector, Entry, Outcome
from users.directory.standing import standing_of
from users.directory.sync import Claim, bring, change
from users.models import User


def claim(name: str, **said: Any) -> Claim:
    """Somebody with a userName, an e-mail and names made of `name`, unless told otherwise."""
    told = {"email": f"{name}@customer.example", "first_name": name.title(), "last_name": "Lee"}
    return Claim(name, **told | said)


def make_directory(*, seats: int = 10, people: int = 2, **rules: Any) -> Connector:
    """A connector that manages `people` (other1, other2, …) beside those of the test; the primary is the portal's own.

    With people to spare nobody is the last one (R22). `rules` are set once these have arrived.
    """
    company = make_company(seats=seats, tier=Tier.ADVANCED)
    connector = make_connector(company)
    for number in range(1, people + 1):
        bring(connector, claim(f"other{number}"))
    set_rules(connector, **rules)
    company.refresh_from_db()
    return connector


def set_rules(connector: Connector, **rules: Any) -> None:
    Connector.objects.filter(pk=connector.pk).update(**rules)
    connector.refresh_from_db()


def say(entry: Entry, **said: Any) -> Entry:
    """The directory says the same of the person as before, but for `said`."""
    entry = Entry.objects.select_related("user", "connector").get(pk=entry.pk)
    before = {
        "user_name": entry.user_name,
        "external_id": entry.external_id,
        "email": entry.user.email,
        "first_name": entry.user.first_name,
        "last_name": entry.user.last_name,
        "active": entry.active,
        "has_left": entry.has_left,
        "attributes": entry.attributes,
    }
    return change(entry, Claim(**before | said))


def stands(entry: Entry) -> tuple[str, str, int | None]:
    """Status, reason and position, as they are told to the directory."""
    entry = Entry.objects.get(pk=entry.pk)
    standing = standing_of(entry.connector, [entry])[entry.pk]
    return standing.status, standing.reason, standing.position


def status(entry: Entry) -> str:
    return User.objects.get(entries=entry).status


def line(company: Company) -> list[str]:
    """The first names of those in the waiting line, oldest first."""
    return list(User.objects.of_company(company).in_line().values_list("first_name", flat=True))


def outcomes(connector: Connector) -> list[tuple[str, str, str]]:
    """Whom, what and the code of each outcome of the connector, oldest first."""
    rows = Outcome.objects.filter(run__connector=connector).order_by("pk")
    return [(row.entry.user_name if row.entry else row.named, row.kind, row.code) for row in rows]
