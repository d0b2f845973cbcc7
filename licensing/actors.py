"""Who does it: an account, a connector, or the system."""

from typing import TypedDict

from users.accounts.models import Account
from users.directory.models import Connector

By = Account | Connector | None
"""The acting party of every rule; None is the system itself."""


class ActorColumns(TypedDict):
    by_account: Account | None
    by_connector: Connector | None


def columns(by: By) -> ActorColumns:
    """The two columns that every record of who did it has; both are empty for the system."""
    return {
        "by_account": by if isinstance(by, Account) else None,
        "by_connector": by if isinstance(by, Connector) else None,
    }
