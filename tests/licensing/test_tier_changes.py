"""R12 to R14: what a downgrade needs, and what needs Advanced."""

import pytest

from companies.policies.catalogue import ADVANCED_KEYS, CATALOGUE, PolicyKey
from companies.policies.rules import switch_off, switch_on
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from licensing.errors import DowngradeBlocked, TierRequired
from licensing.pools import change_license
from licensing.tier_changes import downgrade_blockers
from tests.factories import make_company, make_connector, make_partner, switch_policy_on
from tests.facts import refused
from users.directory.enums import ConnectorKind
from users.directory.rules import add_connector, remove_connector

pytestmark = pytest.mark.django_db

PARAMETERS = {"domains": "customer.example", "emails": "it@customer.example", "max_age_days": "90", "reuse": "3"}


def test_r13_all_blockers_are_listed_together() -> None:
    """R13: policies in the catalogue's order, connectors oldest first; the preview says what the refusal says."""
    company = make_company(tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    switch_policy_on(company, PolicyKey.TWO_FACTOR)
    make_connector(company, name="Zeta", kind=ConnectorKind.OKTA)
    make_connector(company, name="Alpha", kind=ConnectorKind.ACTIVE_DIRECTORY)
    assert downgrade_blockers(company) == (
        Blocker(BlockerKind.POLICIES, 2, ("backup_all", "password_auditing")),
        Blocker(BlockerKind.CONNECTORS, 2, ("Zeta", "Alpha")),
    )
    with refused(
        DowngradeBlocked,
        company,
        blockers=(
            {"kind": "policies", "count": 2, "subjects": ("backup_all", "password_auditing")},
            {"kind": "connectors", "count": 2, "subjects": ("Zeta", "Alpha")},
        ),
    ):
        change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)


@pytest.mark.parametrize("key", ADVANCED_KEYS)
def test_r13_each_advanced_policy_blocks_until_it_is_off(key: PolicyKey) -> None:
    """R13: the portal switches nothing off by itself."""
    company = make_company(tier=Tier.ADVANCED)
    switch_on(company, key=key, parameters=PARAMETERS, by=None)
    with refused(DowngradeBlocked, company, blockers=({"kind": "policies", "count": 1, "subjects": (key,)},)):
        change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    switch_off(company, key=key, confirmed=True, by=None)
    change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    company.refresh_from_db()
    assert company.tier == Tier.STANDARD


@pytest.mark.parametrize("kind", list(ConnectorKind))
def test_r13_a_connector_of_any_kind_blocks_until_it_is_removed(kind: ConnectorKind) -> None:
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company, name="Directory", kind=kind)
    with refused(DowngradeBlocked, company, blockers=({"kind": "connectors", "count": 1, "subjects": ("Directory",)},)):
        change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    remove_connector(connector, by=None)
    change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    company.refresh_from_db()
    assert company.tier == Tier.STANDARD


def test_r13_standard_policies_do_not_block() -> None:
    company = make_company(tier=Tier.ADVANCED)
    for spec in CATALOGUE:
        if spec.tier == Tier.STANDARD:
            switch_on(company, key=spec.key, parameters=PARAMETERS, by=None)
    assert downgrade_blockers(company) == ()
    change_license(company, seats=10, tier=Tier.STANDARD, seen=1, by=None)
    company.refresh_from_db()
    assert company.tier == Tier.STANDARD


def test_r13_seats_alone_can_change_while_a_downgrade_is_blocked() -> None:
    company = make_company(seats=10, tier=Tier.ADVANCED)
    switch_policy_on(company)
    assert change_license(company, seats=11, tier=Tier.ADVANCED, seen=1, by=None).entry is not None


def test_r13_blockers_of_another_company_do_not_count() -> None:
    partner = make_partner()
    company, other = make_company(partner, tier=Tier.ADVANCED), make_company(partner, tier=Tier.ADVANCED)
    switch_policy_on(other)
    make_connector(other)
    assert downgrade_blockers(company) == ()


@pytest.mark.parametrize("key", ADVANCED_KEYS)
def test_r14_an_advanced_policy_needs_advanced(key: PolicyKey) -> None:
    """R14."""
    company = make_company(tier=Tier.STANDARD)
    with refused(TierRequired, company, subject="policy", tier=Tier.ADVANCED):
        switch_on(company, key=key, parameters=PARAMETERS, by=None)


@pytest.mark.parametrize("kind", list(ConnectorKind))
def test_r14_a_connector_needs_advanced(kind: ConnectorKind) -> None:
    """R14."""
    company = make_company(tier=Tier.STANDARD)
    with refused(TierRequired, company, subject="connector", tier=Tier.ADVANCED):
        add_connector(company, kind=kind, name="Directory", by=None)


def test_r14_both_work_right_after_the_upgrade() -> None:
    """R12, R14."""
    company = make_company(tier=Tier.STANDARD)
    change_license(company, seats=10, tier=Tier.ADVANCED, seen=1, by=None)
    assert switch_policy_on(company).is_on
    assert make_connector(company).removed_at is None
