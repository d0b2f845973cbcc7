"""R23: every table is listed once, as tenant, sign-in or global."""

import pytest
from django.apps import apps
from django.db import connection

from companies.partners.tables import GLOBAL, SIGN_IN, TENANT


@pytest.mark.django_db
def test_r23_every_table_of_the_database_is_listed() -> None:
    """R23: a new table has to say whose its rows are; one that is gone leaves the list."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    assert tables - (TENANT | SIGN_IN | GLOBAL) == set()
    assert (TENANT | SIGN_IN | GLOBAL) - tables == set()


def test_r23_no_table_is_listed_twice() -> None:
    assert len(TENANT) + len(SIGN_IN) + len(GLOBAL) == len(TENANT | SIGN_IN | GLOBAL)


def test_r23_a_model_belongs_to_the_tenant_exactly_if_it_must_name_a_partner() -> None:
    """R23: an account may have none, so it is a sign-in; an invitation is looked up before a partner is known."""
    naming = {
        model._meta.db_table for model in apps.get_models() for field in model._meta.fields if field.name == "partner"
    }
    assert naming - {"accounts_account", "accounts_invitation"} == TENANT
