"""Facts that stand in two places, because one of them is SQL or a migration, must agree."""

from companies.audit.enums import KIND_OF_ACT, Act
from companies.policies import models as policy_models
from companies.policies.catalogue import ADVANCED_KEYS, CATALOGUE, SPECS, PolicyKey
from licensing.errors import Refusal


def test_r14_the_generated_column_knows_every_advanced_policy() -> None:
    """R14: `required_tier` is made from a list of its own, for a migration cannot read the catalogue."""
    assert list(ADVANCED_KEYS) == policy_models._ADVANCED_KEYS


def test_every_policy_is_in_the_catalogue_once() -> None:
    assert [spec.key for spec in CATALOGUE] == list(PolicyKey)
    assert len(SPECS) == len(CATALOGUE)


def test_every_act_belongs_to_a_kind() -> None:
    assert set(KIND_OF_ACT) == set(Act)


def test_every_refusal_has_a_code() -> None:
    assert [kind.__name__ for kind in Refusal.__subclasses__() if not getattr(kind, "code", "")] == []
