"""What the database itself must have, or the promises of docs/rules.md hang on Python alone.

The migrations make these; `reconcile` looks that they are there and switched on.
"""

from typing import NamedTuple


class Trigger(NamedTuple):
    table: str
    name: str
    function: str


REQUIRED_TRIGGERS: tuple[Trigger, ...] = (
    # R3: the counters are counted, and by nobody else.
    Trigger("users_user", "user_count_insert", "licensing_count_insert"),
    Trigger("users_user", "user_count_update", "licensing_count_update"),
    Trigger("users_user", "user_count_delete", "licensing_count_delete"),
    Trigger("users_user", "user_is_never_truncated", "licensing_refuse_change"),
    Trigger("companies_company", "company_counters_are_counted", "licensing_refuse_counting"),
    Trigger("companies_company", "company_counters_begin_at_zero", "licensing_refuse_counting"),
    # R3, R16: no change of seats or tier without its ledger entry.
    Trigger("companies_company", "company_agrees_with_ledger", "licensing_ledger_agrees"),
    Trigger("licensing_ledgerentry", "ledger_agrees_with_company", "licensing_ledger_agrees"),
    # R16, R17: what was written stays as it is.
    Trigger("licensing_ledgerentry", "ledger_is_append_only", "licensing_refuse_change"),
    Trigger("users_statuschange", "status_history_is_append_only", "licensing_refuse_change"),
    Trigger("audit_auditevent", "audit_is_append_only", "licensing_refuse_change"),
    # … but for old network addresses, which are forgotten.
    Trigger("audit_auditevent", "audit_forgets_old_addresses_only", "audit_refuse_change"),
    # R15: a partner's terms are kept as they were, and written by nobody else.
    Trigger("partners_partner", "partner_terms_are_kept", "partners_keep_terms"),
    Trigger("partners_terms", "terms_are_append_only", "licensing_refuse_change"),
    Trigger("partners_terms", "terms_are_kept_by_the_database", "partners_refuse_terms"),
)

REQUIRED_REFERENCES: tuple[str, ...] = (
    "company_primary_user_is_active",
    "company_primary_user_same_partner",
    "user_company_same_partner",
    "user_connector_same_company",
    "connector_company_same_partner",
    "connector_needs_advanced",
    "policy_company_same_partner",
    "policy_needs_advanced",
    "ledger_company_same_partner",
    "ledger_connector_same_company",
    "ledger_begins_where_the_last_ended",
    "bulk_account_same_partner",
    "bulk_line_bulk_same_partner",
    "bulk_line_company_same_partner",
    "import_account_same_partner",
    "import_company_same_partner",
    "import_row_run_same_partner",
    "status_change_company_same_partner",
    "status_change_user_same_partner",
    "status_change_connector_same_company",
    "entry_connector_same_company",
    "entry_company_same_partner",
    "entry_user_same_partner",
    "group_connector_same_company",
    "group_company_same_partner",
    "run_connector_same_company",
    "run_company_same_partner",
    "held_connector_same_company",
    "held_company_same_partner",
    "held_entry_same_partner",
    "outcome_company_same_partner",
    "outcome_run_same_partner",
    "outcome_entry_same_partner",
    "assignment_account_same_partner",
    "sent_form_account_same_partner",
    "assignment_company_same_partner",
    "invited_company_company_same_partner",
    "invited_company_invitation_same_partner",
    "audit_company_same_partner",
    "audit_connector_same_partner",
)
"""Foreign keys that migrations add as SQL; the constraints of the models are read from the models."""

GUARDED_APPS: tuple[str, ...] = (
    "partners",
    "companies",
    "policies",
    "audit",
    "licensing",
    "users",
    "directory",
    "accounts",
)
"""The apps whose models' own constraints must be in the database, by label."""
