"""The dialog "Edit license" as a planner: what a save would do, said while it is typed, and what stands in its way,
settled from there (R10 to R15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies.alerts import blocker_items
from companies.forms import LicenseForm, SeatsField, SeenField
from companies.models import Company
from companies.policies.catalogue import SPECS, PolicyKey
from companies.queries import setup_of
from companies.views.pages import show_dialog
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from licensing.errors import DowngradeBlocked, PoolBelowUsed, SeatsOutOfRange
from licensing.preview import LicensePlan, plan_license
from licensing.usage import usage_of
from licensing.wording import sentence
from portal.web.alerts import Alert, AlertItem
from portal.web.htmx import page_open, render_page, wants_part
from portal.web.requests import PortalRequest
from users.accounts.permissions import Permission
from users.directory.models import Connector

PART = "license-plan"
"""The part of the dialog that follows what is typed."""

TEMPLATE = "companies/license.html"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One policy or connector in the way of Standard. `value` is what its button sends: "policy:…" or "connector:…"."""

    value: str
    name: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Hurdle:
    """A blocker with its count and the place where it stands, and what it consists of."""

    item: AlertItem
    verb: str
    obstacles: tuple[Obstacle, ...]


def typed_form(typed: Mapping[str, Any], *, auto_id: str | bool = "license_%s") -> LicenseForm:
    """The form with what was typed, right or wrong, without an answer to it yet."""
    initial = {name: typed.get(name, "") for name in ("seats", "tier", "reason", "seen")}
    return LicenseForm(auto_id=auto_id, initial=initial | {"approve": "approve" in typed})


def show_planner(
    request: PortalRequest,
    company: Company,
    form: LicenseForm,
    *,
    alert: Alert | None = None,
    settled: tuple[str, ...] = (),
    focus: str = "",
) -> HttpResponse:
    """The dialog. After an alert nothing else says once more what is wrong. `settled` tells what was just done; the
    focus goes to what is left to do, or to the obstacle named by `focus`."""
    company.refresh_from_db()
    typed = {name: form[name].value() for name in ("seats", "tier", "seen", "approve")}
    context = _planned(request, company, typed)
    if alert:
        context |= {"verdict": "", "seats_help": _floor_text(company)}
    # The field itself, for a form that was not looked at yet, and what a validated one keeps of it.
    form.fields["seats"].help_text = form["seats"].help_text = context["seats_help"]
    if settled:
        left = [obstacle.value for hurdle in context["hurdles"] for obstacle in hurdle.obstacles]
        focus = left[0] if left else "save"
    context |= {"form": form, "settled": settled, "focus": focus}
    if settled and wants_part(request) and page_open(request).split("?")[0] == _settings(company):
        # The cards below the dialog are renewed along with it.
        context |= {"renews": True, "setup": setup_of(company), "usage": usage_of(company)}
    return show_dialog(request, company, TEMPLATE, alert=alert, **context)


def show_plan(request: PortalRequest, company: Company) -> HttpResponse:
    """The live part alone, for what is typed at the moment."""
    typed = request.GET.dict() | {"approve": "approve" in request.GET}
    form = LicenseForm(auto_id="license_%s", initial={"approve": typed["approve"]})
    context = _planned(request, company, typed) | {"company": company, "form": form, "is_live": True}
    return render_page(request, TEMPLATE, context, part=PART)


def carried(request: PortalRequest) -> dict[str, Any]:
    """What a step that was begun in the planner carries with it, to lead back there; nothing for any other step."""
    settling = request.POST.get("settle") or request.POST.get("plan")
    if not settling or Permission.CHANGE_LICENSE not in request.account.permissions:
        return {}
    return {"settling": settling, "plan_form": typed_form(request.POST, auto_id=False)}


def back_to_planner(request: PortalRequest, company: Company, *settled: str) -> HttpResponse:
    """The planner again, with what was typed, after a step that it began: done, or called off if nothing is told."""
    focus = request.POST.get("plan", "")
    return show_planner(request, company, typed_form(request.POST), settled=settled, focus=focus)


def _planned(request: PortalRequest, company: Company, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The plan and what is said of it. Where the seats are no number, the plan is for those that stand, and its numbers
    are not shown; nor are those of a pool that is impossible."""
    tier = Tier(typed["tier"]) if typed.get("tier") in Tier else Tier(company.tier)
    seats, wrong = _seats(typed.get("seats"))
    plan = plan_license(
        company,
        seats=company.seats if seats is None else seats,
        tier=tier,
        seen=SeenField().clean(typed.get("seen")),
        approves=bool(typed.get("approve")),
        terms=request.partner,
    )
    refused = wrong or (sentence(plan.refusal) if plan.refusal else "")
    is_about_seats = wrong or isinstance(plan.refusal, PoolBelowUsed | SeatsOutOfRange)
    # The blockers of a downgrade are listed instead, each with its count.
    is_told = is_about_seats or isinstance(plan.refusal, DowngradeBlocked)
    return {
        "plan": plan,
        "is_number": seats is not None,
        "is_possible": seats is not None and not is_about_seats,
        "refused": refused,
        "seats_help": _warning(refused) if is_about_seats else _floor_text(company),
        "verdict": "" if is_told else refused,
        "hurdles": _hurdles(request, company, plan),
        "partner": request.partner,
        "plan_id": PART,
    }


def _seats(typed: object) -> tuple[int | None, str]:
    """The number, or what the save would say of it. While nothing is typed, nothing is said."""
    if not str(typed or "").strip():
        return None, ""
    try:
        return SeatsField().clean(typed), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


def _hurdles(request: PortalRequest, company: Company, plan: LicensePlan) -> list[Hurdle]:
    """Each blocker; with its obstacles where Standard is wanted and the account may settle them."""
    hurdles = []
    for blocker, item in zip(plan.blockers, blocker_items(company, plan.blockers), strict=True):
        is_policies = blocker.kind == BlockerKind.POLICIES
        verb = _("Switch off") if is_policies else _("Remove")
        may = Permission.CHANGE_POLICIES if is_policies else Permission.CHANGE_CONNECTORS
        obstacles: tuple[Obstacle, ...] = ()
        if plan.is_downgrade and may in request.account.permissions:
            obstacles = _policies(blocker) if is_policies else _connectors(company, blocker)
        hurdles.append(Hurdle(item, verb, obstacles))
    return hurdles


def _policies(blocker: Blocker) -> tuple[Obstacle, ...]:
    specs = [SPECS[PolicyKey(key)] for key in blocker.subjects]
    return tuple(Obstacle(f"policy:{spec.key}", str(spec.key.label), str(spec.warning_off or "")) for spec in specs)


def _connectors(company: Company, blocker: Blocker) -> tuple[Obstacle, ...]:
    """By name, which is a connector's own at its company."""
    found = dict(Connector.objects.of_company(company).existing().values_list("name", "pk"))
    return tuple(Obstacle(f"connector:{found[name]}", name) for name in blocker.subjects if name in found)


def _floor_text(company: Company) -> str:
    floor = max(company.seats_used, 1)
    text = ngettext(
        "At least %(floor)d: that many seats are used.", "At least %(floor)d: that many seats are used.", floor
    )
    return text % {"floor": floor}


def _warning(text: str) -> str:
    return format_html('<span class="seats-wrong">{}</span>', text)


def _settings(company: Company) -> str:
    return reverse("companies:settings", args=[company.pk])
