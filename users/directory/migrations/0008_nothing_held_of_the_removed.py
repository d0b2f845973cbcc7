"""What was held of people who have been removed since is void, as it is at once from now on (R22)."""

from django.db import migrations

VOID = """
    UPDATE directory_heldchange AS held SET decided_at = statement_timestamp()
    FROM directory_entry AS entry
    JOIN users_user AS person ON person.partner_id = entry.partner_id AND person.id = entry.user_id
    WHERE entry.partner_id = held.partner_id AND entry.id = held.entry_id
        AND held.decided_at IS NULL AND person.status = 'removed';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0007_outcomes_of_few"),
        ("users", "0009_removed_by_email"),
    ]

    operations = [migrations.RunSQL(VOID, migrations.RunSQL.noop)]
