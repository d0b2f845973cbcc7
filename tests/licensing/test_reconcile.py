"""`manage.py reconcile`: a whole database passes, a copy broken in each way is found out, with exit code 1."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from companies.lifecycle import close_company, reopen_company
from companies.models import Company
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.reconciliation import reconcile
from licensing.reconciliation_checks import CHECKS
from licensing.seats import disable_users, remove_users
from licensing.triggers import REQUIRED_REFERENCES, REQUIRED_TRIGGERS
from tests.factories import make_company, make_partner, make_person, switch_policy_on
from users.models import User

pytestmark = pytest.mark.django_db

type World = dict[str, Any]


@pytest.fixture
def world() -> World:
    """Two companies of one partner, and names for what is in them: `full` has people waiting, `small` none."""
    partner = make_partner("Northwind")
    full = make_company(partner, name="Full", seats=3, used=3, pending=2, tier=Tier.ADVANCED)
    switch_policy_on(full)
    small = make_company(partner, name="Small", seats=5, used=3)
    change_license(small, seats=6, tier=Tier.STANDARD, seen=1, by=None)
    change_license(small, seats=8, tier=Tier.STANDARD, seen=2, by=None)
    second, third = User.objects.of_company(small).exclude(pk=small.primary_user_id).order_by("pk")
    disable_users(small, users=[second.pk], by=None)
    first_waiting, last_waiting = User.objects.of_company(full).in_line()
    return {
        "partner": partner.pk,
        "stranger": make_partner("Contoso").pk,
        "full": full.pk,
        "small": small.pk,
        "primary": small.primary_user_id,
        "second": second.pk,
        "third": third.pk,
        "waiting": first_waiting.pk,
        "last": last_waiting.pk,
        "connector": first_waiting.connector_id,
    }


def execute(*statements: str, **names: Any) -> None:
    """Execute with all triggers off, foreign keys among them: what no rule and no raw SQL of ours could do."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement.format_map(names))
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> list[str]:
    """What the command lists before it ends with exit code 1."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("reconcile", stdout=out)
    _compared, *lines = out.getvalue().splitlines()
    assert caught.value.returncode == 1
    assert str(caught.value) == f"The data disagree; lines above: {len(lines)}."
    return lines


# What is broken, and all that is found then.
BREAKS: dict[str, tuple[list[str], list[str]]] = {
    "counter of holders": (
        ["UPDATE companies_company SET seats_used = 2 WHERE id = {full}"],
        ["seats_used: company {full}: seats_used is 2, 3 users hold a seat"],
    ),
    "counter of the waiting": (
        ["UPDATE companies_company SET users_pending = 0 WHERE id = {full}"],
        ["users_pending: company {full}: users_pending is 0, 2 users wait"],
    ),
    "more people than seats": (
        ["UPDATE users_user SET status = 'active', arrival = NULL WHERE id = {waiting}"],
        [
            "seats_used: company {full}: seats_used is 3, 4 users hold a seat",
            "users_pending: company {full}: users_pending is 2, 1 users wait",
            "over_the_pool: company {full}: 4 users hold one of 3 seats",
            "history_end: company {full}: user {waiting} is active, the history says pending",
        ],
    ),
    "a user whom nobody added": (
        ["DELETE FROM users_statuschange WHERE user_id = {third}"],
        ["history_end: company {small}: user {third} is active, the history says None"],
    ),
    "history with a hole": (
        ["DELETE FROM users_statuschange WHERE user_id = {second} AND to_status = 'active'"],
        ["history_chain: company {small}: a status change of user {second} begins with active, it was "],
    ),
    "history that ends otherwise": (
        ["UPDATE users_statuschange SET to_status = 'active', from_status = '' WHERE user_id = {waiting}"],
        ["history_end: company {full}: user {waiting} is pending, the history says active"],
    ),
    "history at another company": (
        ["UPDATE users_statuschange SET company_id = {full} WHERE user_id = {third}"],
        ["history_elsewhere: company {full}: has a status change of user {third}, who is at company {small}"],
    ),
    "seats without a ledger entry": (
        ["UPDATE companies_company SET seats = 9 WHERE id = {small}"],
        [
            "ledger_end: company {small}: has 9 seats on standard, closed: False; "
            "its ledger ends with 8 on standard, closed: False"
        ],
    ),
    "tier without a ledger entry": (
        ["UPDATE companies_company SET tier = 'advanced' WHERE id = {small}"],
        [
            "ledger_end: company {small}: has 8 seats on advanced, closed: False; "
            "its ledger ends with 8 on standard, closed: False"
        ],
    ),
    "no ledger": (
        ["DELETE FROM licensing_ledgerentry WHERE company_id = {small}"],
        [
            "ledger_end: company {small}: has 8 seats on standard, closed: False; "
            "its ledger ends with None on None, closed: None"
        ],
    ),
    "a ledger entry in the middle is gone": (
        ["DELETE FROM licensing_ledgerentry WHERE company_id = {small} AND number = 2"],
        [
            "ledger_numbering: company {small}: ledger entry 3 stands in place 2",
            "ledger_chain: company {small}: ledger entry 3 goes from 6 seats on standard, "
            "the one before ended with 5 on standard",
        ],
    ),
    "the last ledger entry is gone": (
        ["DELETE FROM licensing_ledgerentry WHERE company_id = {small} AND number = 3"],
        [
            "ledger_end: company {small}: has 8 seats on standard, closed: False; "
            "its ledger ends with 6 on standard, closed: False"
        ],
    ),
    "a ledger entry was rewritten": (
        ["UPDATE licensing_ledgerentry SET seats_to = 7 WHERE company_id = {small} AND number = 2"],
        [
            "ledger_chain: company {small}: ledger entry 3 goes from 6 seats on standard, "
            "the one before ended with 7 on standard"
        ],
    ),
    "the first ledger entry begins with a tier": (
        [
            "ALTER TABLE licensing_ledgerentry DROP CONSTRAINT ledger_kind_fits",
            "UPDATE licensing_ledgerentry SET tier_from = 'advanced' WHERE company_id = {small} AND number = 1",
        ],
        [
            "constraint_missing: constraint ledger_kind_fits does not exist",
            "ledger_chain: company {small}: ledger entry 1 goes from 0 seats on advanced, "
            "the one before ended with 0 on None",
        ],
    ),
    "a ledger entry older than the one before": (
        ["UPDATE licensing_ledgerentry SET at = at - interval '1 year' WHERE company_id = {small} AND number = 2"],
        ["ledger_time: company {small}: ledger entry 2 is older than the one before"],
    ),
    "a Disabled primary user": (
        ["UPDATE companies_company SET primary_user_id = {second} WHERE id = {small}"],
        ["primary_user: company {small}: its primary user {second} is disabled, at company {small}"],
    ),
    "a primary user of another company": (
        ["UPDATE companies_company SET primary_user_id = {third} WHERE id = {full}"],
        ["primary_user: company {full}: its primary user {third} is active, at company {small}"],
    ),
    "Advanced things on Standard": (
        [
            "UPDATE companies_company SET tier = 'standard' WHERE id = {full}",
            "INSERT INTO licensing_ledgerentry "
            "(partner_id, company_id, number, kind, seats_from, seats_to, tier_from, tier_to, reason) "
            "VALUES ({partner}, {full}, 2, 'changed', 3, 3, 'advanced', 'standard', '')",
        ],
        [
            "policy_on_standard: company {full}: the Advanced policy password_auditing is on, on standard",
            "connector_on_standard: company {full}: connector {connector} exists on standard",
        ],
    ),
    "waiting without a place": (
        [
            "ALTER TABLE users_user DROP CONSTRAINT user_arrival_while_in_line",
            "UPDATE users_user SET arrival = NULL WHERE id = {waiting}",
        ],
        [
            "constraint_missing: constraint user_arrival_while_in_line does not exist",
            "arrival: company {full}: user {waiting} is pending with place of arrival None, inactive there: False",
        ],
    ),
    "two in one place": (
        ["DROP INDEX user_arrival_once", "UPDATE users_user SET arrival = 1 WHERE id = {last}"],
        [
            "constraint_missing: constraint user_arrival_once does not exist",
            "arrival_twice: company {full}: 2 users have place of arrival 1",
        ],
    ),
    "a place that was never drawn": (
        ["UPDATE users_user SET arrival = 99 WHERE id = {last}"],
        ["arrival_not_drawn: company {full}: user {last} has place of arrival 99, the last one drawn is 2"],
    ),
    "one e-mail twice": (
        [
            "DROP INDEX user_email_once",
            "UPDATE users_user SET email = upper(other.email) FROM users_user AS other "
            "WHERE users_user.id = {third} AND other.id = {second}",
        ],
        [
            "constraint_missing: constraint user_email_once does not exist",
            "email_twice: company {small}: 2 users have the e-mail of user {second}",
        ],
    ),
    "a user of another partner": (
        ["UPDATE users_user SET partner_id = {stranger} WHERE id = {third}"],
        [
            "partner_of_users_user: company {small}: row {third} of users_user is partner {stranger}'s, "
            "the company is partner {partner}'s"
        ],
    ),
    "a connector of another partner": (
        ["UPDATE directory_connector SET partner_id = {stranger} WHERE id = {connector}"],
        [
            "partner_of_directory_connector: company {full}: row {connector} of directory_connector is partner "
            "{stranger}'s, the company is partner {partner}'s"
        ],
    ),
    "an open company without seats": (
        [
            "ALTER TABLE companies_company DROP CONSTRAINT company_open_has_seats",
            "ALTER TABLE companies_company DROP CONSTRAINT company_used_within_seats",
            "UPDATE companies_company SET seats = 0 WHERE id = {full}",
        ],
        [
            "constraint_missing: constraint company_used_within_seats does not exist",
            "constraint_missing: constraint company_open_has_seats does not exist",
            "over_the_pool: company {full}: 3 users hold one of 0 seats",
            "open_without_pool: company {full}: open with 0 seats",
            "ledger_end: company {full}: has 0 seats on advanced, closed: False; "
            "its ledger ends with 3 on advanced, closed: False",
        ],
    ),
    "a closed company with people": (
        [
            "ALTER TABLE companies_company DROP CONSTRAINT company_open_has_seats",
            "UPDATE companies_company SET closed_at = now() WHERE id = {full}",
        ],
        [
            "constraint_missing: constraint company_open_has_seats does not exist",
            "closed_with_people: company {full}: closed, and still has 5 users and 1 connectors",
            "ledger_end: company {full}: has 3 seats on advanced, closed: True; "
            "its ledger ends with 3 on advanced, closed: False",
        ],
    ),
    "terms that were not kept": (
        ["UPDATE partners_partner SET price_standard = 5, currency = 'USD' WHERE id = {partner}"],
        ["terms_end: partner {partner}: has 5.00 7.00 USD UTC, the newest terms kept are 4.00 7.00 EUR UTC"],
    ),
    "terms that were rewritten": (
        ["UPDATE partners_terms SET time_zone = 'Asia/Tokyo' WHERE partner_id = {stranger}"],
        ["terms_end: partner {stranger}: has 4.00 7.00 EUR UTC, the newest terms kept are 4.00 7.00 EUR Asia/Tokyo"],
    ),
    "no terms": (
        ["DELETE FROM partners_terms WHERE partner_id = {stranger}"],
        ["terms_end: partner {stranger}: has 4.00 7.00 EUR UTC, the newest terms kept are none"],
    ),
    "a disabled trigger": (
        ["ALTER TABLE users_user DISABLE TRIGGER user_count_update"],
        ["trigger_disabled: trigger user_count_update on users_user is disabled"],
    ),
    "a trigger that fires on replicas only": (
        ["ALTER TABLE licensing_ledgerentry ENABLE REPLICA TRIGGER ledger_is_append_only"],
        ["trigger_disabled: trigger ledger_is_append_only on licensing_ledgerentry is disabled"],
    ),
    "a trigger that does something else": (
        [
            "CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE OR REPLACE TRIGGER user_count_insert AFTER INSERT ON users_user EXECUTE FUNCTION harmless()",
        ],
        ["trigger_missing: trigger user_count_insert on users_user does not exist"],
    ),
    "a reference without its trigger": (
        ["ALTER TABLE policies_policy DROP CONSTRAINT policy_needs_advanced"],
        ["constraint_missing: constraint policy_needs_advanced does not exist"],
    ),
    "a reference that is not validated": (
        [
            "ALTER TABLE users_user DROP CONSTRAINT user_connector_same_company",
            "ALTER TABLE users_user ADD CONSTRAINT user_connector_same_company FOREIGN KEY "
            "(partner_id, company_id, connector_id) "
            "REFERENCES directory_connector (partner_id, company_id, id) NOT VALID",
        ],
        ["constraint_invalid: constraint user_connector_same_company is not validated"],
    ),
}


def test_a_whole_database_agrees_and_says_what_was_compared(world: World) -> None:
    """R3, R16 to R18; closed, reopened, removed and withdrawn ones included."""
    partner = make_partner("Fabrikam")
    company = make_company(partner, name="Short-lived", seats=4, used=2)
    other = User.objects.of_company(company).exclude(pk=company.primary_user_id).get()
    remove_users(company, users=[other.pk], by=None)
    close_company(company, typed_name="Short-lived", by=None)
    reopen_company(company, seats=2, tier=Tier.ADVANCED, primary=make_person(), by=None)
    closed = make_company(partner, name="Gone", seats=4)
    close_company(closed, typed_name="Gone", by=None)
    out = io.StringIO()

    call_command("reconcile", stdout=out)

    assert out.getvalue().splitlines() == [
        "Compared 3 partners, 4 companies and 12 users with 9 ledger entries and 16 status changes.",
        "Everything agrees.",
    ]


@pytest.mark.parametrize("case", BREAKS)
def test_each_way_of_breaking_it_is_found(world: World, case: str) -> None:
    """R3, R7, R9, R13, R14, R16 to R19, R23: exactly what was broken is listed, and the exit code is 1."""
    statements, expected = BREAKS[case]
    execute(*statements, **world)

    assert sorted(found()) == sorted(line.format_map(world) for line in expected)


def test_people_of_a_company_that_is_gone_are_found(world: World) -> None:
    """R2: nothing is deleted; whoever does it past the database's guards leaves traces."""
    execute("DELETE FROM companies_company WHERE id = {small}", **world)

    lines = [line for line in found() if line.startswith("partner_of_users_user: ")]
    assert lines == [
        f"partner_of_users_user: company {world['small']}: row {world[name]} of users_user is partner "
        f"{world['partner']}'s, the company is partner None's"
        for name in ("primary", "second", "third")
    ]


