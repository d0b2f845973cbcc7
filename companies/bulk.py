"""What the pages of bulk changes show: summaries, and each company in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext, npgettext

from companies.models import Company
from companies.partners.models import Partner
from licensing.bulk import refusal_on
from licensing.bulk_plan import Plan, Preview
from licensing.enums import BulkOutcome, BulkState, Tier
from licensing.errors import Refusal
from licensing.models import BulkChange, BulkLine
from licensing.prices import monthly
from licensing.wording import sentence
from portal.web.alerts import Alert, AlertItem

_NAMES_SHOWN = 10
_REFUSED_SHOWN = 10
_USUALLY_TAKES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Summary:
    """How many companies change, stay as they are, and cannot be changed; who comes in; and the money a month."""

    changing: int
    staying: int
    refused: int
    seated: int
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """A preview of one company, and in words what stands in its way."""

    preview: Preview
    why: str


@dataclass(frozen=True, slots=True)
class Names:
    """The first names of many companies."""

    first: list[str]
    rest: int


@dataclass(frozen=True, slots=True)
class Row:
    """A company of a bulk change that was done, or refused with this sentence."""

    line: BulkLine
    why: str

    @property
    def order(self) -> tuple[int, str, int]:
        """As the preview's: what was not changed comes first."""
        rank = {BulkOutcome.REFUSED: 0, BulkOutcome.CHANGED: 1}.get(BulkOutcome(self.line.outcome), 2)
        return rank, self.line.company.name_sort, self.line.company_id


@dataclass(frozen=True, slots=True)
class Result:
    """How far a bulk change is; once it has ended, what became of each company."""

    companies: list[int]
    total: int
    ready: int
    is_late: bool
    rows: list[Row]
    summary: Summary


def names_of(companies: Collection[int], partner: Partner) -> Names:
    """The first of them by name, and how many more there are."""
    found = Company.objects.of_partner(partner).filter(pk__in=companies).order_by("name_sort", "pk")
    first = list(found.values_list("name", flat=True)[:_NAMES_SHOWN])
    return Names(first, len(companies) - len(first))


def told(previews: Iterable[Preview]) -> list[Told]:
    """Each with the sentence of what stands in its way, if anything does."""
    return [Told(preview, sentence(preview.step.refusal) if preview.step.refusal else "") for preview in previews]


def summary_of(plan: Plan, previews: Iterable[Preview]) -> Summary:
    """The sums of a preview."""
    previews = list(previews)
    return Summary(
        changing=plan.changing,
        staying=plan.staying,
        refused=plan.refused,
        seated=sum(preview.seated for preview in previews),
        difference=sum((preview.difference for preview in previews), Decimal(0)),
    )


def result_of(bulk: BulkChange, partner: Partner) -> Result:
    """Two queries, while it is in progress; the rows of all companies afterwards."""
    lines = list(bulk.lines.select_related("company")) if bulk.state != BulkState.WAITING else []
    by_outcome = {outcome: [line for line in lines if line.outcome == outcome] for outcome in BulkOutcome}
    changed = by_outcome[BulkOutcome.CHANGED]
    summary = Summary(
        changing=len(changed),
        staying=len(by_outcome[BulkOutcome.UNCHANGED]),
        refused=len(by_outcome[BulkOutcome.REFUSED]),
        seated=sum(line.seated for line in changed),
        difference=sum((_difference(line, partner) for line in changed), Decimal(0)),
    )
    return Result(
        companies=[line.company_id for line in lines],
        total=len(lines) or bulk.lines.count(),
        ready=0 if lines else bulk.lines.exclude(outcome="").count(),
        is_late=bulk.created_at < timezone.now() - _USUALLY_TAKES,
        rows=sorted((_row(line) for line in lines if line.outcome), key=lambda row: row.order),
        summary=summary,
    )


def _row(line: BulkLine) -> Row:
    refusal = refusal_on(line)
    return Row(line, sentence(refusal) if refusal else "")


def _difference(line: BulkLine, partner: Partner) -> Decimal:
    before = monthly(partner, seats=line.seats_from, tier=Tier(line.tier_from))
    return monthly(partner, seats=line.seats, tier=Tier(line.tier)) - before


def refused_alert(refusals: Mapping[int, Refusal], *, of: int) -> Alert:
    """Nothing was changed, and why: the first companies that stood in the way, each with the words of its pencil."""
    count = len(refusals)
    text = ngettext(
        "Nothing was changed: %(count)d of the %(all)d companies cannot be changed.",
        "Nothing was changed: %(count)d of the %(all)d companies cannot be changed.",
        count,
    )
    shown = list(Company.objects.filter(pk__in=refusals).order_by("name_sort", "pk")[:_REFUSED_SHOWN])
    items = [
        AlertItem(company.name, reverse("companies:settings", args=[company.pk]), sentence(refusals[company.pk]))
        for company in shown
    ]
    if count > len(shown):
        rest = count - len(shown)
        more = npgettext("companies", "and %(count)d more", "and %(count)d more", rest)
        items.append(AlertItem(more % {"count": rest}))
    return Alert(text % {"count": count, "all": of}, tuple(items))
