"""What a connector did, for people to read: runs, and in each what became of every person (R6)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Now

from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Entry, Outcome, Run

PAUSE_ENDS_RUN = dt.timedelta(minutes=10)
"""Changes less than this apart belong to one run."""

MAX_NAMED = 254


def note(connector: Connector, entry: Entry, kind: OutcomeKind, *, code: str = "") -> Outcome:
    """Write down what became of `entry`, in the connector's present run or a new one, and that it changed something.

    In the caller's transaction; holds the connector's row until that ends.
    """
    (outcome,) = note_all(connector, [(entry, kind)], code=code)
    return outcome


def note_all(connector: Connector, told: Sequence[tuple[Entry, OutcomeKind]], *, code: str = "") -> list[Outcome]:
    """The same of many, in order."""
    if not told:
        return []
    Connector.objects.filter(partner_id=connector.partner_id, pk=connector.pk).update(last_change_at=Now())
    run = _present_run(connector)
    rows = [
        Outcome(
            partner_id=connector.partner_id,
            company_id=connector.company_id,
            run=run,
            entry=entry,
            kind=kind,
            code=code,
        )
        for entry, kind in told
    ]
    return Outcome.objects.bulk_create(rows, batch_size=1_000)


def note_refused(connector: Connector, *, named: str, code: str, entry: Entry | None = None) -> None:
    """Write down whom the connector could not bring in or change, and the code of the refusal: nobody is lost unseen.

    The refusal undid its own transaction, so call this in another one. `named` is what the directory calls the person.
    The same again in the same run, which is how clients retry, is written once.
    """
    own = Connector.objects.filter(partner_id=connector.partner_id, pk=connector.pk)
    list(own.select_for_update(no_key=True).values_list("pk"))
    said: dict[str, Any] = {"entry": entry, "kind": OutcomeKind.REFUSED, "code": code, "named": _printable(named)}
    run = _present_run(connector)
    if not Outcome.objects.filter(partner_id=connector.partner_id, run=run, **said).exists():
        Outcome.objects.create(partner_id=connector.partner_id, company_id=connector.company_id, run=run, **said)


def _present_run(connector: Connector) -> Run:
    """The connector's row is locked by the caller: no two find none at once."""
    runs = Run.objects.filter(partner_id=connector.partner_id, connector_id=connector.pk)
    latest = runs.filter(last_at__gt=Now() - PAUSE_ENDS_RUN).order_by("-pk").first()
    if latest is None:
        return Run.objects.create(
            partner_id=connector.partner_id, company_id=connector.company_id, connector_id=connector.pk
        )
    latest.last_at = Now()
    latest.save(update_fields=["last_at"])
    return latest


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:MAX_NAMED]
