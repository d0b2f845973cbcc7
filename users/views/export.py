"""The Users tab as a file."""

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from companies.access import get_company
from companies.audit.export import exported
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.permissions import Permission
from users.exports import rejected_sheet, users_sheet
from users.filters import UserFilter
from users.queries import rejected_to_list, users_to_list
from users.tables import RejectedTable, UserTable, WaitingTable


@require_GET
@partner_account
@requires(Permission.SEE_USERS)
def export(request: PortalRequest, company_id: int) -> HttpResponse:
    """The people of all pages at the same query, in the same order. Never more than was asked for: 400 to nonsense."""
    company = get_company(request.account, company_id)
    filtered = UserFilter(request.GET, queryset=users_to_list(company))
    if not filtered.form.is_valid():
        raise BadRequest("no such filter")
    if filtered.only_rejected:
        rejections = RejectedTable(filtered.rejected(rejected_to_list(company)), request=request, count=0)
        sheet = rejected_sheet(company, rejections.everything)
        return exported(request, sheet, what="rejected", company=company, filters=filtered.chosen)
    kind = WaitingTable if filtered.only_waiting else UserTable
    sheet = users_sheet(company, kind(filtered.qs, request=request, count=0).everything)
    return exported(request, sheet, what="users", company=company, filters=filtered.chosen)
