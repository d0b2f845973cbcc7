"""The situations in which people ask for seats, the same for every door."""

from dataclasses import dataclass

from companies.models import Company
from companies.partners.models import Partner
from licensing.enums import Tier
from licensing.seats import disable_users
from tests.factories import add_arrivals, make_company, make_connector
from users.directory.models import Connector
from users.models import User


@dataclass(frozen=True)
class Situation:
    """A pool of `seats` with `used` holders, `disabled` of them Disabled; `wanted` more people come."""

    name: str
    seats: int
    used: int
    wanted: int
    disabled: int = 0

    @property
    def free(self) -> int:
        return self.seats - self.used

    @property
    def fits(self) -> bool:
        return self.wanted <= self.free


SITUATIONS = [
    Situation("one, far under the cap", seats=10, used=1, wanted=1),
    Situation("some, under the cap", seats=10, used=4, wanted=3),
    Situation("exactly up to the cap", seats=5, used=2, wanted=3),
    Situation("the last seat", seats=3, used=2, wanted=1),
    Situation("one over", seats=5, used=3, wanted=3),
    Situation("far over", seats=3, used=2, wanted=20),
    Situation("full", seats=2, used=2, wanted=1),
    Situation("the smallest pool", seats=1, used=1, wanted=1),
    Situation("Disabled people hold the rest", seats=4, used=4, wanted=1, disabled=3),
    Situation("Disabled people leave one", seats=4, used=3, wanted=1, disabled=2),
]


@dataclass
class Scene:
    """A company as the situation has it; `waiting` people are there for the doors that approve."""

    company: Company
    connector: Connector
    situation: Situation
    waiting: list[User]

    @property
    def wanted(self) -> int:
        return self.situation.wanted


def scene_of(situation: Situation, *, waiting: bool, partner: Partner | None = None) -> Scene:
    company = make_company(partner, seats=situation.seats, used=situation.used, tier=Tier.ADVANCED)
    holders = User.objects.of_company(company).exclude(pk=company.primary_user_id).values_list("pk", flat=True)
    disable_users(company, users=list(holders)[: situation.disabled], by=None)
    asking, connector = make_connector(company, asks_approval=True), make_connector(company)
    people = add_arrivals(asking, situation.wanted) if waiting else []
    company.refresh_from_db()
    return Scene(company, connector, situation, people)