def test_every_check_is_proved_by_a_break() -> None:
    """No check stands in the list that was never seen to find something."""
    seen = {line.split(":", maxsplit=1)[0] for _statements, lines in BREAKS.values() for line in lines}
    same_query = {check.code for check in CHECKS if check.code.startswith("partner_of_")}

    assert {check.code for check in CHECKS} - same_query <= seen
    assert same_query & seen


def test_foreign_keys_that_are_switched_off_are_found(world: World) -> None:
    """DISABLE TRIGGER ALL leaves the constraints in place, and nobody to check them."""
    execute("ALTER TABLE policies_policy DISABLE TRIGGER ALL")

    lines = found()
    assert "reference_disabled: foreign key policy_needs_advanced is not checked on policies_policy" in lines
    assert all(line.startswith("reference_disabled: ") for line in lines)


def test_a_long_list_ends_with_a_count(world: World) -> None:
    """Fifty of a kind are shown; the others are counted."""
    partner = make_partner()
    for _ in range(60):
        make_company(partner)
    execute("UPDATE companies_company SET users_pending = 7 WHERE partner_id = {partner}", partner=partner.pk)

    lines = found()
    assert len(lines) == 51
    assert lines[-1] == "users_pending: … and 10 more like this"


def test_an_empty_database_agrees() -> None:
    """Nothing compared because there is nothing: that is no failure."""
    result = reconcile()

    assert (result.partners, result.companies, result.users, result.findings) == (0, 0, 0, ())


