"""R22: a pass never empties a company by accident."""

from portal_agent.config import Threshold
from portal_agent.errors import Stopped
from portal_agent.plan import Plan


def refuse_to_empty(plan: Plan, threshold: Threshold, *, accept: int | None = None) -> None:
    """Raises Stopped for an empty answer, or a plan that disables or removes more people than the threshold allows:
    more than so many and more than so many percent, or everyone. `accept` is the exact number that somebody has looked
    at and wants (`portal-agent sync --accept`)."""
    if plan.whole and not plan.seen:
        raise Stopped(
            f"The directory named nobody in the group, while the portal has {plan.managed} people from it. "
            "Nobody was changed. Look at the group, and at what the agent's account may read."
        )
    count = len(plan.withdrawn)
    if not count or count == accept:
        return
    share = 100 * count / max(plan.managed, 1)
    if count >= plan.managed or (count > threshold.people and share > threshold.percent):
        raise Stopped(
            f"This would disable or remove {count} of {plan.managed} people, which is more than the threshold "
            f"({threshold.people} people and {threshold.percent} %). Nobody was changed. Look at them with "
            f"`portal-agent plan`; if it is right, run `portal-agent sync --accept {count}`."
        )
