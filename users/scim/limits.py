"""How often may be asked, counted for all processes together: a bucket that fills again is one moment in a row.

The moment is when the bucket will be full: the generic cell rate algorithm, in one statement. It is kept in the
table of Django's database cache, which throws it away when it has passed.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from companies.partners.scope import sign_in_scope

_TAKE = """
    INSERT INTO portal_cache AS bucket (cache_key, value, expires)
    VALUES (%(key)s, '', clock_timestamp() + %(cost)s * interval '1 second')
    ON CONFLICT (cache_key) DO UPDATE
        SET expires = greatest(bucket.expires, clock_timestamp()) + %(cost)s * interval '1 second'
        WHERE greatest(bucket.expires, clock_timestamp()) + (%(cost)s - %(room)s) * interval '1 second'
            <= clock_timestamp()
    RETURNING 1
"""
_WAIT = "SELECT extract(epoch FROM expires - clock_timestamp()) FROM portal_cache WHERE cache_key = %s"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a second for long, and `burst` at once."""

    name: str
    a_second: float
    burst: int


REQUESTS = Limit("requests", settings.SCIM_REQUESTS_PER_SECOND, settings.SCIM_BURST)
_OPERATIONS = settings.SCIM_BULK_OPERATIONS_PER_SECOND
OPERATIONS = Limit("operations", _OPERATIONS, 10 * _OPERATIONS)
WRONG_TOKENS = Limit("wrong-tokens", 1 / 6, 30)
"""For each network address; a right token is never refused for the wrong ones of its neighbours."""


def seconds_to_wait(limit: Limit, whom: object, count: int = 1) -> float:
    """Take `count` out of the bucket of `whom`: 0 where it held as many, or how long until it will; then none is taken.

    More than fit at once are never to be had. Opens a scope of its own, which waits for nobody.
    """
    key = f"scim:{limit.name}:{whom}"
    cost, room = count / limit.a_second, limit.burst / limit.a_second
    with sign_in_scope(), connection.cursor() as cursor:
        # What a crash forgets here is a moment of counting: not worth a wait for the disk.
        cursor.execute("SELECT set_config('synchronous_commit', 'off', true)")
        cursor.execute(_TAKE, {"key": key, "cost": cost, "room": room})
        if cursor.fetchone():
            return 0
        cursor.execute(_WAIT, [key])
        row = cursor.fetchone()
        return max(float(row[0] if row else 0) + cost - room, 0.001)
