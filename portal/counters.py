"""The cache that counts attempts: in the database, for all processes together, on a connection of its own.

A request is one transaction, and an answer of 500 or more takes it back (companies/partners/middleware.py). What was
counted must stay: else whatever crashes would be a way around the limits. And whoever counts must not hold the row of
the counter until the answer is made: all others of the same network address would wait that long. So each operation
here is a statement or two, committed at once, on the connection "counters"; it goes back to its pool right after.

As portal_app in no scope, which may read and write the cache's table, the queue, and nothing of anybody's
(companies/partners/migrations/0012).
"""

import base64
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils import timezone

ALIAS = "counters"
_CACHE = "django_cache"
"""What Django calls the app of its database cache."""

_ADD = """
    INSERT INTO {table} AS kept (cache_key, value, expires) VALUES (%s, %s, %s)
    ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires WHERE kept.expires < %s
    RETURNING 1
"""


class Router:
    """The cache's table is reached through ALIAS; nothing else is, and nothing is migrated through it."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == _CACHE else None

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == _CACHE else None

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        return False if db == ALIAS else None


class Counters(DatabaseCache):
    """Django's database cache, whose connection is held for one operation only, and whose `add` succeeds once."""

    # Django's own names, which its stubs leave out.
    _table: str
    cache_model_class: Any

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        with self._briefly():
            return super().get_many(*args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        with self._briefly():
            return super().has_key(*args, **kwargs)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Of any number at the same moment one is told True, also where a former one has expired.

        Django's own looks first and writes then: a code of an app could open twice.
        """
        seconds = self.get_backend_timeout(timeout)
        ends = datetime.max.replace(tzinfo=UTC) if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
        text = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode()
        with self._briefly() as alias, connections[alias].cursor() as cursor:
            statement = _ADD.format(table=connections[alias].ops.quote_name(self._table))
            key = self.make_and_validate_key(key, version=version)
            cursor.execute(statement, [key, text, ends, timezone.now()])
            return cursor.fetchone() is not None

    def clear(self) -> None:
        with self._briefly():
            super().clear()

    def _base_set(self, *args: Any, **kwargs: Any) -> bool:
        with self._briefly():
            return bool(super()._base_set(*args, **kwargs))  # type: ignore[misc]

    def _base_delete_many(self, *args: Any, **kwargs: Any) -> bool:
        with self._briefly():
            return bool(super()._base_delete_many(*args, **kwargs))  # type: ignore[misc]

    @contextmanager
    def _briefly(self) -> Iterator[str]:
        """The connection's name; back to its pool when done. In tests it is the test's own, which stays."""
        alias = router.db_for_write(self.cache_model_class)
        try:
            yield alias
        finally:
            if alias == ALIAS:
                connections[alias].close()
