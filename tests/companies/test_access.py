"""From an account to a company (R23): its own, or nothing."""

import pytest
from django.http import Http404

from companies.access import CompanyIsClosed, companies_for, get_company
from companies.lifecycle import close_company
from companies.models import Company
from tests.factories import make_account, make_company, make_partner, make_support

pytestmark = pytest.mark.django_db


def closed_company(company: Company) -> Company:
    close_company(company, typed_name=company.name, by=None)
    return company


def test_r23_lists_the_partners_own_open_companies() -> None:
    partner = make_partner()
    mine = make_company(partner)
    closed_company(make_company(partner))
    make_company()
    assert list(companies_for(make_account(partner))) == [mine]
    assert get_company(make_account(partner), mine.pk) == mine


def test_r23_another_partners_company_is_like_one_that_never_was() -> None:
    account = make_account()
    for company_id in (make_company().pk, closed_company(make_company()).pk, 10**9):
        with pytest.raises(Http404) as missing:
            get_company(account, company_id)
        assert missing.type is Http404


def test_r19_an_own_closed_company_is_missing_and_says_why() -> None:
    partner = make_partner()
    company = closed_company(make_company(partner))
    with pytest.raises(CompanyIsClosed) as missing:
        get_company(make_account(partner), company.pk)
    assert str(missing.value.trouble.title) == "This company was closed"


def test_r25_support_staff_have_no_companies_here() -> None:
    company = make_company()
    assert list(companies_for(make_support())) == []
    with pytest.raises(Http404):
        get_company(make_support(), company.pk)
