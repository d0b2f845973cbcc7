"""From a company to a person (R2, R23): somebody on its Users tab, or nobody."""

import pytest
from django.http import Http404

from licensing.seats import remove_users
from tests.factories import add_people, make_company
from users.access import get_user

pytestmark = pytest.mark.django_db


def test_r2_finds_those_on_the_users_tab() -> None:
    company = make_company()
    [user] = add_people(company, 1)
    assert get_user(company, user.pk) == user


def test_r2_removed_people_and_r23_people_of_others_are_missing() -> None:
    company = make_company()
    [removed] = add_people(company, 1)
    remove_users(company, users=[removed.pk], by=None)
    [foreign] = add_people(make_company(company.partner), 1)
    for user_id in (removed.pk, foreign.pk, 10**9):
        with pytest.raises(Http404):
            get_user(company, user_id)
