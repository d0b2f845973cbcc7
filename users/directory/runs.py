"""What a connector did, for people to read: runs, and in each what became of every person (R6)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Entry, Outcome, Run

PAUSE_ENDS_RUN = dt.timedelta(minutes=10)
"""Changes less than this apart belong to one run."""

MAX_NAMED = 254

# One statement a person. The connector first, then its run: everybody takes them in that order.
_NOTE = """
    WITH told AS (
        UPDATE directory_connector SET last_change_at = statement_timestamp()
        WHERE partner_id = %(partner)s AND id = %(connector)s
        RETURNING partner_id, id
    ), present AS (
        UPDATE directory_run AS run SET last_at = statement_timestamp() FROM told
        WHERE run.partner_id = told.partner_id AND run.id = (
            SELECT id FROM directory_run
            WHERE partner_id = told.partner_id AND connector_id = told.id
                AND last_at > statement_timestamp() - %(pause)s * interval '1 second'
            ORDER BY id DESC LIMIT 1
        )
        RETURNING run.id
    )
    INSERT INTO directory_outcome (partner_id, company_id, run_id, entry_id, kind, code, named)
    SELECT %(partner)s, %(company)s, present.id, one.entry_id, one.kind, %(code)s, ''
    FROM present, unnest(%(entries)s::bigint[], %(kinds)s::text[]) WITH ORDINALITY AS one (entry_id, kind, number)
    ORDER BY one.number
    RETURNING run_id
"""


def note(connector: Connector, entry: Entry, kind: OutcomeKind, *, code: str = "") -> int:
    """Write down what became of `entry`, in the connector's present run or a new one, and that it changed something.

    In the caller's transaction; holds the connector's row until that ends. Returns the id of the run.
    """
    return note_all(connector, [(entry, kind)], code=code)


def note_all(connector: Connector, told: Sequence[tuple[Entry, OutcomeKind]], *, code: str = "") -> int:
    """The same of many, in order; at least one."""
    said: dict[str, Any] = {
        "partner": connector.partner_id,
        "company": connector.company_id,
        "connector": connector.pk,
        "pause": PAUSE_ENDS_RUN.total_seconds(),
        "entries": [entry.pk for entry, _kind in told],
        "kinds": [kind.value for _entry, kind in told],
        "code": code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, said)
        found = cursor.fetchone()
        if found is None:
            # The connector's row is held by now: whoever began a run meanwhile has committed it.
            _present_run(connector)
            cursor.execute(_NOTE, said)
            found = cursor.fetchone()
    return int(found[0])


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
