"""The lists of companies and of licenses as files for spreadsheets: what their pages show, numbers as numbers."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from companies.audit.wording import who
from companies.models import Company
from licensing.enums import Tier
from licensing.models import LedgerEntry
from licensing.statements import Statement
from portal.web.exports import AT_ONCE, Row, Sheet
from users.directory.enums import OutcomeKind
from users.directory.models import Connector, Outcome
from users.directory.wording import person_text, reason_text


def companies_sheet(companies: QuerySet[Company]) -> Sheet:
    """License is two columns here, used seats and seats, so that a spreadsheet can count with them."""
    header = [_("Company"), _("Used"), _("Seats"), _("Tier"), _("Available"), _("Pending")]
    tiers = _tiers()
    rows: Iterator[Row] = (
        (
            company.name,
            company.seats_used,
            company.seats,
            tiers[company.tier],
            company.seats_available,
            company.users_pending,
        )
        for company in companies.iterator(AT_ONCE)
    )
    return Sheet("companies", header, rows)


def ledger_sheet(company: Company, entries: QuerySet[LedgerEntry]) -> Sheet:
    """The license ledger (R16), with what seats and tier were before and after each entry."""
    header = [
        *(_("Number"), _("When"), _("Kind"), _("Seats before"), _("Seats"), _("Tier before"), _("Tier")),
        *(pgettext("who did it", "Who"), _("Reason")),
    ]
    tiers = _tiers()
    rows: Iterator[Row] = (
        (
            entry.number,
            entry.at,
            entry.get_kind_display(),
            entry.seats_from,
            entry.seats_to,
            tiers[entry.tier_from or ""],
            tiers[entry.tier_to],
            who(entry),
            entry.reason,
        )
        for entry in entries.iterator(AT_ONCE)
    )
    return Sheet(f"license-ledger-{company.name}", header, rows)


def statement_sheet(statement: Statement) -> Sheet:
    """What the partner owes for a month, company by company (R15)."""
    header = [_("Company"), _("Tier"), _("Seats"), _("Price of a seat"), _("Amount"), _("Currency")]
    rows: Iterator[Row] = (
        (line.company_name, str(line.tier.label), line.seats, line.price, line.amount, statement.currency)
        for line in statement.lines
    )
    return Sheet(f"statement-{statement.year}-{statement.month:02}", header, rows)


def outcomes_sheet(connector: Connector, outcomes: QuerySet[Outcome]) -> Sheet:
    """What became of each person in a run of the connector (R6), and what the directory calls them."""
    header = [
        pgettext("whom it is about", "Who"),
        _("User name"),
        _("What"),
        _("Why"),
        _("When"),
    ]
    words = {kind.value: str(kind.label) for kind in OutcomeKind}
    rows: Iterator[Row] = (
        (
            person_text(outcome),
            "" if outcome.entry is None or outcome.entry.user.erased_at else outcome.entry.user_name,
            words[outcome.kind],
            reason_text(outcome.code),
            outcome.at,
        )
        for outcome in outcomes.iterator(AT_ONCE)
    )
    return Sheet(f"run-{connector.name}", header, rows)


def _tiers() -> dict[str, str]:
    return {"": ""} | {tier.value: str(tier.label) for tier in Tier}
