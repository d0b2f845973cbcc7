"""Files that wait for a confirmation: kept for two hours, for one account and company, in the partner's own table."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from companies.models import Company
from tests.factories import make_account, make_company, make_partner
from users.accounts.models import Account
from users.models import Upload
from users.people import Person
from users.uploads import drop, keep, kept

pytestmark = pytest.mark.django_db

PEOPLE = [Person("Ann", "Lee", "ann@x.example"), Person("Zoë", "=cmd", "zoe@x.example")]


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def company(account: Account) -> Company:
    return make_company(account.partner)


def test_people_are_kept_as_they_were_until_they_are_dropped(company: Company, account: Account) -> None:
    token = keep(PEOPLE, company=company, account=account)
    assert kept(token, company=company, account=account) == PEOPLE
    assert drop(token, company=company, account=account)
    assert kept(token, company=company, account=account) is None
    assert not drop(token, company=company, account=account)
    assert Upload.objects.count() == 0


def test_r23_nobody_else_finds_them(company: Company, account: Account) -> None:
    """R23: not at another company, not another account, not another partner."""
    token = keep(PEOPLE, company=company, account=account)
    assert kept(token, company=make_company(account.partner), account=account) is None
    assert kept(token, company=company, account=make_account(account.partner)) is None
    assert kept(token, company=make_company(), account=make_account()) is None
    assert kept("", company=company, account=account) is None


def test_what_has_expired_is_gone_and_the_next_file_deletes_it(company: Company, account: Account) -> None:
    """Of this partner alone."""
    other = make_account(make_partner())
    stranger = make_company(other.partner)
    token = keep(PEOPLE, company=company, account=account)
    keep(PEOPLE, company=stranger, account=other)
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
        assert kept(token, company=company, account=account) is None
        newer = keep(PEOPLE[:1], company=make_company(account.partner), account=account)
        rows = Upload.objects.filter(partner=account.partner)
        assert list(rows.values_list("token", flat=True)) == [newer]
    assert Upload.objects.filter(partner=other.partner).count() == 1
