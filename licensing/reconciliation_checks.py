"""What `reconcile` asks the database: each check is one query over all rows, which finds what disagrees.

The first column of each is the company, or the partner; the others fill in `says`. Nothing that triggers or generated
columns keep is taken for granted: it is worked out again from the rows themselves.
"""

from typing import NamedTuple


class Check(NamedTuple):
    """A query whose every row is a disagreement."""

    code: str
    says: str
    sql: str


_TENANT_TABLES = (
    "users_user",
    "directory_connector",
    "policies_policy",
    "licensing_ledgerentry",
    "users_statuschange",
    "audit_auditevent",
)

CHECKS: tuple[Check, ...] = (
    Check(  # R3
        "seats_used",
        "company {company}: seats_used is {written}, {counted} users hold a seat",
        """
        SELECT company.id AS company, company.seats_used AS written, coalesce(holders.counted, 0) AS counted
        FROM companies_company AS company
        LEFT JOIN (
            SELECT company_id, count(*) AS counted FROM users_user
            WHERE status IN ('active', 'disabled') GROUP BY company_id
        ) AS holders ON holders.company_id = company.id
        WHERE company.seats_used <> coalesce(holders.counted, 0)
        """,
    ),
    Check(  # R3
        "users_pending",
        "company {company}: users_pending is {written}, {counted} users wait",
        """
        SELECT company.id AS company, company.users_pending AS written, coalesce(waiting.counted, 0) AS counted
        FROM companies_company AS company
        LEFT JOIN (
            SELECT company_id, count(*) AS counted FROM users_user WHERE status = 'pending' GROUP BY company_id
        ) AS waiting ON waiting.company_id = company.id
        WHERE company.users_pending <> coalesce(waiting.counted, 0)
        """,
    ),
    Check(  # R3
        "over_the_pool",
        "company {company}: {counted} users hold one of {seats} seats",
        """
        SELECT company.id AS company, company.seats AS seats, count(*) AS counted
        FROM companies_company AS company JOIN users_user AS member ON member.company_id = company.id
        WHERE member.status IN ('active', 'disabled')
        GROUP BY company.id HAVING count(*) > company.seats
        """,
    ),
    Check(  # R1, R19
        "open_without_pool",
        "company {company}: open with {seats} seats",
        "SELECT id AS company, seats FROM companies_company WHERE closed_at IS NULL AND seats < 1",
    ),
    Check(  # R19
        "closed_with_people",
        "company {company}: closed, and still has {people} users and {connectors} connectors",
        """
        SELECT company.id AS company, people.counted AS people, existing.counted AS connectors
        FROM companies_company AS company,
        LATERAL (
            SELECT count(*) AS counted FROM users_user WHERE company_id = company.id
            AND partner_id = company.partner_id AND status <> 'removed'
        ) AS people,
        LATERAL (
            SELECT count(*) AS counted FROM directory_connector WHERE company_id = company.id
            AND partner_id = company.partner_id AND removed_at IS NULL
        ) AS existing
        WHERE company.closed_at IS NOT NULL AND (people.counted > 0 OR existing.counted > 0)
        """,
    ),
    Check(  # R16
        "ledger_numbering",
        "company {company}: ledger entry {number} stands in place {place}",
        """
        SELECT company_id AS company, number, place FROM (
            SELECT company_id, number, row_number() OVER (PARTITION BY company_id ORDER BY number, id) AS place
            FROM licensing_ledgerentry
        ) AS entry WHERE number <> place
        """,
    ),
    Check(  # R16
        "ledger_chain",
        "company {company}: ledger entry {number} goes from {seats_from} seats on {tier_from}, "
        "the one before ended with {seats_before} on {tier_before}",
        """
        SELECT company_id AS company, number, seats_from, tier_from, seats_before, tier_before FROM (
            SELECT company_id, number, seats_from, tier_from,
                coalesce(lag(seats_to) OVER chain, 0) AS seats_before, lag(tier_to) OVER chain AS tier_before
            FROM licensing_ledgerentry WINDOW chain AS (PARTITION BY company_id ORDER BY number, id)
        ) AS entry WHERE (seats_from, tier_from) IS DISTINCT FROM (seats_before, tier_before)
        """,
    ),
    Check(  # R16
        "ledger_time",
        "company {company}: ledger entry {number} is older than the one before",
        """
        SELECT company_id AS company, number FROM (
            SELECT company_id, number, at, lag(at) OVER (PARTITION BY company_id ORDER BY number, id) AS before
            FROM licensing_ledgerentry
        ) AS entry WHERE at < before
        """,
    ),
    Check(  # R16
        "ledger_end",
        "company {company}: has {seats} seats on {tier}, closed: {closed}; "
        "its ledger ends with {seats_to} on {tier_to}, closed: {ledger_closed}",
        """
        SELECT company.id AS company, company.seats, company.tier, company.closed_at IS NOT NULL AS closed,
            newest.seats_to, newest.tier_to, newest.kind = 'closed' AS ledger_closed
        FROM companies_company AS company
        LEFT JOIN (
            SELECT DISTINCT ON (company_id) company_id, seats_to, tier_to, kind
            FROM licensing_ledgerentry ORDER BY company_id, number DESC, id DESC
        ) AS newest ON newest.company_id = company.id
        WHERE (company.seats, company.tier, company.closed_at IS NOT NULL)
            IS DISTINCT FROM (newest.seats_to, newest.tier_to, newest.kind = 'closed')
        """,
    ),
    Check(  # R17
        "history_end",
        "company {company}: user {member} is {status}, the history says {newest}",
        """
        SELECT member.company_id AS company, member.id AS member, member.status, newest.to_status AS newest
        FROM users_user AS member
        LEFT JOIN (
            SELECT DISTINCT ON (partner_id, user_id) user_id, to_status
            FROM users_statuschange ORDER BY partner_id, user_id, id DESC
        ) AS newest ON newest.user_id = member.id
        WHERE member.status IS DISTINCT FROM newest.to_status
        """,
    ),
    Check(  # R17
        "history_chain",
        "company {company}: a status change of user {member} begins with {from_status}, it was {before}",
        """
        SELECT company_id AS company, user_id AS member, from_status, before FROM (
            SELECT company_id, user_id, from_status,
                coalesce(lag(to_status) OVER (PARTITION BY partner_id, user_id ORDER BY id), '') AS before
            FROM users_statuschange
        ) AS change WHERE from_status <> before
        """,
    ),
    Check(  # R18
        "primary_user",
        "company {company}: its primary user {member} is {status}, at company {at}",
        """
        SELECT company.id AS company, company.primary_user_id AS member, member.status, member.company_id AS at
        FROM companies_company AS company LEFT JOIN users_user AS member ON member.id = company.primary_user_id
        WHERE company.closed_at IS NULL
            AND (member.company_id, member.status) IS DISTINCT FROM (company.id, 'active')
        """,
    ),
    Check(  # R13, R14
        "policy_on_standard",
        "company {company}: the Advanced policy {key} is on, on {tier}",
        """
        SELECT company.id AS company, policy.key, company.tier
        FROM policies_policy AS policy JOIN companies_company AS company ON company.id = policy.company_id
        WHERE policy.is_on AND policy.key = ANY (%(advanced_keys)s) AND company.tier <> 'advanced'
        """,
    ),
    Check(  # R13, R14
        "connector_on_standard",
        "company {company}: connector {connector} exists on {tier}",
        """
        SELECT company.id AS company, connector.id AS connector, company.tier
        FROM directory_connector AS connector JOIN companies_company AS company ON company.id = connector.company_id
        WHERE connector.removed_at IS NULL AND company.tier <> 'advanced'
        """,
    ),
    Check(  # R7, R20
        "arrival",
        "company {company}: user {member} is {status} with place of arrival {arrival}, inactive there: {inactive}",
        """
        SELECT company_id AS company, id AS member, status, arrival, is_inactive_in_directory AS inactive
        FROM users_user
        WHERE (arrival IS NOT NULL) <> (status = 'pending' AND NOT is_inactive_in_directory)
        """,
    ),
    Check(  # R7
        "arrival_twice",
        "company {company}: {counted} users have place of arrival {arrival}",
        """
        SELECT company_id AS company, arrival, count(*) AS counted FROM users_user
        WHERE arrival IS NOT NULL GROUP BY company_id, arrival HAVING count(*) > 1
        """,
    ),
    Check(  # R7
        "arrival_not_drawn",
        "company {company}: user {member} has place of arrival {arrival}, the last one drawn is {last}",
        """
        SELECT company.id AS company, member.id AS member, member.arrival, company.last_arrival AS last
        FROM users_user AS member JOIN companies_company AS company ON company.id = member.company_id
        WHERE member.arrival > company.last_arrival
        """,
    ),
    Check(  # R9
        "email_twice",
        "company {company}: {counted} users have the e-mail of user {member}",
        """
        SELECT company_id AS company, min(id) AS member, count(*) AS counted FROM users_user
        WHERE status <> 'removed' AND email <> '' GROUP BY company_id, lower(email) HAVING count(*) > 1
        """,
    ),
    Check(  # R23
        "history_elsewhere",
        "company {company}: has a status change of user {member}, who is at company {at}",
        """
        SELECT change.company_id AS company, change.user_id AS member, member.company_id AS at
        FROM users_statuschange AS change LEFT JOIN users_user AS member ON member.id = change.user_id
        WHERE change.company_id IS DISTINCT FROM member.company_id
        """,
    ),
    Check(  # R15
        "terms_end",
        "partner {partner}: has {present}, the newest terms kept are {newest}",
        """
        SELECT partner.id AS partner,
            concat_ws(' ', partner.price_standard, partner.price_advanced, partner.currency, partner.time_zone)
                AS present,
            CASE WHEN newest.id IS NULL THEN 'none' ELSE
                concat_ws(' ', newest.price_standard, newest.price_advanced, newest.currency, newest.time_zone) END
                AS newest
        FROM partners_partner AS partner
        LEFT JOIN (
            SELECT DISTINCT ON (partner_id) * FROM partners_terms ORDER BY partner_id, since DESC
        ) AS newest ON newest.partner_id = partner.id
        WHERE (partner.price_standard, partner.price_advanced, partner.currency, partner.time_zone)
            IS DISTINCT FROM (newest.price_standard, newest.price_advanced, newest.currency, newest.time_zone)
        """,
    ),
    *(
        Check(  # R23
            f"partner_of_{table}",
            f"company {{company}}: row {{row}} of {table} is partner {{partner}}'s, the company is partner {{owner}}'s",
            f"""
            SELECT line.company_id AS company, line.id AS row, line.partner_id AS partner, company.partner_id AS owner
            FROM {table} AS line LEFT JOIN companies_company AS company ON company.id = line.company_id
            WHERE line.company_id IS NOT NULL AND line.partner_id IS DISTINCT FROM company.partner_id
            """,  # noqa: S608 - our own table names
        )
        for table in _TENANT_TABLES
    ),
)
