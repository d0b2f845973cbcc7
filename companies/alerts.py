"""A refused rule, as the alert above the form: the sentence, and a way to each thing that stands in the way."""

from django.urls import reverse
from django.utils.translation import gettext as _

from companies.audit.wording import ledger_line
from companies.models import Company
from companies.policies.catalogue import PolicyKey
from licensing.blockers import Blocker
from licensing.enums import BlockerKind
from licensing.errors import Busy, ClosingBlocked, DowngradeBlocked, NoSeatsAvailable, Refusal, Stale, TierRequired
from licensing.preview import changes_since
from licensing.wording import blocker_text, sentence, shortage
from portal.web.alerts import Alert, AlertItem
from portal.web.texts import listed, together
from users.accounts.models import Account
from users.accounts.permissions import Permission


def alert_of(refusal: Refusal, company: Company | None = None, *, account: Account | None = None) -> Alert:
    """The alert for `refusal`. Blocked changes list every blocker, stale ones what was saved meanwhile.

    Where seats or a tier are missing, an `account` that may change neither is told whom to ask (R24).
    """
    if isinstance(refusal, Busy):
        return Alert(sentence(refusal), status=503, retry_after=refusal.retry_after)
    if isinstance(refusal, DowngradeBlocked) and company:
        text = _("The company cannot go to Standard yet. Clear what needs Advanced, then save again:")
        return Alert(text, blocker_items(company, refusal.blockers))
    if isinstance(refusal, ClosingBlocked) and company:
        text = _("The company cannot be closed yet. Clear what stands in the way, then close it:")
        return Alert(text, blocker_items(company, refusal.blockers))
    if isinstance(refusal, Stale) and company:
        changes = changes_since(company, refusal.seen)
        return Alert(sentence(refusal), tuple(AlertItem(ledger_line(entry)) for entry in changes))
    if account and Permission.CHANGE_LICENSE not in account.permissions:
        return Alert(_whom_to_ask(refusal))
    return Alert(sentence(refusal))


def _whom_to_ask(refusal: Refusal) -> str:
    if isinstance(refusal, NoSeatsAvailable):
        return together(shortage(refusal), _("Ask an Admin for more seats, or remove users, then try again."))
    if isinstance(refusal, TierRequired):
        return together(sentence(refusal), _("Ask an Admin to upgrade the company."))
    return sentence(refusal)


def blocker_items(company: Company, blockers: tuple[Blocker, ...]) -> tuple[AlertItem, ...]:
    """Each blocker with its count, the place where it is cleared, and the names of what it is about."""
    return tuple(
        AlertItem(blocker_text(blocker), _place_of(company, blocker), listed(_names(blocker))) for blocker in blockers
    )


def _place_of(company: Company, blocker: Blocker) -> str:
    if blocker.kind in {BlockerKind.USERS, BlockerKind.WAITING}:
        chosen = "?status=pending" if blocker.kind == BlockerKind.WAITING else ""
        return reverse("users:list", args=[company.pk]) + chosen
    card = "policies" if blocker.kind == BlockerKind.POLICIES else "connectors"
    return f"{reverse('companies:settings', args=[company.pk])}#{card}"


def _names(blocker: Blocker) -> list[str]:
    if blocker.kind == BlockerKind.POLICIES:
        return [str(PolicyKey(key).label) for key in blocker.subjects]
    return list(blocker.subjects)
