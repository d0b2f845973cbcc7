"""Bulk requests take long: how many run at once, so that the portal answers meanwhile (RFC 7644, 3.7).

Each holds a thread of the web server until its last operation is done. So a process lets in fewer than it has threads,
and of one connector one at a time, whichever process it asks: that one holds an entry in the cache, which ends by
itself soon after a process that was killed. Whoever is not let in is told when to come again.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.core.cache import cache
from scim2_models import BulkOperation, PreconditionFailedException, Resource, ResourceType
from scim2_server.bulk import BulkPlan, BulkStep
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from licensing.errors import ConnectorPaused, EntryChanged
from users.directory.models import Connector
from users.scim.errors import TooManyRequests, in_scim_words
from users.scim.service import PortalService
from users.scim.storage import ConnectorStorage

LEASE_SECONDS = 30
_RENEW_AFTER = LEASE_SECONDS / 3
_COME_AGAIN = 10

_room = BoundedSemaphore(settings.SCIM_BULKS_AT_ONCE)


class Handler(ScimHandler):
    """Runs a connector's requests; a Bulk request of a paused one is refused whole, and so comes again whole."""

    def __init__(self, service: PortalService, storage: ConnectorStorage) -> None:
        super().__init__(service, storage)
        self.storage: ConnectorStorage = storage
        self.connector = storage.connector
        self._lease: _Lease | None = None

    def replace(self, request: ScimRequest) -> ScimResponse:
        return self._again(lambda: super(Handler, self).replace(request))

    def patch(self, request: ScimRequest) -> ScimResponse:
        return self._again(lambda: super(Handler, self).patch(request))

    def delete(self, request: ScimRequest) -> ScimResponse:
        return self._again(lambda: super(Handler, self).delete(request))

    def apply_bulk_operation(
        self, resource_type: ResourceType, operation: BulkOperation[Resource[Any]]
    ) -> Resource[Any] | None:
        return self._again(lambda: super(Handler, self).apply_bulk_operation(resource_type, operation))

    def _again[Answer](self, ask: Callable[[], Answer]) -> Answer:
        """Where somebody changed the person while this was worked out: once more, and nobody can meanwhile.

        Whoever sent an ETag is told then that it is not the present one.
        """
        try:
            return ask()
        except PreconditionFailedException as error:
            if not isinstance(error.__cause__, EntryChanged):
                raise
        self.storage.locks = True
        try:
            return ask()
        finally:
            self.storage.locks = False

    def bulk(self, request: ScimRequest) -> ScimResponse:
        if self.connector.paused_at is not None:
            with in_scim_words():
                raise ConnectorPaused(connector_id=self.connector.pk)
        with _admitted(self.connector) as self._lease:
            return super().bulk(request)

    def run_bulk_step(
        self, request: ScimRequest, plan: BulkPlan, step: BulkStep
    ) -> tuple[dict[str, Any], Resource[Any] | None]:
        if self._lease is not None:
            self._lease.renew()
        return super().run_bulk_step(request, plan, step)


@contextmanager
def _admitted(connector: Connector) -> Iterator["_Lease"]:
    """Raises TooManyRequests where the connector has one running already, or this process as many as it takes."""
    if not _room.acquire(blocking=False):
        raise TooManyRequests(detail="Too many Bulk requests at once", retry_after=_COME_AGAIN)
    try:
        lease = _Lease(connector)
        try:
            yield lease
        finally:
            lease.end()
    finally:
        _room.release()


class _Lease:
    """What says that a Bulk request of the connector runs. Raises TooManyRequests where another one does."""

    def __init__(self, connector: Connector) -> None:
        self._key = f"scim:bulk:{connector.pk}"
        self._mine = uuid.uuid4().hex
        self._renewed_at = time.monotonic()
        if not cache.add(self._key, self._mine, LEASE_SECONDS):
            raise TooManyRequests(detail="Another Bulk request of this connector runs", retry_after=_COME_AGAIN)

    def renew(self) -> None:
        if time.monotonic() - self._renewed_at > _RENEW_AFTER and self._is_mine():
            self._renewed_at = time.monotonic()
            cache.touch(self._key, LEASE_SECONDS)

    def end(self) -> None:
        if self._is_mine():
            cache.delete(self._key)

    def _is_mine(self) -> bool:
        return bool(cache.get(self._key) == self._mine)
