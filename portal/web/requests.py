"""What a view of the portal may expect of its request."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from companies.partners.models import Partner
    from users.accounts.models import Account


class PortalRequest(HttpRequest):
    """A request whose sign-in was checked by `users.accounts.decorators.partner_account`."""

    account: "Account"
    partner: "Partner"
    htmx: HtmxDetails
