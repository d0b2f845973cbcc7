"""What a change of tier needs (R12 to R14)."""

from companies.models import Company
from companies.policies.catalogue import ADVANCED_KEYS
from companies.policies.models import Policy
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from licensing.errors import DowngradeBlocked, TierRequired
from users.directory.models import Connector


def downgrade_blockers(company: Company) -> tuple[Blocker, ...]:
    """Everything that stands between the company and Standard, together (R13): the dialog's preview and the change
    itself both ask here. Empty for a company that is on Standard or may go there."""
    found = (policy_blocker(company), connector_blocker(company))
    return tuple(blocker for blocker in found if blocker)


def policy_blocker(company: Company) -> Blocker | None:
    """The Advanced policies that are on, as one blocker, in the catalogue's order."""
    on = set(Policy.objects.of_company(company).blocking_downgrade().values_list("key", flat=True))
    keys = tuple(key.value for key in ADVANCED_KEYS if key in on)
    return Blocker(BlockerKind.POLICIES, len(keys), keys) if keys else None


def connector_blocker(company: Company) -> Blocker | None:
    """The connectors that exist, whatever their kind or state, as one blocker, oldest first."""
    connectors = Connector.objects.of_company(company).existing().order_by("pk")
    names = tuple(connectors.values_list("name", flat=True))
    return Blocker(BlockerKind.CONNECTORS, len(names), names) if names else None


def refuse_blocked_downgrade(company: Company, tier: Tier) -> None:
    """Raise DowngradeBlocked where going to `tier` is a downgrade and anything stands in its way. Call under lock."""
    if company.tier == Tier.ADVANCED and tier == Tier.STANDARD:
        blockers = downgrade_blockers(company)
        if blockers:
            raise DowngradeBlocked(blockers=blockers)


def require_advanced(company: Company, subject: str) -> None:
    """Raise TierRequired where the company is not on Advanced (R14). Call under lock."""
    if company.tier != Tier.ADVANCED:
        raise TierRequired(subject=subject, tier=Tier.ADVANCED)
