"""Visits of support (R25): support staff start one from their own site and stop it; the partner's Admins end it."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from companies.partners.models import Partner
from companies.partners.scope import partner_scope
from portal.admin_actions import RuleForm
from portal.web.htmx import redirect, to_sign_in
from portal.web.requests import PortalRequest
from users.accounts.decorators import partner_account, requires
from users.accounts.models import VISIT_LASTS, Account, Visit
from users.accounts.permissions import Permission
from users.accounts.reauthentication import recently_authenticated
from users.accounts.visiting import forget_visit, may_visit, name_visit, named_visit
from users.accounts.visits import end_visit, start_visit

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Partner]
else:
    BaseAdmin = object


class ViewAsPartner(RuleForm):
    """R25"""

    title = gettext_lazy("View as partner")
    reader = gettext_lazy("Shown to the partner: to its Admins while you view, and on its Audit page.")

    @property
    def facts(self) -> str:
        minutes = VISIT_LASTS.seconds // 60
        return ngettext(
            "You will see the portal as this partner sees it, for %(minutes)d minute at most, and can change nothing. "
            "Its Admins see that you do, read the reason, and can end it.",
            "You will see the portal as this partner sees it, for %(minutes)d minutes at most, and can change nothing. "
            "Its Admins see that you do, read the reason, and can end it.",
            minutes,
        ) % {"minutes": minutes}


@admin.action(permissions=["visit"], description=ViewAsPartner.title, location=ViewAsPartner.locations)
def view_as_partner(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse:
    """Lead from a partner's page to where the reason is asked for."""
    return redirect(request, "admin:partners_partner_visit", queryset.get().pk)


class VisitsAdmin(BaseAdmin):
    """What partners' admin gets so that visits start there: the action `view_as_partner`, and its page."""

    def has_visit_permission(self, request: HttpRequest) -> bool:
        return may_visit(cast("Account", request.user))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.visit_page)
        return [path("<int:partner_id>/visit/", page, name="partners_partner_visit"), *super().get_urls()]

    def visit_page(self, request: HttpRequest, partner_id: int) -> HttpResponse:
        """Ask for the reason, then lead into the portal. Who signed in long ago shows first who they are."""
        if not self.has_visit_permission(request):
            raise PermissionDenied
        partner = get_object_or_404(Partner, pk=partner_id)
        return recently_authenticated(_start)(cast("PortalRequest", request), self, partner)


def _start(request: PortalRequest, model_admin: VisitsAdmin, partner: Partner) -> HttpResponse:
    form = ViewAsPartner(request.POST if request.method == "POST" else None, subjects=[partner])
    if form.is_valid():
        name_visit(request, start_visit(partner, by=request.account, reason=form.cleaned_data["reason"]))
        return redirect(request, "companies:list")
    back = reverse("admin:partners_partner_change", args=[partner.pk])
    context = model_admin.admin_site.each_context(request) | {
        "title": form.title,
        "form": form,
        "fields": form.visible_fields(),
        "subjects": [(partner, back)],
        "opts": model_admin.opts,
        "back": back,
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "admin/rule.html", context, status=422 if form.is_bound else 200)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """The support person stops viewing, and is back at the partner's page in their own site."""
    account = request.user
    if not isinstance(account, Account):
        return to_sign_in(request, "account_login")
    if not account.is_staff:
        raise PermissionDenied
    named = named_visit(request)
    if named is None:
        return redirect(request, "admin:index")
    visit_id, partner_id = named
    with partner_scope(partner_id):
        for visit in Visit.objects.filter(pk=visit_id, account=account):
            end_visit(visit, by=account)
    forget_visit(request)
    messages.success(request, _("You do not view the portal any more."))
    return redirect(request, "admin:partners_partner_change", partner_id)


@require_POST
@partner_account
@requires(Permission.MANAGE_COLLEAGUES)
def end(request: PortalRequest, visit_id: int) -> HttpResponse:
    """An Admin of the partner ends a visit, and stays where they are. Another partner's visit is a 404 (R23)."""
    visit = Visit.objects.filter(partner=request.partner, pk=visit_id).select_related("account").first()
    if visit is None:
        raise Http404
    if end_visit(visit, by=request.account):
        messages.success(request, _("You ended the visit of %(support)s.") % {"support": visit.account})
    else:
        messages.info(request, _("This visit was over already."))
    return redirect(request, _page_of(request))


def _page_of(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, None) else reverse("companies:list")
