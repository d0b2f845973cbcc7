"""What licenses cost a month at the partner's present prices (R15): for previews. Statements say what is owed."""

from decimal import Decimal

from companies.partners.models import TermsFields
from licensing.enums import Tier


def price_of(terms: TermsFields, tier: Tier) -> Decimal:
    """The price of one seat of `tier` for a month."""
    return terms.price_advanced if tier == Tier.ADVANCED else terms.price_standard


def monthly(terms: TermsFields, *, seats: int, tier: Tier) -> Decimal:
    """What a pool costs a month: its seats, used or not, times the price of its tier."""
    return seats * price_of(terms, tier)
