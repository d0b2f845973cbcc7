"""Switch policies on and off (R13, R14)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from companies.policies.catalogue import SPECS, PolicyKey, PolicySpec
from companies.policies.models import Policy
from companies.policies.parameters import clean_parameters
from licensing.actors import By
from licensing.enums import Tier
from licensing.errors import ConfirmationNeeded, InvalidParameters
from licensing.locks import locked
from licensing.tier_changes import require_advanced


def switch_on(company: Company, *, key: PolicyKey, parameters: Mapping[str, Any], by: By, reason: str = "") -> Policy:
    """Switch a policy on, or change the parameters of one that is on. The same again writes nothing.

    Raises TierRequired for an Advanced policy on Standard (R14), InvalidParameters. Writes an audit event.
    """
    spec = SPECS[key]
    cleaned = _cleaned(spec, parameters)
    with locked(company) as company:
        if spec.tier == Tier.ADVANCED:
            require_advanced(company, "policy")
        policy, _created = Policy.objects.get_or_create(
            partner_id=company.partner_id, company_id=company.pk, key=key, defaults={"parameters": {}}
        )
        if policy.is_on and policy.parameters == cleaned:
            return policy
        act = Act.POLICY_CHANGED if policy.is_on else Act.POLICY_ON
        policy.is_on, policy.parameters = True, cleaned
        _save(policy)
        record(company, act, by=by, reason=reason, policy=key)
        return policy


def switch_off(company: Company, *, key: PolicyKey, confirmed: bool, by: By, reason: str = "") -> None:
    """Switch a policy off; its parameters are kept for the next time. One that is off counts as done.

    Raises ConfirmationNeeded for "Backup all business items" unless `confirmed`: it deletes backups (R13).
    """
    with locked(company) as company:
        policy = Policy.objects.of_company(company).filter(key=key, is_on=True).first()
        if policy is None:
            return
        if SPECS[key].warning_off and not confirmed:
            raise ConfirmationNeeded(what=key.value)
        policy.is_on = False
        _save(policy)
        record(company, Act.POLICY_OFF, by=by, reason=reason, policy=key)


def _save(policy: Policy) -> None:
    policy.changed_at = Now()
    policy.save(update_fields=["is_on", "parameters", "changed_at"])


def _cleaned(spec: PolicySpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return clean_parameters(spec, parameters)
    except ValidationError as error:
        codes = {name: str(errors[0].code) for name, errors in error.error_dict.items()}
        raise InvalidParameters(errors=codes) from error
