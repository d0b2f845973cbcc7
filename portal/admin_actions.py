"""Support staff run the portal's rules from Django admin (R25): a page asks for what the rule needs, and why.

Rows of tenants are read-only in the admin. What may be done with them is offered as actions, each a `RuleForm`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from licensing.errors import Refusal
from licensing.wording import sentence
from portal.web.search import found
from users.accounts.models import Account
from users.accounts.reauthentication import recently_authenticated
from users.people import clean_reason

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from portal.web.requests import PortalRequest

    BaseAdmin = admin.ModelAdmin[Any]
else:
    BaseAdmin = admin.ModelAdmin

MOST_AT_ONCE = 200
"""So many rows at most can be chosen for one action: more is a job for a script."""

SECRETS = ("password", "hash")
"""Fields with these words in their names are neither shown nor asked for in an address."""

LATEST_EVENTS = 20
"""So many events are shown on the page of what they are about."""


class RuleForm(forms.Form):
    """What a rule needs to know. The reason is always asked for: it is written down with the change."""

    title: ClassVar["_StrPromise"]
    reader: ClassVar["_StrPromise"] = gettext_lazy("Shown to the partner on the company's Activity tab.")
    """Who will read the reason."""
    locations: ClassVar[Sequence[ActionLocation]] = (ActionLocation.CHANGE_FORM,)

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, subjects: Sequence[models.Model] = (), **kwargs: Any) -> None:
        self.subjects = subjects
        super().__init__(*args, **kwargs)
        self.fields["reason"] = self.fields.pop("reason")
        self.fields["reason"].help_text = self.reader

    @classmethod
    def may_run(cls, by: Account, subjects: Sequence[models.Model]) -> bool:
        """Whether `by`, who may run the rules of this model, may run this one on these rows; if not, it is a 403."""
        return True

    def clean_reason(self) -> str:
        reason = clean_reason(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(_("Fill this in."), code="required")
        return reason

    @property
    def facts(self) -> str:
        """How things stand, for whoever fills this in."""
        return ""

    def run(self, *, by: Account, reason: str) -> str:
        """Run the rule with what was filled in, and say what was done. Refusals are shown on the page."""
        raise NotImplementedError

    def refuse(self, refusal: Refusal) -> None:
        """Show on the page why the rule refused."""
        self.add_error(None, sentence(refusal))


class ReadOnlyAdmin(BaseAdmin):
    """Rows that nobody edits here: a POST to the change form is a 403, whatever is in it."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/row.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django filters a list by whatever field the address names, shown or not: a hash would be read by its
        beginnings (`?password__startswith=…`).
        """
        is_secret = any(word in lookup for word in SECRETS)
        return not is_secret and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Every one of `search_fields` names its lookup, and is the row's own or of what it refers to: no row is found
        twice."""
        return found(queryset, self.get_search_fields(request), search_term), False

    def events_about(self, row: Any) -> models.QuerySet[AuditEvent] | None:
        """What its page shows of the audit below all else, newest first; nothing, where inlines do."""
        return None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        events = self.events_about(kwargs.get("obj"))
        if events is not None:
            context["event_lines"] = lines_of(list(events[:LATEST_EVENTS]))
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RulesAdmin(ReadOnlyAdmin):
    """Read-only rows, and the rules that may be run on them."""

    rule_forms: ClassVar[Sequence[type[RuleForm]]] = ()

    def has_support_permission(self, request: HttpRequest) -> bool:
        """Who may run rules: whoever has Django's permission to change this model."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.rule_page)
        name = f"{self.opts.app_label}_{self.opts.model_name}_rule"
        return [path("rule/<str:rule>/", page, name=name), *super().get_urls()]

    def rule_page(self, request: HttpRequest, rule: str) -> HttpResponse:
        """Ask for what the rule needs, then run it on the rows named by `?ids=`."""
        form_class = next((form for form in self.rule_forms if form.__name__ == rule), None)
        subjects = self._subjects(request)
        if form_class is None or not subjects:
            raise Http404
        back = _change_page(self, subjects[0]) if len(subjects) == 1 else self._list()
        return run_rule(self, request, form_class, subjects=subjects, back=lambda _form: back)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Only the rules that may be run on this row are offered."""
        if form := context.get("action_form"):
            field, row = form.fields["action"], kwargs["obj"]
            hidden = {rule.__name__ for rule in self.rule_forms if not rule.may_run(_account(request), [row])}
            field.choices = [choice for choice in field.choices if choice[0] not in hidden]
        return super().render_change_form(request, context, *args, **kwargs)

    def _subjects(self, request: HttpRequest) -> list[models.Model]:
        ids = [int(pk) for pk in request.GET.get("ids", "").split(",") if pk.isdecimal() and len(pk) < 19]
        return list(self.get_queryset(request).filter(pk__in=ids[:MOST_AT_ONCE]).order_by("pk"))

    def _list(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def action(form_class: type[RuleForm]) -> Callable[..., HttpResponse | None]:
    """An admin action that leads to the page of `form_class`."""

    @admin.action(permissions=["support"], description=form_class.title, location=form_class.locations)
    def go(
        model_admin: RulesAdmin, request: HttpRequest, queryset: models.QuerySet[models.Model]
    ) -> HttpResponse | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            text = _("Choose at most %(most)d at once. Nothing was changed.") % {"most": MOST_AT_ONCE}
            messages.error(request, text)
            return None
        opts = model_admin.opts
        page = reverse(f"admin:{opts.app_label}_{opts.model_name}_rule", args=[form_class.__name__])
        return HttpResponseRedirect(f"{page}?ids={','.join(map(str, ids))}")

    go.__name__ = form_class.__name__
    return go


def run_rule(
    model_admin: RulesAdmin,
    request: HttpRequest,
    form_class: type[RuleForm],
    *,
    subjects: Sequence[models.Model] = (),
    back: Callable[[RuleForm | None], str],
    initial: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of one rule. Done: a message, and to where `back` says; refused: the page again (422), as typed.

    Whoever signed in long ago is asked first who they are (users/accounts/reauthentication.py): before anything is
    typed.
    """
    if not model_admin.has_support_permission(request) or not form_class.may_run(_account(request), subjects):
        raise PermissionDenied

    @recently_authenticated
    def page(request: HttpRequest) -> HttpResponse:
        return _rule_page(model_admin, request, form_class, subjects=subjects, back=back, initial=initial)

    return page(cast("PortalRequest", request))


def _rule_page(
    model_admin: RulesAdmin,
    request: HttpRequest,
    form_class: type[RuleForm],
    *,
    subjects: Sequence[models.Model],
    back: Callable[[RuleForm | None], str],
    initial: dict[str, Any] | None,
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = form_class(data, subjects=subjects, initial=initial)
    if form.is_valid() and (done := _carried_out(form, request)) is not None:
        messages.success(request, done)
        return redirect(back(form))
    context = model_admin.admin_site.each_context(request) | {
        "title": form.title,
        "form": form,
        "fields": form.visible_fields(),
        "subjects": [(subject, _change_page(model_admin, subject)) for subject in subjects],
        "opts": model_admin.opts,
        "back": back(None),
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "admin/rule.html", context, status=422 if form.is_bound else 200)


def _carried_out(form: RuleForm, request: HttpRequest) -> str | None:
    try:
        with transaction.atomic():
            done = form.run(by=_account(request), reason=form.cleaned_data["reason"])
            # What the database compares at commit is compared here, where a refusal can still be shown.
            connection.check_constraints()
            return done
    except Refusal as refusal:
        form.refuse(refusal)
    except IntegrityError:
        form.add_error(None, _("The database refused this: it would break a rule. Nothing was changed."))
    return None


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # noqa: S101 - the admin site let nobody else in
    return request.user


def _change_page(model_admin: RulesAdmin, subject: models.Model) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change", args=[subject.pk])
