"""Where scim2_server finds and puts the resources of one connector: users/directory/sync.py, and PostgreSQL (R6, R20).

Each operation is a short transaction of its own in the partner's scope, one of a Bulk request too (R23).
"""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from django.db.models import F, QuerySet
from django.db.models.functions import Now
from scim2_models import (
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)
from scim2_server.storage import ScimStorage, SearchPage

from companies.partners.scope import partner_scope
from licensing.errors import ConnectorPaused, EntryGone, InvalidPerson, Refusal
from licensing.locks import briefly, locked
from users.directory import sync
from users.directory.models import Connector, Entry, Group
from users.directory.runs import note_refused
from users.directory.standing import standing_of
from users.scim.errors import in_scim_words
from users.scim.pages import tells_members
from users.scim.searching import search
from users.scim.translation import claim_of, fields_of_group, group_of, user_of
from users.scim.versions import version_of

_PASSING = ("busy", "connector_paused", "entry_changed", "connector_gone", "company_closed", "entry_gone")
"""Refusals that say nothing of the person."""


class ConnectorStorage(ScimStorage):
    """The people and groups of one connector.

    `writes` says whether what is read is read to be changed; `tells`, whether the client will see it: the answer to a
    Bulk request says of each operation no more than its status. A person is changed on the condition that nobody did
    so since they were read, and the company is locked for that alone; with `locks` set, before they are read.
    """

    locks = False

    def __init__(self, connector: Connector, *, writes: bool = False, tells: bool = True) -> None:
        self.connector = connector
        self.writes = writes
        self.tells = tells
        self._held: ExitStack | None = None
        self._named = ""
        self._read: Entry | None = None

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One transaction, in the partner's scope. Who was refused is written down in another one."""
        self._named, self._read = "", None
        try:
            with in_scim_words(), partner_scope(self.connector.partner_id), ExitStack() as self._held:
                yield
        except SCIMException as error:
            self._note_refused(error.__cause__)
            raise
        finally:
            self._held = None

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        if resource_type.name == "Group":
            tells = self.writes or tells_members(response_parameters)
            return group_of(self._group(resource_id, lock=self.writes, reads_members=tells), tells_members=tells)
        if self.locks:
            self._lock()
        self._read = self._entry(resource_id)
        return self._told(self._read)

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        return search(self.connector, resource_types, search_request)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        if resource_type.name == "Group":
            self._refuse_while_paused()
            fields = fields_of_group(resource)
            connector = self.connector
            own = {"partner_id": connector.partner_id, "company_id": connector.company_id, "connector": connector}
            group = Group.objects.create(**own, **fields)
            return group_of(self._group(str(group.scim_id)))
        claim = claim_of(resource)
        self._named = claim.user_name
        with in_scim_words():
            entry = sync.bring(self.connector, claim)
        return self._told(entry)

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        expected = version_of(expected_version)
        if resource_type.name == "Group":
            return self._update_group(resource, expected)
        entry = self._as_read(cast(str, resource.id))
        claim = claim_of(resource, now=entry)
        self._named = claim.user_name
        with in_scim_words():
            entry = sync.change(entry, claim, expected=expected)
        return self._told(entry)

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        expected = version_of(expected_version)
        if resource_type.name == "Group":
            self._refuse_while_paused()
            group = self._group(resource_id)
            _same_version(group, expected)
            group.delete()
            return
        entry = self._as_read(resource_id)
        self._named = entry.user_name
        with in_scim_words():
            sync.delete(entry, expected=expected)

    def _update_group(self, resource: Resource[Any], expected: int | None) -> Resource[Any]:
        self._refuse_while_paused()
        group = self._group(cast(str, resource.id))
        _same_version(group, expected)
        rows = Group.objects.of_connector(self.connector).filter(pk=group.pk, version=group.version)
        if not rows.update(**fields_of_group(resource), version=F("version") + 1, modified_at=Now()):
            raise PreconditionFailedException
        return group_of(self._group(str(group.scim_id)))

    def _entry(self, resource_id: str) -> Entry:
        entry = _one(Entry.objects.of_connector(self.connector).select_related("user"), resource_id)
        entry.connector = self.connector
        return entry

    def _as_read(self, resource_id: str) -> Entry:
        """As this operation has read it already: whether it changed since, the rules ask under the company's lock."""
        if self._held is None or self._read is None or str(self._read.scim_id) != resource_id:
            self._read = self._entry(resource_id)
        return self._read

    def _group(self, resource_id: str, *, lock: bool = False, reads_members: bool = True) -> Group:
        """With its own row locked, and nothing else: a group changes nothing of the company's."""
        groups = Group.objects.of_connector(self.connector)
        if not reads_members:
            groups = groups.defer("members")
        if lock and self._held is not None:
            self._held.enter_context(briefly())
            groups = groups.select_for_update(of=("self",), no_key=True)
        return _one(groups, resource_id)

    def _told(self, entry: Entry) -> Resource[Any]:
        return user_of(entry, standing_of(self.connector, [entry])[entry.pk] if self.tells else None)

    def _lock(self) -> None:
        """The company first, as the rules do: what is read is what will be changed, and no two wait for each other."""
        if self._held is not None:
            with in_scim_words():
                self._held.enter_context(locked(self.connector.company))

    def _refuse_while_paused(self) -> None:
        if self.connector.paused_at is not None:
            with in_scim_words():
                raise ConnectorPaused(connector_id=self.connector.pk)

    def _note_refused(self, reason: BaseException | None) -> None:
        if isinstance(reason, Refusal) and self._named and reason.code not in _PASSING:
            with partner_scope(self.connector.partner_id):
                note_refused(self.connector, named=self._named, code=_code_of(reason), entry=self._read)


def _code_of(refusal: Refusal) -> str:
    if isinstance(refusal, InvalidPerson):
        return next(iter(refusal.errors.values()), refusal.code)
    return refusal.code


def _same_version(group: Group, expected: int | None) -> None:
    if expected is not None and group.version != expected:
        raise PreconditionFailedException


def _one[Row: (Entry, Group)](rows: QuerySet[Row], resource_id: str) -> Row:
    """Raises NotFoundException for an id that is another connector's, another partner's, or none (R23)."""
    try:
        scim_id = uuid.UUID(resource_id)
    except (ValueError, AttributeError, TypeError):
        scim_id = None
    row = rows.filter(scim_id=scim_id).first() if scim_id is not None and str(scim_id) == resource_id else None
    if row is None:
        raise NotFoundException(detail="There is no such resource") from EntryGone(scim_id=str(resource_id))
    return row
