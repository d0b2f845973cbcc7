"""What a directory may know of seats before it sends anybody (R6, R7), beside what this service can do.

An extension of the ServiceProviderConfig, because it is of the service that this token opens, and not of any person
(RFC 7643, 3.3 and 5). It is returned on request alone (RFC 7643, 7; RFC 7644, 3.9): clients that know the standard's
attributes only refuse an answer with others. True of the moment, read without a lock; it promises nobody a seat.
"""

from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from companies.models import Company
from companies.partners.scope import partner_scope
from users.directory.models import Connector
from users.models import User

SEATS = "urn:portal:params:scim:schemas:extension:seats:2.0:ServiceProviderConfig"


def asks_for_seats(asked: ScimRequest) -> bool:
    """Whether it is the ServiceProviderConfig that is read, and its `attributes` name the extension."""
    names = asked.query.get("attributes", "").lower().split(",")
    is_read = asked.method == "GET" and asked.path.strip("/") == "ServiceProviderConfig"
    return is_read and SEATS.lower() in map(str.strip, names)


def with_seats(answer: ScimResponse, connector: Connector) -> ScimResponse:
    """The ServiceProviderConfig with the seats of the connector's company."""
    if answer.body is not None:
        answer.body["schemas"] = [*answer.body["schemas"], SEATS]
        answer.body[SEATS] = _seats_of(connector)
    return answer


def _seats_of(connector: Connector) -> dict[str, int | bool]:
    with partner_scope(connector.partner_id):
        company = Company.objects.get(partner_id=connector.partner_id, pk=connector.company_id)
        return {
            "total": company.seats,
            "available": max(company.seats_available, 0),
            "waiting": User.objects.of_company(company).in_line().count(),
            "asksApproval": connector.asks_approval,
            "fillsAutomatically": company.fills_automatically,
        }
