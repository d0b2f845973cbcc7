"""The directories of the demo's companies: their people come as a directory sends them, one after the other."""

import uuid
from collections.abc import Iterable

from django.db import transaction

from licensing.errors import Refusal
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.runs import note_refused
from users.directory.sync import Claim, bring
from users.directory.tokens import note_contact
from users.people import Person


def send_people(connector: Connector, people: Iterable[Person]) -> None:
    """These people, and from Active Directory one more who stands there twice: the connector's page says so (R6)."""
    note_contact(connector)
    claims = [_claim(connector, person) for person in people]
    if connector.kind == ConnectorKind.ACTIVE_DIRECTORY and claims:
        first = claims[0]
        claims.append(Claim(user_name=f"old-{first.user_name}", email=first.email))
    for claim in claims:
        _send(connector, claim)
    note_contact(connector)


def _send(connector: Connector, claim: Claim) -> None:
    try:
        with transaction.atomic():
            bring(connector, claim)
    except Refusal as refusal:
        note_refused(connector, named=claim.user_name, code=refusal.code)


def _claim(connector: Connector, person: Person) -> Claim:
    """As that kind of directory describes a person; the same in every demo."""
    local = person.email.partition("@")[0]
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{person.email}"))
    is_ad = connector.kind == ConnectorKind.ACTIVE_DIRECTORY
    return Claim(
        user_name=local if is_ad else person.email,
        external_id=local if connector.kind == ConnectorKind.ENTRA_ID else number,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
    )
