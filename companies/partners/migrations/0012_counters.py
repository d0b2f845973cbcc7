"""What portal_app does outside every scope: it counts attempts (portal/counters.py), and looks whether all migrations
were applied (`manage.py procrastinate healthchecks`)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0011_visits_are_supports")]

    operations = [
        migrations.RunSQL(
            """
            GRANT SELECT, INSERT, UPDATE, DELETE ON portal_cache TO portal_app;
            GRANT SELECT ON django_migrations TO portal_app;
            """,
            """
            REVOKE ALL ON portal_cache FROM portal_app;
            REVOKE SELECT ON django_migrations FROM portal_app;
            """,
        ),
    ]
