"""A file on its way: kept for its account until it is confirmed, its columns chosen, its rows mended (R5, R9, R23)."""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Case, CharField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.models import Company
from users.accounts.models import Account
from users.enums import ImportState
from users.imports.columns import guess, guess_by_content
from users.imports.reading import Sheet
from users.models import ImportRow, ImportRun, User
from users.people import Person, clean_person
from users.provisioning import allot

KEPT_FOR = dt.timedelta(days=1)
"""How long a file waits for somebody to confirm it."""

_BATCH = 5_000
_SURPLUS_KEPT = 200

# Asked of the database, whose lower case is the one that its unique index compares. Rows that are wrong in themselves
# stand in nobody's way, nor do those left out.
_FIND_TWICE = """
    UPDATE users_importrow AS row SET first = CASE WHEN found.first < row.number THEN found.first END
    FROM (
        SELECT id, CASE WHEN NOT (is_wrong OR is_left_out OR surplus <> '')
            THEN min(number) OVER (PARTITION BY lower(email), is_wrong OR is_left_out OR surplus <> '') END AS first
        FROM users_importrow WHERE partner_id = %(partner)s AND run_id = %(run)s
    ) AS found
    WHERE row.id = found.id AND row.partner_id = %(partner)s
        AND row.first IS DISTINCT FROM CASE WHEN found.first < row.number THEN found.first END
"""


class Verdict:
    """What is to be said of a row before anybody is added."""

    WRONG, THERE, READY, LEFT_OUT = "wrong", "there", "ready", "left_out"
    ALL = (WRONG, THERE, READY, LEFT_OUT)
    """In the order in which they are shown: what must be mended comes first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows there are of each kind; of the people who are ready, who gets a seat and for whom none is left."""

    wrong: int
    there: int
    ready: int
    left_out: int
    seated: int
    beyond: int

    @property
    def total(self) -> int:
        return self.wrong + self.there + self.ready + self.left_out

    @property
    def wanted(self) -> int:
        """All whom "all or nothing" means: everybody who is not left out."""
        return self.wrong + self.there + self.ready

    @property
    def can_be_all(self) -> bool:
        return self.ready > 0 and not (self.wrong or self.there or self.beyond)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the cells of one row. `accepts` cells beyond the last column being passed over."""

    person: Person
    is_left_out: bool = False
    accepts: bool = False


def start(sheet: Sheet, *, company: Company, account: Account, file_name: str) -> ImportRun:
    """Keep what was read, with a guess where each field stands. Deletes what the partner's accounts left behind."""
    drop_expired(company.partner_id)
    cells = sheet.records[0][1]
    return ImportRun.objects.create(
        partner_id=company.partner_id,
        company=company,
        account=account,
        token=secrets.token_urlsafe(16),
        file_name=file_name[-200:].replace("\0", ""),
        encoding=sheet.encoding,
        separator=sheet.separator,
        records=[list(record) for record in sheet.records],
        has_header=sheet.has_header,
        columns=guess(cells) if sheet.has_header else guess_by_content(cells),
        expires_at=timezone.now() + KEPT_FOR,
    )


def draft_of(company: Company, account: Account, *, token: str, to_change: bool) -> ImportRun | None:
    """What this account has not confirmed yet, and may go on with. The cells of the file are left where they are.

    If it is `to_change` it is held to the end of the transaction: of two who change and confirm it at the same moment,
    one comes second, and a file that was confirmed is no draft any more.
    """
    drafts = ImportRun.objects.filter(
        partner_id=company.partner_id,
        company=company,
        account=account,
        token=token,
        confirmed_at__isnull=True,
        expires_at__gt=timezone.now(),
    )
    if to_change:
        drafts = drafts.select_for_update(no_key=True)
    return drafts.defer("records").first()


def width_of(run: ImportRun) -> int:
    """How many columns the file has: those that its first row names, else those of its longest row."""
    if run.has_header:
        return len(run.records[0][1])
    return max(len(cells) for _number, cells in run.records)


def choose_columns(run: ImportRun, columns: Mapping[str, int], *, has_header: bool) -> None:
    """Make the rows anew from these columns of the file. What was mended before is lost."""
    run.columns, run.has_header, run.state = dict(columns), has_header, ImportState.DRAFT
    run.save(update_fields=["columns", "has_header", "state"])
    run.rows.all().delete()
    width = width_of(run)
    rows = (_row(run, number, cells, width) for number, cells in run.records[1 if has_header else 0 :])
    ImportRow.objects.bulk_create(rows, batch_size=_BATCH)
    find_twice(run)


