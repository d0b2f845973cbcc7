"""How a pool is used. Read under the lock, these numbers stay true until the transaction ends."""

from dataclasses import dataclass

from companies.models import Company
from users.enums import UserStatus
from users.models import User


@dataclass(frozen=True, slots=True)
class Usage:
    """Seats of one company. `disabled` people are among the `used`; `pending` ones hold no seat (R2)."""

    seats: int
    used: int
    pending: int
    disabled: int

    @property
    def available(self) -> int:
        return self.seats - self.used

    @property
    def is_full(self) -> bool:
        return self.available <= 0

    @property
    def percent(self) -> int:
        """Used seats of all, rounded down, 0 to 100; 0 for a closed company, which has none."""
        return self.used * 100 // self.seats if self.seats else 0


def usage_of(company: Company) -> Usage:
    """The company's numbers as its row has them, and how many of the used seats Disabled people hold."""
    disabled = User.objects.of_company(company).filter(status=UserStatus.DISABLED).count()
    return Usage(seats=company.seats, used=company.seats_used, pending=company.users_pending, disabled=disabled)
