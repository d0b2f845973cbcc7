"""The table of Django's DatabaseCache, where attempts to sign in are counted for all processes.

Made here rather than by `createcachetable`, so that `migrate` is all that a new database needs.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            create table portal_cache (
                cache_key varchar(255) not null primary key, value text not null, expires timestamptz not null
            );
            create index portal_cache_expires on portal_cache (expires);
            """,
            "drop table portal_cache",
        ),
    ]
