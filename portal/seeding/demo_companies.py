"""The demo's companies: pure data. Numbers of people include the primary user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from companies.policies.catalogue import PolicyKey
from licensing.enums import Tier
from users.directory.enums import ConnectorKind

_NONE: Mapping[PolicyKey, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    """How a company shall stand. `before` are the pools it had earlier; of `arriving`, some wait in the end.

    Where somebody `has_twin`, a second entry of the directory has the same e-mail: its connector is in trouble.
    """

    name: str
    domain: str
    locale: str
    tier: Tier
    seats: int
    by_hand: int
    before: tuple[tuple[int, Tier, str], ...] = ()
    connector: tuple[ConnectorKind, str] | None = None
    asks_approval: bool = False
    arriving: int = 0
    has_twin: bool = False
    approved: int = 0
    disabled: int = 0
    removed: int = 0
    fills: bool = False
    policies: Mapping[PolicyKey, dict[str, Any]] = field(default_factory=lambda: _NONE)


STANDARD, ADVANCED = Tier.STANDARD, Tier.ADVANCED

NORTHWIND: tuple[DemoCompany, ...] = (
    DemoCompany(
        name="Fabrikam",
        domain="fabrikam.example",
        locale="en_US",
        tier=ADVANCED,
        seats=50,
        before=((25, STANDARD, ""), (25, ADVANCED, "Directory wanted"), (50, ADVANCED, "Second office")),
        by_hand=16,
        connector=(ConnectorKind.ENTRA_ID, "Fabrikam Entra ID"),
        arriving=26,
        disabled=2,
        removed=1,
        policies={PolicyKey.EMERGENCY_ACCESS: {}, PolicyKey.PASSWORD_AUDITING: {}},
    ),
    DemoCompany(
        name="Tailspin Toys", domain="tailspintoys.example", locale="en_GB", tier=STANDARD, seats=10, by_hand=10
    ),
    DemoCompany(
        name="Adventure Works",
        domain="adventure-works.example",
        locale="en_US",
        tier=ADVANCED,
        seats=25,
        before=((20, ADVANCED, ""), (25, ADVANCED, "New shop in Denver")),
        by_hand=8,
        connector=(ConnectorKind.ACTIVE_DIRECTORY, "Head office"),
        has_twin=True,
        arriving=23,
        disabled=2,
        policies={PolicyKey.TWO_FACTOR: {}, PolicyKey.BACKUP_ALL: {}},
    ),
    DemoCompany(name="Wingtip", domain="wingtip.example", locale="nl_NL", tier=ADVANCED, seats=5, by_hand=3),
    DemoCompany(
        name="Fourth Coffee",
        domain="fourthcoffee.example",
        locale="it_IT",
        tier=STANDARD,
        seats=40,
        before=((30, STANDARD, ""), (40, STANDARD, "Three more bars")),
        by_hand=39,
        disabled=4,
        policies={PolicyKey.TWO_FACTOR: {}, PolicyKey.MASTER_PASSWORD: {"max_age_days": 180, "reuse": 5}},
    ),
    DemoCompany(
        name="Humongous Insurance",
        domain="humongousinsurance.example",
        locale="en_US",
        tier=ADVANCED,
        seats=240,
        before=((120, STANDARD, ""), (240, ADVANCED, "Planned growth")),
        by_hand=71,
        disabled=3,
        policies={
            PolicyKey.TWO_FACTOR: {},
            PolicyKey.SHARING_RECIPIENTS: {"domains": ["humongousinsurance.example"]},
        },
    ),
    DemoCompany(
        name="Woodgrove Bank",
        domain="woodgrovebank.example",
        locale="en_GB",
        tier=ADVANCED,
        seats=60,
        before=((60, ADVANCED, ""),),
        by_hand=12,
        connector=(ConnectorKind.OKTA, "Okta"),
        arriving=52,
        disabled=1,
        fills=True,
        policies={
            PolicyKey.TWO_FACTOR: {},
            PolicyKey.DISABLE_SHARING: {},
            PolicyKey.PORTAL_ACCESS: {},
            PolicyKey.PASSWORD_AUDITING: {},
        },
    ),
    DemoCompany(
        name="Litware Maschinenbau",
        domain="litware.example",
        locale="de_DE",
        tier=ADVANCED,
        seats=90,
        before=((60, ADVANCED, ""), (90, ADVANCED, "Werk Chemnitz")),
        by_hand=20,
        connector=(ConnectorKind.ACTIVE_DIRECTORY, "Zentrale Regensburg"),
        asks_approval=True,
        arriving=50,
        approved=42,
        disabled=3,
        policies={PolicyKey.BUSINESS_PROFILE: {"domains": ["litware.example"]}},
    ),
    DemoCompany(
        name="Lucerne Publishing",
        domain="lucernepublishing.example",
        locale="de_DE",
        tier=STANDARD,
        seats=35,
        by_hand=28,
        removed=3,
        policies={PolicyKey.REMOVE_ITEMS: {}},
    ),
    DemoCompany(
        name="Margie's Travel", domain="margiestravel.example", locale="en_GB", tier=STANDARD, seats=12, by_hand=9
    ),
    DemoCompany(
        name="Coho Vineyard", domain="cohovineyard.example", locale="fr_FR", tier=STANDARD, seats=20, by_hand=14
    ),
    DemoCompany(
        name="Proseware",
        domain="proseware.example",
        locale="sv_SE",
        tier=ADVANCED,
        seats=30,
        by_hand=22,
        disabled=1,
        policies={PolicyKey.TWO_FACTOR: {}},
    ),
    DemoCompany(
        name="Trey Research",
        domain="treyresearch.example",
        locale="pl_PL",
        tier=ADVANCED,
        seats=45,
        by_hand=5,
        connector=(ConnectorKind.SCIM, "Keycloak"),
        arriving=33,
    ),
    DemoCompany(
        name="青空デザイン",
        domain="aozora-design.example",
        locale="ja_JP",
        tier=STANDARD,
        seats=15,
        by_hand=11,
        policies={PolicyKey.BACKUP_AND_SYNC: {}},
    ),
    DemoCompany(
        name="Blue Yonder Airlines",
        domain="blueyonderairlines.example",
        locale="es_ES",
        tier=STANDARD,
        seats=80,
        before=((100, STANDARD, ""), (80, STANDARD, "Summer staff left")),
        by_hand=64,
        disabled=5,
    ),
    DemoCompany(
        name="City Power & Light",
        domain="cpandl.example",
        locale="en_US",
        tier=STANDARD,
        seats=6,
        by_hand=1,
    ),
)

CONTOSO: tuple[DemoCompany, ...] = (
    DemoCompany(
        name="Alpine Ski House",
        domain="alpineskihouse.example",
        locale="de_DE",
        tier=ADVANCED,
        seats=30,
        by_hand=6,
        connector=(ConnectorKind.ENTRA_ID, "Entra ID"),
        arriving=15,
        policies={PolicyKey.TWO_FACTOR: {}, PolicyKey.EMERGENCY_ACCESS: {}},
    ),
    DemoCompany(
        name="School of Fine Art",
        domain="fineartschool.example",
        locale="fr_FR",
        tier=STANDARD,
        seats=25,
        by_hand=25,
        disabled=2,
    ),
    DemoCompany(
        name="VanArsdel",
        domain="vanarsdel.example",
        locale="nl_NL",
        tier=STANDARD,
        seats=18,
        by_hand=12,
        policies={PolicyKey.CHANGE_NOTIFICATIONS: {"emails": ["it@vanarsdel.example"]}},
    ),
    DemoCompany(name="Relecloud", domain="relecloud.example", locale="en_US", tier=ADVANCED, seats=8, by_hand=7),
)
