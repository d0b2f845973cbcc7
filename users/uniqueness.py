"""No e-mail twice on a company's Users tab (R9)."""

from collections.abc import Sequence

from django.db import connection

from companies.models import Company
from licensing.errors import EmailTaken

# Asked of the database, whose lower case is the one that its unique index compares: Python's differs for a few letters.
_CLASHES = """
    SELECT email, number, is_taken FROM (
        SELECT sent.email, sent.number, listed.id IS NOT NULL AS is_taken,
            row_number() OVER (PARTITION BY lower(sent.email) ORDER BY sent.number) > 1 AS is_again
        FROM unnest(%(emails)s::text[]) WITH ORDINALITY AS sent (email, number)
        LEFT JOIN users_user AS listed
            ON listed.partner_id = %(partner)s AND listed.company_id = %(company)s
            AND listed.email_norm = lower(sent.email) AND listed.email_norm <> '' AND listed.status <> 'removed'
    ) AS told
    WHERE is_taken OR is_again
    ORDER BY number
"""


def clashes(company: Company, emails: Sequence[str]) -> EmailTaken | None:
    """What is wrong with adding these addresses, as they were sent; None where nothing is.

    `taken` belong to somebody on the Users tab, `twice` stood before in `emails`, whatever their case. Missing
    addresses (empty ones) do not meet.
    """
    found = _found(company, [email for email in emails if email])
    # Each once, in the order in which they were sent.
    taken = dict.fromkeys(email for email, _number, is_taken in found if is_taken)
    twice = dict.fromkeys(email for email, _number, is_taken in found if not is_taken)
    return EmailTaken(taken=tuple(taken), twice=tuple(twice)) if found else None


def clashing_places(company: Company, emails: Sequence[str]) -> dict[int, bool]:
    """The same by place in `emails`, counted from 0: whether it belongs to somebody already, else it stood before.

    Every address must be there: none is empty.
    """
    return {number - 1: is_taken for _email, number, is_taken in _found(company, emails)}


def _found(company: Company, emails: Sequence[str]) -> list[tuple[str, int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLASHES, {"emails": list(emails), "partner": company.partner_id, "company": company.pk})
        return list(cursor.fetchall())


def refuse_clashes(company: Company, emails: Sequence[str]) -> None:
    """Raise EmailTaken for addresses that are in use or stand twice. Call it under the company's lock."""
    refusal = clashes(company, emails)
    if refusal:
        raise refusal
