"""R23 in the schema: what belongs to a partner says so, refers only to the partner's own, and is found through it."""

import pytest
from django.apps import apps
from django.db import connection

from companies.models import Company
from companies.partners.tables import TENANT
from licensing.enums import Tier
from tests.database import insert_users, refuses
from tests.factories import make_account, make_company, make_connector, make_partner, switch_policy_on
from users.models import User

pytestmark = pytest.mark.django_db

# Some acts are support staff's own; no partner sees those.
WITHOUT_PARTNER = {"audit_auditevent"}
# Unique beyond one partner: looked up before a partner is known.
KNOWN_BEFORE_A_PARTNER = {"directory_connector": {"token_hash", "former_token_hash"}}
# What support reads across partners: all that one account did.
ACROSS_PARTNERS = [("audit_auditevent", "audit_by_account")]


def _rows(sql: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(TENANT)])
        return [tuple(row) for row in cursor.fetchall()]


def _foreign_keys() -> list[tuple[str, str, str, str]]:
    """Table, its columns, the table they refer to, and the columns there, between tables of the tenant."""
    return _rows("""
        SELECT c.conrelid::regclass::text,
            (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY AS k (num, n)
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.num),
            c.confrelid::regclass::text,
            (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY AS k (num, n)
                JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.num)
        FROM pg_constraint AS c
        WHERE c.contype = 'f' AND c.conrelid::regclass::text = ANY (%s)
        ORDER BY 1, 2
    """)  # type: ignore[return-value]


def test_r23_every_tenant_table_names_its_partner() -> None:
    """R23: always, with a reference to the partner."""
    columns = _rows("""
        SELECT table_name, is_nullable FROM information_schema.columns
        WHERE column_name = 'partner_id' AND table_name = ANY (%s) ORDER BY 1
    """)
    assert columns == [(table, "YES" if table in WITHOUT_PARTNER else "NO") for table in sorted(TENANT)]
    to_partner = {
        table
        for table, columns, target, _there in _foreign_keys()
        if (columns, target) == ("partner_id", "partners_partner")
    }
    assert to_partner == TENANT


def test_r23_every_reference_between_tenant_rows_names_the_partner_too() -> None:
    """R23: foreign-key checks bypass row-level security, so (partner_id, …) must be part of one for each reference."""
    keys = [key for key in _foreign_keys() if key[2] in TENANT]
    guarded = {
        (table, mine, target)
        for table, columns, target, there in keys
        if columns.startswith("partner_id,") and there.startswith("partner_id,")
        for mine, theirs in zip(columns.split(","), there.split(","), strict=True)
        if theirs == "id"
    }
    plain = {(table, columns, target) for table, columns, target, there in keys if there == "id"}
    assert len(plain) >= 12
    assert plain - guarded == set()


def test_r23_every_index_of_a_tenant_table_leads_with_the_partner() -> None:
    """R23: but for primary keys, what is known before a partner is, and what support reads across partners."""
    indexes = _rows("""
        SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, coalesce(a.attname, '(expression)')
        FROM pg_index AS i LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE NOT i.indisprimary AND i.indrelid::regclass::text = ANY (%s) ORDER BY 1, 2
    """)
    assert len(indexes) >= 15
    others = [
        (table, index)
        for table, index, first in indexes
        if first != "partner_id" and first not in KNOWN_BEFORE_A_PARTNER.get(table, set())
    ]
    assert others == ACROSS_PARTNERS


def test_r23_every_list_is_found_through_the_partner() -> None:
    """R23: the default ways into each table use an index that begins with partner_id."""
    models = [model for model in apps.get_models() if model._meta.db_table in TENANT]
    assert len(models) == len(TENANT)
    with_index = {
        table
        for (table,) in _rows("""
        SELECT DISTINCT i.indrelid::regclass::text FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE a.attname = 'partner_id' AND i.indrelid::regclass::text = ANY (%s)
    """)
    }
    assert with_index == TENANT


def test_r23_a_person_cannot_be_written_into_another_partners_company() -> None:
    """R23: the serving role could try it with any partner set; the composite key refuses."""
    sql, params = insert_users(make_company(), "active", partner_id=make_partner().pk)
    refuses("user_company_same_partner", sql, *params)


def test_r23_a_company_cannot_be_handed_to_another_partner() -> None:
    """R23: its people, books and connectors would stay behind."""
    company, other = make_company(), make_partner()
    refuses(
        "user_company_same_partner",
        "UPDATE companies_company SET partner_id = %s WHERE id = %s",
        other.pk,
        company.pk,
    )


def test_r23_a_person_cannot_be_managed_by_another_companys_connector() -> None:
    """R21, R23: not even of the same partner."""
    partner = make_partner()
    company = make_company(partner)
    connector = make_connector(make_company(partner, tier=Tier.ADVANCED))
    refuses(
        "user_connector_same_company",
        "UPDATE users_user SET connector_id = %s WHERE company_id = %s",
        connector.pk,
        company.pk,
    )


@pytest.mark.parametrize(
    ("constraint", "table", "columns", "values"),
    [
        (
            "policy_company_same_partner",
            "policies_policy",
            "key, is_on, parameters",
            "'two_factor', false, '{}'",
        ),
        (
            "ledger_company_same_partner",
            "licensing_ledgerentry",
            "number, kind, seats_from, seats_to, tier_to, reason",
            "1, 'opened', 0, 10, 'standard', ''",
        ),
        (
            "audit_company_same_partner",
            "audit_auditevent",
            "kind, act, data, reason",
            "'company', 'company_opened', '{}', ''",
        ),
        (
            "connector_company_same_partner",
            "directory_connector",
            "kind, name, token_hash, asks_approval, removed_at",
            "'okta', 'Raw', 'x', false, now()",
        ),
        (
            "import_company_same_partner",
            "users_importrun",
            "account_id, token, file_name, encoding, separator, records, has_header, columns, state, all_or_nothing,"
            " may_wait, code, data, first_users, expires_at",
            "(SELECT min(id) FROM accounts_account), 'x', '', '', '', '[]', true, '{}', 'draft', true, false, '', '{}',"
            " '[]', now()",
        ),
    ],
)
def test_r23_no_row_names_one_partner_and_the_company_of_another(
    constraint: str, table: str, columns: str, values: str
) -> None:
    company, other = make_company(), make_partner()
    make_account(company.partner)
    refuses(
        constraint,
        f"INSERT INTO {table} (partner_id, company_id, {columns}) VALUES (%s, %s, {values})",  # noqa: S608
        other.pk,
        company.pk,
    )


def test_r23_history_names_people_of_the_same_partner_only() -> None:
    company, other = make_company(), make_company(make_partner())
    refuses(
        "status_change_user_same_partner",
        "INSERT INTO users_statuschange (partner_id, company_id, user_id, from_status, to_status, door, reason)"
        " VALUES (%s, %s, %s, 'active', 'disabled', 'portal', '')",
        company.partner_id,
        company.pk,
        other.primary_user_id,
    )


def test_r23_querysets_of_a_company_name_its_partner() -> None:
    """R23: a company object with a wrong partner finds nothing, rather than another partner's rows."""
    company = make_company(tier=Tier.ADVANCED)
    switch_policy_on(company)
    make_connector(company)
    stranger = Company.objects.get(pk=company.pk)
    stranger.partner_id = make_partner().pk
    found = [User.objects.of_company(stranger), stranger.policies.of_company(stranger)]
    assert [rows.count() for rows in found] == [0, 0]
