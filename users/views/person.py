"""One user's page: why they hold a seat or none, what would change it, and the history of their status (R17)."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from companies.access import get_company
from portal.web.htmx import render_page
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.queries import changes_of, explained, person_to_show
from users.tables import HistoryTable


@require_safe
@partner_account
@requires(Permission.SEE_USERS)
def show_person(request: PortalRequest, company_id: int, user_id: int) -> HttpResponse:
    """Somebody on the Users tab, or on its list of the rejected; a 404 for other removed people (R2)."""
    company = get_company(request.account, company_id)
    person = person_to_show(company, user_id)
    if person is None:
        raise Http404
    table = HistoryTable(changes_of(person), request=request)
    context = {
        "company": company,
        "tab": "users",
        "section": "companies",
        "person": person,
        "explained": explained(company, person),
        "table": table,
        "time_zone": request.partner.time_zone,
    }
    return render_page(request, "users/person.html", context, part=table.dom_id)
