"""Policies on and off: R13, R14, design section 4."""

from typing import Any

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from companies.policies.catalogue import ADVANCED_KEYS, CATALOGUE, PolicyKey
from companies.policies.models import Policy
from companies.policies.rules import switch_off, switch_on
from licensing.enums import Tier
from licensing.errors import ConfirmationNeeded, InvalidParameters
from tests.factories import make_account, make_company, make_partner, switch_policy_on
from tests.facts import nothing_changes, refused

pytestmark = pytest.mark.django_db

PARAMETERS: dict[PolicyKey, dict[str, str]] = {
    PolicyKey.MASTER_PASSWORD: {"max_age_days": "90", "reuse": "0"},
    PolicyKey.BUSINESS_PROFILE: {"domains": "Customer.example; shop.example\ncustomer.example"},
    PolicyKey.CHANGE_NOTIFICATIONS: {"emails": "it@customer.example, boss@CUSTOMER.example"},
    PolicyKey.SHARING_RECIPIENTS: {"domains": "partner.example"},
}
STORED: dict[PolicyKey, dict[str, Any]] = {
    PolicyKey.MASTER_PASSWORD: {"max_age_days": 90, "reuse": 0},
    PolicyKey.BUSINESS_PROFILE: {"domains": ["customer.example", "shop.example"]},
    PolicyKey.CHANGE_NOTIFICATIONS: {"emails": ["it@customer.example", "boss@customer.example"]},
    PolicyKey.SHARING_RECIPIENTS: {"domains": ["partner.example"]},
}


def _events(company: Company) -> list[tuple[str, dict[str, Any]]]:
    kinds = [Act.POLICY_ON, Act.POLICY_OFF, Act.POLICY_CHANGED]
    return list(AuditEvent.objects.filter(company=company, act__in=kinds).order_by("pk").values_list("act", "data"))


def test_all_policies_are_off_at_first() -> None:
    assert not Policy.objects.of_company(make_company(tier=Tier.ADVANCED)).exists()


def test_the_catalogue_is_that_of_the_design() -> None:
    """Section 4: seven Standard, five Advanced."""
    assert [str(spec.key.label) for spec in CATALOGUE if spec.tier == Tier.STANDARD] == [
        "Online backup and device sync",
        "Two-factor authentication",
        "Master password change",
        "Force business items into the business profile",
        "Remove business items when users are removed",
        "User change notifications",
        "Disable sharing",
    ]
    assert [str(key.label) for key in ADVANCED_KEYS] == [
        "Backup all business items",
        "Restrict business items from emergency access",
        "Restrict sharing to specific recipients",
        "Restrict portal access",
        "Password auditing",
    ]


@pytest.mark.parametrize("key", list(PolicyKey))
def test_every_policy_goes_on_and_off(key: PolicyKey) -> None:
    """The parameters are stored clean and kept for the next time; each act is one event."""
    company = make_company(tier=Tier.ADVANCED)
    account = make_account(company.partner)
    policy = switch_on(company, key=key, parameters=PARAMETERS.get(key, {}), by=account)
    policy.refresh_from_db()
    assert (policy.is_on, policy.parameters) == (True, STORED.get(key, {}))
    switch_off(company, key=key, confirmed=True, by=account)
    policy.refresh_from_db()
    assert (policy.is_on, policy.parameters) == (False, STORED.get(key, {}))
    assert _events(company) == [(Act.POLICY_ON, {"policy": key}), (Act.POLICY_OFF, {"policy": key})]


def test_the_same_again_writes_nothing_and_new_parameters_are_a_change() -> None:
    company = make_company()
    key = PolicyKey.BUSINESS_PROFILE
    switch_on(company, key=key, parameters={"domains": "a.example"}, by=None)
    with nothing_changes(company):
        switch_on(company, key=key, parameters={"domains": ["A.example"]}, by=None)
    switch_on(company, key=key, parameters={"domains": "b.example"}, by=None)
    assert Policy.objects.get(company=company).parameters == {"domains": ["b.example"]}
    assert [act for act, _data in _events(company)] == [Act.POLICY_ON, Act.POLICY_CHANGED]


def test_switching_off_what_is_off_writes_nothing() -> None:
    company = make_company()
    with nothing_changes(company):
        switch_off(company, key=PolicyKey.TWO_FACTOR, confirmed=False, by=None)


def test_r13_backups_are_deleted_only_when_that_was_confirmed() -> None:
    """R13."""
    company = make_company(tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    with refused(ConfirmationNeeded, company, what="backup_all"):
        switch_off(company, key=PolicyKey.BACKUP_ALL, confirmed=False, by=None)
    switch_off(company, key=PolicyKey.BACKUP_ALL, confirmed=True, by=None)
    assert not Policy.objects.get(company=company).is_on


@pytest.mark.parametrize("key", [key for key in PolicyKey if key != PolicyKey.BACKUP_ALL])
def test_no_other_policy_asks_for_confirmation(key: PolicyKey) -> None:
    company = make_company(tier=Tier.ADVANCED)
    switch_on(company, key=key, parameters=PARAMETERS.get(key, {}), by=None)
    switch_off(company, key=key, confirmed=False, by=None)
    assert not Policy.objects.get(company=company).is_on


@pytest.mark.parametrize(
    ("key", "parameters", "errors"),
    [
        (PolicyKey.MASTER_PASSWORD, {}, {"max_age_days": "required", "reuse": "required"}),
        (
            PolicyKey.MASTER_PASSWORD,
            {"max_age_days": "0", "reuse": "25"},
            {"max_age_days": "out_of_range", "reuse": "out_of_range"},
        ),
        (
            PolicyKey.MASTER_PASSWORD,
            {"max_age_days": "1.5", "reuse": "-1"},
            {"max_age_days": "out_of_range", "reuse": "out_of_range"},
        ),
        (PolicyKey.MASTER_PASSWORD, {"max_age_days": "٣", "reuse": 3}, {"max_age_days": "out_of_range"}),
        (PolicyKey.BUSINESS_PROFILE, {"domains": " , ; "}, {"domains": "required"}),
        (PolicyKey.BUSINESS_PROFILE, {"domains": "localhost"}, {"domains": "invalid_domain"}),
        (PolicyKey.BUSINESS_PROFILE, {"domains": "-a.example"}, {"domains": "invalid_domain"}),
        (PolicyKey.SHARING_RECIPIENTS, {"domains": "a.example, b c"}, {"domains": "invalid_domain"}),
        (PolicyKey.CHANGE_NOTIFICATIONS, {"emails": "it@"}, {"emails": "invalid_email"}),
        (
            PolicyKey.BUSINESS_PROFILE,
            {"domains": [f"d{number}.example" for number in range(51)]},
            {"domains": "too_many"},
        ),
    ],
)
def test_wrong_parameters_are_named_and_nothing_is_switched(
    key: PolicyKey, parameters: dict[str, Any], errors: dict[str, str]
) -> None:
    company = make_company(tier=Tier.ADVANCED)
    with refused(InvalidParameters, company, errors=errors):
        switch_on(company, key=key, parameters=parameters, by=None)


def test_r23_another_companys_policies_are_left_alone() -> None:
    partner = make_partner()
    company, other = make_company(partner), make_company(make_partner())
    switch_policy_on(other, PolicyKey.TWO_FACTOR)
    with nothing_changes(other):
        switch_policy_on(company, PolicyKey.TWO_FACTOR)
        switch_off(company, key=PolicyKey.TWO_FACTOR, confirmed=True, by=None)
