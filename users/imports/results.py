"""What became of a file's people: counted, told of each row, and listed for spreadsheets. Kept for two weeks."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from companies.models import Company
from users.accounts.models import Account
from users.enums import ImportOutcome, ImportState
from users.imports.columns import header_to_fill_in
from users.imports.drafts import errors_of
from users.models import ImportRow, ImportRun

RECENT = 10
"""So many of a company's imports are listed."""

_RANKS = (
    ImportOutcome.REFUSED,
    ImportOutcome.THERE,
    ImportOutcome.LEFT_OUT,
    ImportOutcome.WAITING,
    ImportOutcome.ADDED,
)
_COUNTED = {f"{outcome}_count": Count("rows", filter=Q(rows__outcome=outcome)) for outcome in ImportOutcome}


@dataclass(frozen=True, slots=True)
class Result:
    """How far an import is, and how many rows had which outcome until now."""

    total: int
    tried: int
    added: int
    waiting: int
    there: int
    refused: int
    left_out: int


def confirmed_imports(company: Company) -> QuerySet[ImportRun]:
    """Imports of the company that somebody confirmed, newest first: whoever may change its users may see them."""
    runs = ImportRun.objects.filter(partner_id=company.partner_id, company=company, confirmed_at__isnull=False)
    return runs.defer("records").select_related("account").order_by("-pk")


def recent_imports(company: Company, account: Account) -> list[ImportRun]:
    """The newest of them, and what the account itself has not confirmed yet, each with its numbers."""
    own = Q(account=account, state__in=[ImportState.COLUMNS, ImportState.DRAFT])
    runs = ImportRun.objects.filter(Q(confirmed_at__isnull=False) | own, partner_id=company.partner_id, company=company)
    counted = runs.annotate(rows_count=Count("rows"), **_COUNTED)
    return list(counted.defer("records").select_related("account").order_by("-pk")[:RECENT])


def result_of(run: ImportRun) -> Result:
    """One query."""
    counts = dict(run.rows.values_list("outcome").annotate(count=Count("pk")).order_by())
    numbers = {outcome.value: counts.get(outcome, 0) for outcome in ImportOutcome}
    return Result(total=sum(counts.values()), tried=sum(numbers.values()), **numbers)


def rows_by_outcome(run: ImportRun) -> QuerySet[ImportRow]:
    """Who was not added comes first."""
    rank = Case(
        *[When(outcome=outcome, then=Value(place)) for place, outcome in enumerate(_RANKS)], output_field=IntegerField()
    )
    return run.rows.annotate(rank=rank).order_by(F("rank").asc(nulls_last=True), "number")


def why_not(row: ImportRow) -> str:
    """Why the person of this row was not added, in the language that is active; nothing where nothing is to be said."""
    if row.code == "invalid":
        return " ".join(text for texts in errors_of(row).values() for text in texts)
    if row.code == "twice":
        return _("This e-mail stands in row %(row)d already.") % {"row": row.first or 0}
    return {
        "taken": _("This e-mail is in use at the company already."),
        "surplus": _("This row has more cells than the first row: check its separators."),
        "no_seats_available": _("No seat was left."),
        "account_gone": _("Whoever confirmed the import may not add users to this company any more."),
        "company_closed": _("The company was closed meanwhile."),
    }.get(row.code, row.code)


def result_header() -> list[str]:
    return [_("Row"), *header_to_fill_in(), _("Outcome"), _("Why")]


def result_rows(run: ImportRun) -> Iterator[list[str | int]]:
    """Every row in the order of the file, with what became of it."""
    labels = {outcome.value: str(outcome.label) for outcome in ImportOutcome}
    for row in run.rows.order_by("number").iterator(2_000):
        outcome = labels.get(row.outcome, "")
        yield [row.number, row.first_name, row.last_name, row.email, outcome, why_not(row)]
