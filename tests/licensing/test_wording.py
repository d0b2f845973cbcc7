"""Every refusal has a code of its own, its numbers as data, and a sentence for people."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from licensing import errors
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from licensing.wording import blocker_text, sentence

POLICIES = Blocker(BlockerKind.POLICIES, 2, ("backup_all", "password_auditing"))
CONNECTORS = Blocker(BlockerKind.CONNECTORS, 1, ("Entra",))
REFUSALS: list[errors.Refusal] = [
    errors.NoSeatsAvailable(needed=3, available=1),
    errors.NotEnoughWaiting(requested=5, waiting=4, available=2),
    errors.PoolBelowUsed(requested=3, used=5),
    errors.SeatsOutOfRange(requested=0, least=1, most=10),
    errors.DowngradeBlocked(blockers=(POLICIES, CONNECTORS)),
    errors.ClosingBlocked(blockers=(Blocker(BlockerKind.USERS, 1), Blocker(BlockerKind.WAITING, 2))),
    errors.TierRequired(subject="policy", tier=Tier.ADVANCED),
    errors.TierRequired(subject="connector", tier=Tier.ADVANCED),
    errors.PrimaryUserProtected(user_id=1, act="disable"),
    errors.PrimaryUserProtected(user_id=1, act="remove"),
    errors.Stale(seen=1, newest=2, seats=7, tier=Tier.ADVANCED),
    errors.CompanyClosed(company_id=1),
    errors.CompanyOpen(company_id=1),
    errors.NameMismatch(),
    errors.CompanyNameTaken(name="Fabrikam"),
    errors.ConnectorNameTaken(name="Entra"),
    errors.ConnectorGone(connector_id=1),
    errors.WrongStatus(act="approve", user_ids=(1,)),
    errors.WrongStatus(act="disable", user_ids=(1, 2)),
    errors.WrongStatus(act="enable", user_ids=(1,)),
    errors.WrongStatus(act="make_primary", user_ids=(1,)),
    errors.WrongStatus(act="reject", user_ids=(1,)),
    errors.WrongStatus(act="undo_rejection", user_ids=(1,)),
    errors.UserGone(user_ids=(1, 2)),
    errors.EmailTaken(taken=("ann@customer.example",), twice=("bob@customer.example",)),
    errors.InvalidPerson(position=0, errors={"email": "required"}),
    errors.InvalidName(error="required"),
    errors.InvalidName(error="too_long"),
    errors.InvalidName(error="control_characters"),
    errors.InvalidParameters(errors={"domains": "required"}),
    errors.ManagedByDirectory(user_id=1),
    errors.EmailMissing(user_id=1),
    errors.StillManaged(user_ids=(1,)),
    errors.PeopleIncomplete(user_ids=(1, 2)),
    errors.GoneFromDirectory(user_ids=(1, 2)),
    errors.ConfirmationNeeded(what="backup_all"),
    errors.Busy(retry_after=3),
    errors.LastAdmin(account_id=1),
    errors.AccountExists(email="ann@partner.example"),
    errors.EmailInUse(),
    errors.AccountGone(account_id=1),
    errors.InvitationGone(invitation_id=1),
    errors.CompaniesNotFound(company_ids=(1, 2)),
    errors.UserNotRemoved(user_id=1),
    errors.PartnerNameTaken(name="Northwind"),
    errors.UserNameTaken(user_name="ann"),
    errors.ConnectorPaused(connector_id=1),
    errors.EntryGone(scim_id="8f6b6a0e-7a7e-4d5c-9a53-1f4f7a2c9f10"),
    errors.EntryChanged(expected=1, version=2),
]


def _kinds(kind: type[errors.Refusal] = errors.Refusal) -> set[type[errors.Refusal]]:
    return {sub for below in kind.__subclasses__() for sub in (below, *_kinds(below))}


def test_every_class_of_refusal_is_spoken_of_here() -> None:
    assert {type(refusal) for refusal in REFUSALS} == _kinds()


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in _kinds()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_the_data_are_fit_for_json(refusal: errors.Refusal) -> None:
    assert json.loads(json.dumps(refusal.data, cls=DjangoJSONEncoder)).keys() == refusal.data.keys()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_every_refusal_has_a_sentence_of_its_own(refusal: errors.Refusal) -> None:
    text = sentence(refusal)
    assert text
    assert refusal.code not in text
    assert "%(" not in text


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (errors.NoSeatsAvailable(needed=3, available=1), ("3 seats are needed", "1 is available", "2 are missing")),
        (errors.NoSeatsAvailable(needed=1, available=0), ("1 seat is needed", "0 are available", "1 is missing")),
        (errors.PoolBelowUsed(requested=3, used=5), ("3 seats", "5 are used")),
        (errors.NotEnoughWaiting(requested=5, waiting=4, available=2), ("5", "4 are waiting", "at most 2")),
        (
            errors.DowngradeBlocked(blockers=(POLICIES, CONNECTORS)),
            ("2 Advanced policies are on", "1 connector exists"),
        ),
        (errors.EmailTaken(taken=("a@x.example",)), ("This e-mail is in use at the company already: a@x.example",)),
        (errors.EmailTaken(taken=(), twice=("b@x.example",)), ("This e-mail stands twice: b@x.example",)),
        (
            errors.EmailTaken(taken=("a@x.example", "c@x.example"), twice=("b@x.example", "d@x.example")),
            (
                "These 2 e-mails are in use at the company already: a@x.example, c@x.example. "
                "These 2 e-mails stand twice: b@x.example, d@x.example",
            ),
        ),
        (errors.PoolBelowUsed(requested=1, used=2), ("1 seat is too few: 2 are used.",)),
        (
            errors.NotEnoughWaiting(requested=5, waiting=1, available=1),
            ("1 is waiting and 1 seat is available, so at most 1.",),
        ),
        (errors.Stale(seen=1, newest=2, seats=1, tier=Tier.STANDARD), ("it is now 1 seat on Standard",)),
        (errors.Stale(seen=1, newest=2, seats=7, tier=Tier.ADVANCED), ("7 seats", "Advanced")),
    ],
    ids=lambda value: value.code if isinstance(value, errors.Refusal) else "",
)
def test_the_sentence_holds_the_numbers(refusal: errors.Refusal, expected: tuple[str, ...]) -> None:
    """R5, R7, R11, R13."""
    text = sentence(refusal)
    assert [part for part in expected if part not in text] == []


def test_one_and_many_blockers_are_counted() -> None:
    """R13, R19."""
    texts = [blocker_text(Blocker(kind, count)) for kind in BlockerKind for count in (1, 2)]
    assert texts == [
        "1 Advanced policy is on",
        "2 Advanced policies are on",
        "1 connector exists",
        "2 connectors exist",
        "1 user is left beside the primary user",
        "2 users are left beside the primary user",
        "1 user is pending approval",
        "2 users are pending approval",
    ]
