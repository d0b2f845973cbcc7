"""Numbers as people read them, in their language."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()

_WITHOUT_DECIMALS = frozenset({"JPY"})


@register.filter
def grouped(number: int) -> str:
    """1,234"""
    return number_format(number, decimal_pos=0, force_grouping=True)


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """1,234.50 EUR"""
    whole = currency in _WITHOUT_DECIMALS and amount == amount.to_integral_value()
    return f"{number_format(amount, decimal_pos=0 if whole else 2, force_grouping=True)}\N{NO-BREAK SPACE}{currency}"


@register.filter
def money_change(amount: Decimal, currency: str) -> str:
    """+1,234.50 EUR; less than nothing with a minus sign, nothing without a sign."""
    sign = "+" if amount > 0 else "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}{money(abs(amount), currency)}"