def test_rows_that_row_level_security_hides_are_a_failure(world: World) -> None:
    """R23: a role that sees no rows would find that all of none agree."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE portal_test_blind")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO portal_test_blind")
        cursor.execute("ALTER TABLE companies_company ENABLE ROW LEVEL SECURITY")
        cursor.execute("SET LOCAL ROLE portal_test_blind")
        cursor.execute("SELECT count(*) FROM companies_company")
        assert cursor.fetchone() == (0,)

    with pytest.raises(CommandError, match="Rows are hidden from this database role, so nothing was proved") as caught:
        call_command("reconcile", stdout=io.StringIO())
    assert caught.value.returncode == 1


def test_tables_without_their_migrations_are_one_clear_line(world: World) -> None:
    """A database of an older program cannot be compared."""
    execute("DELETE FROM django_migrations WHERE app = 'licensing'")

    with pytest.raises(CommandError, match=r"The database is not up to date: run uv run manage\.py migrate first\."):
        call_command("reconcile", stdout=io.StringIO())


def test_the_lists_of_guards_are_complete() -> None:
    """Every trigger of ours and every foreign key that a migration adds as SQL is on the lists; the queue's are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND NOT starts_with(tgrelid::regclass::text, 'procrastinate_')"
        )
        triggers = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conname !~ '_fk_'"
            " AND NOT starts_with(conrelid::regclass::text, 'procrastinate_')"
        )
        references = {name for (name,) in cursor.fetchall()}

    assert triggers == {trigger.name for trigger in REQUIRED_TRIGGERS}
    assert references == set(REQUIRED_REFERENCES)


@pytest.mark.django_db(transaction=True)
def test_it_runs_beside_open_transactions_of_others(world: World) -> None:
    """One snapshot of its own, read only: it holds no lock that anybody would wait for."""
    result = reconcile()

    assert result.companies == Company.objects.count()
    assert result.findings == ()