def change_rows(run: ImportRun, typed: Mapping[int, Typed]) -> int:
    """Put into the rows, by their numbers, what was typed. Returns how many were changed."""
    changed = []
    for row in run.rows.filter(number__in=typed):
        was = (row.first_name, row.last_name, row.email, row.surplus, row.is_left_out)
        wish = typed[row.number]
        row.is_left_out = wish.is_left_out
        if wish.accepts:
            row.surplus = ""
        _put(row, wish.person)
        if was != (row.first_name, row.last_name, row.email, row.surplus, row.is_left_out):
            changed.append(row)
    fields = ["first_name", "last_name", "email", "surplus", "is_wrong", "is_left_out"]
    ImportRow.objects.bulk_update(changed, fields, batch_size=_BATCH)
    if changed:
        find_twice(run)
    return len(changed)


def find_twice(run: ImportRun) -> None:
    """Note in each row that is right in itself which earlier one has the same e-mail, if any (R9)."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND_TWICE, {"partner": run.partner_id, "run": run.pk})


def judged(run: ImportRun, company: Company) -> QuerySet[Any]:
    """The rows with a `verdict` as things stand now, what must be mended first."""
    # As the unique index has it, which finds each of many thousands at once.
    listed = User.objects.of_company(company).listed().exclude(email_norm="")
    same = listed.filter(email_norm=Lower(OuterRef("email")))
    verdict = Case(
        When(is_left_out=True, then=Value(Verdict.LEFT_OUT)),
        When(Q(is_wrong=True) | Q(first__isnull=False) | ~Q(surplus=""), then=Value(Verdict.WRONG)),
        When(Exists(same), then=Value(Verdict.THERE)),
        default=Value(Verdict.READY),
        output_field=CharField(),
    )
    rank = Case(
        *[When(verdict=one, then=Value(place)) for place, one in enumerate(Verdict.ALL)], output_field=IntegerField()
    )
    rows = ImportRow.objects.filter(partner_id=run.partner_id, run=run)
    ranked: QuerySet[Any] = rows.annotate(verdict=verdict, rank=rank)
    return ranked.order_by("rank", "number")


def plan_of(run: ImportRun, company: Company) -> Plan:
    """What would become of the rows now: one query, and the seats by the function that gives them out (R5)."""
    found = judged(run, company).order_by().values_list("verdict").annotate(count=Count("pk"))
    counts = dict.fromkeys(Verdict.ALL, 0) | dict(found)
    seated, beyond = allot(counts[Verdict.READY], available=company.seats_available)
    return Plan(**counts, seated=seated, beyond=beyond)


def errors_of(row: ImportRow) -> dict[str, list[str]]:
    """What is wrong with each field of the row, in words; under `row` what is wrong with it as a whole."""
    errors: dict[str, list[str]] = {}
    try:
        clean_person(person_of(row))
    except ValidationError as error:
        for field, wrong in error.error_dict.items():
            errors[field] = [text for one in wrong for text in one.messages]
    if row.surplus:
        errors["row"] = [_("This row has more cells than the first row: check its separators.")]
    if row.first is not None:
        errors["email"] = [_("This e-mail stands in row %(row)d already.") % {"row": row.first}]
    elif getattr(row, "verdict", "") == Verdict.THERE:
        errors["email"] = [_("This e-mail is in use at the company already.")]
    return errors


def person_of(row: ImportRow) -> Person:
    return Person(row.first_name, row.last_name, row.email)


def drop_expired(partner_id: int) -> int:
    """Delete what nobody confirmed in time, and results whose time has come. Returns how many files that were."""
    old = ImportRun.objects.filter(partner_id=partner_id, expires_at__lte=timezone.now())
    count = old.count()
    ImportRow.objects.filter(partner_id=partner_id, run__in=old).delete()
    old.delete()
    return count


def _row(run: ImportRun, number: int, cells: list[str], width: int) -> ImportRow:
    surplus = " | ".join(cell for cell in cells[width:] if cell)[:_SURPLUS_KEPT]
    row = ImportRow(partner_id=run.partner_id, run=run, number=number, surplus=surplus)
    _put(row, Person(**{field: cells[at] if at < len(cells) else "" for field, at in run.columns.items()}))
    return row


def _put(row: ImportRow, typed: Person) -> None:
    """Right fields as they will be stored; where one is wrong, all as they were typed."""
    try:
        person = clean_person(typed)
        row.is_wrong = False
    except ValidationError:
        person = Person(typed.first_name.strip(), typed.last_name.strip(), typed.email.strip())
        row.is_wrong = True
    row.first_name, row.last_name, row.email = person.first_name, person.last_name, person.email
