"""What templates say about connectors and their people."""

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone

from companies.models import Company
from licensing.enums import Tier
from users.accounts.models import Account
from users.accounts.permissions import Permission
from users.directory import wording
from users.directory.models import Connector
from users.directory.queries import held_in

register = template.Library()

register.filter("state_text", wording.state_text)
register.filter("reason_text", wording.reason_text)
register.filter("person_text", wording.person_text)
register.filter("withdrawal_text", wording.withdrawal_text)
register.filter("held_text", wording.held_text)


@register.filter
def former_until(connector: Connector) -> dt.datetime | None:
    """Until when its former token works; None where none does any more."""
    until = connector.former_token_ends_at
    return until if until and until > timezone.now() else None


@register.simple_tag
def held_back(company: Company, account: Account) -> list[Connector]:
    """The company's connectors that hold changes back, for whoever sees how it is set up (R22, R24)."""
    # There are none on Standard (R14): most pages ask nothing.
    if company.tier != Tier.ADVANCED or Permission.SEE_POLICIES not in account.permissions:
        return []
    return list(held_in(company))


@register.simple_tag(takes_context=True)
def scim_url(context: dict[str, Any]) -> str:
    """Where directories send their people: the address of this portal's SCIM service."""
    url: str = context["request"].build_absolute_uri("/scim/v2")
    return url
