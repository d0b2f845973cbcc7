"""The directories of the demo's companies: their people come as a directory sends them, one after the other."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.errors import Refusal
from users.directory.enums import ConnectorKind
from users.directory.models import Connector, Entry
from users.directory.runs import note_refused
from users.directory.sync import Claim, bring
from users.directory.tokens import note_contact
from users.models import User
from users.people import Person

_SENT_AGAIN = 100
"""So many people at most are sent again when the demo starts; its own connectors brought fewer."""


def send_people(connector: Connector, people: Iterable[Person], *, has_twin: bool = False) -> None:
    """These people; with a twin, one more entry for the first of them: the connector's page says so (R6)."""
    note_contact(connector)
    claims = [_claim(connector, person) for person in people]
    if has_twin and claims:
        first = claims[0]
        claims.append(Claim(user_name=f"old-{first.user_name}", email=first.email))
    for claim in claims:
        _send(connector, claim)
    note_contact(connector)


def call_again(connector: Connector) -> None:
    """As directories do that have nothing new to tell, so that the demo's do not fall silent.

    Whom it brought before directories said anything of their people (R21) is sent again, and thereby known to it. Not
    where somebody paused the connector, or made a token for a directory of their own.
    """
    if connector.paused_at is not None or _has_own_token(connector):
        return
    unknown = User.objects.listed().filter(
        ~Exists(Entry.objects.filter(partner=OuterRef("partner"), user=OuterRef("pk"))), connector=connector
    )
    people = list(unknown.order_by("pk")[: _SENT_AGAIN + 1])
    # More came by other ways, and would keep the demo from starting.
    for user in people if len(people) <= _SENT_AGAIN else []:
        _send(connector, _claim(connector, Person(user.first_name, user.last_name, user.email)))
    note_contact(connector)


def _has_own_token(connector: Connector) -> bool:
    rotated = AuditEvent.objects.filter(company=connector.company_id, act=Act.TOKEN_ROTATED)
    return rotated.filter(data__connector=connector.pk).exists()


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
