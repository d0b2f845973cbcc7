"""Tell the portal of groups: who came into each and who left it, some at a time, each answer remembered at once."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from portal_agent.errors import PortalError
from portal_agent.memberships import GroupChange, Memberships, ToldGroup
from portal_agent.people import Body
from portal_agent.plan import Problem
from portal_agent.scim import Answer, Operation, PortalClient

type Progress = Callable[[int, int], None]

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

# Every step has the portal read and write the whole group; so many people in and out are one step.
_MOST_ADDED = 5_000
_MOST_REMOVED = 500
# People in all groups of one request, so that its answer does not take minutes.
_MOST_TOGETHER = 10_000

log = logging.getLogger(__name__)


class GroupSender:
    """`sent` counts the groups of which the portal took something, by what it was; `refused` names those of which it
    did not take everything."""

    def __init__(
        self, portal: PortalClient, groups: Memberships, *, stopping: Callable[[], bool], progress: Progress
    ) -> None:
        self.portal = portal
        self.groups = groups
        self.stopping = stopping
        self.progress = progress
        self.refused: list[Problem] = []
        self._sent: dict[str, str] = {}
        self._again: set[str] = set()
        self._given_up: set[str] = set()

    @property
    def sent(self) -> dict[str, int]:
        return _counted(self._sent.values())

    def send(self, guids: list[str], *, whole: bool) -> bool:
        """Whether the portal was told of all of these; it is not when the agent is told to stop. Raises PortalError
        when it does not answer: what it took by then is remembered."""
        todo, failures = guids, 0
        while todo:
            try:
                for chunk in self._chunks(todo, whole=whole):
                    if self.stopping():
                        return False
                    self._send(chunk)
                    failures = 0
            except PortalError as error:
                failures += 1
                if not error.passing or failures >= self.portal.config.attempts or self.stopping():
                    raise
                log.warning("%s Trying again (%d).", error, failures)
                self.portal.pause(failures)
                recover_groups(self.portal, self.groups)
            left = (guid for guid in todo if guid not in self._given_up)
            todo = [guid for guid in left if self._next(guid, whole=whole) is not None]
            self.progress(len(guids) - len(todo), len(guids))
        return True

    def _next(self, guid: str, *, whole: bool) -> GroupChange | None:
        return self.groups.next_change(guid, whole=whole, added=_MOST_ADDED, removed=_MOST_REMOVED)

    def _chunks(self, guids: list[str], *, whole: bool) -> Iterator[list[GroupChange]]:
        """One step of each group, as many at a time as the portal takes, by number, by size and by its work."""
        limits = self.portal.limits()
        chunk: list[GroupChange] = []
        size = people = 0
        for guid in guids:
            change = self._next(guid, whole=whole)
            if change is None:
                continue
            weight = len(json.dumps(_operation(change).body())) + 2
            is_full = len(chunk) == limits.operations or size + weight > limits.payload - 200
            if chunk and (is_full or people + change.size > _MOST_TOGETHER):
                yield chunk
                chunk, size, people = [], 0, 0
            chunk.append(change)
            size += weight
            people += change.size
        if chunk:
            yield chunk

    def _send(self, chunk: list[GroupChange]) -> None:
        self.groups.begin(change.guid for change in chunk)
        operations = [_operation(change) for change in chunk]
        if any(change.told is None for change in chunk):
            # A second POST would make a second group: the portal is asked for them instead (recover_groups).
            missing = {operation.key: Answer(503) for operation in operations}
            answers = missing | self.portal.bulk(operations, once=True)
        else:
            answers = self.portal.answers(operations)
        taken: list[tuple[GroupChange, str]] = []
        forgotten: list[str] = []
        for change in chunk:
            answer = answers[change.guid]
            if answer.status < 300:
                self._count(change)
                if change.gone:
                    forgotten.append(change.guid)
                else:
                    taken.append((change, self._scim_id(change, answer)))
            elif answer.status == 404 and change.told is not None and change.guid not in self._again:
                # The portal has lost it: it is new to it, unless it goes anyway.
                self._again.add(change.guid)
                forgotten.append(change.guid)
            elif not answer.passing:
                self._refuse(change, str(answer.detail or answer.status))
        unsure = {guid for guid, answer in answers.items() if answer.passing}
        self.groups.finish(taken, forgotten=forgotten, done=answers.keys() - unsure)
        if unsure:
            raise PortalError(f"The portal did not take {len(unsure)} changes of groups.", passing=True)

    def _refuse(self, change: GroupChange, text: str) -> None:
        """What else there is to tell of the group is told without that."""
        if not self.groups.refuse(change, text):
            self._given_up.add(change.guid)
        if all(problem.guid != change.guid for problem in self.refused):
            self.refused.append(_problem(change.guid, change.name, text))

    def _count(self, change: GroupChange) -> None:
        if self._sent.get(change.guid) != "added":
            self._sent[change.guid] = _word(change)

    def _scim_id(self, change: GroupChange, answer: Answer) -> str:
        if change.told is not None:
            return change.told.scim_id
        if answer.scim_id:
            return answer.scim_id
        resource = self.portal.by_external_id(change.guid, "Groups")
        if resource is None:
            raise PortalError(f"The portal took the group {change.name} and does not have it.")
        return str(resource["id"])


def refused_before(groups: Memberships, *, now: Iterable[Problem]) -> list[Problem]:
    """Of which groups the portal still does not take everything, but for those told of `now`: it was not asked again,
    for nothing is different."""
    told = {problem.guid for problem in now}
    return [_problem(one.guid, one.name, one.text) for one in groups.refusals.all() if one.guid not in told]


def foreseen(groups: Memberships, *, whole: bool) -> dict[str, int]:
    """What would be sent of groups, counted; nothing is."""
    changes = [groups.next_change(guid, whole=whole, added=1, removed=1) for guid in groups.differing(whole=whole)]
    return _counted(_word(change) for change in changes if change is not None)


def _problem(guid: str, name: str, text: str) -> Problem:
    return Problem(guid, f"Group {name}", f"was refused by the portal: {text}", left_out=True)


def _word(change: GroupChange) -> str:
    return "removed" if change.gone else "added" if change.told is None else "changed"


def _counted(words: Iterable[str]) -> dict[str, int]:
    count = Counter(words)
    return {word: count[word] for word in ("added", "changed", "removed")}


def recover_groups(portal: PortalClient, groups: Memberships) -> None:
    """Of groups whose answer was lost, know what the portal knows."""
    for guid in groups.under_way():
        resource = portal.by_external_id(guid, "Groups")
        if resource is None:
            groups.finish([], forgotten=[guid], done=[guid])
        else:
            groups.learn(*group_from(resource))


def rebuild_groups(portal: PortalClient, groups: Memberships) -> int:
    """Know exactly the portal's groups, one after another: the members of all need not be held at once. Returns how
    many of them are not from this agent."""
    groups.clear()
    foreign = 0
    for resource in portal.groups():
        if resource.get("externalId"):
            groups.learn(*group_from(portal.group(str(resource["id"]))))
        else:
            foreign += 1
    return foreign


def group_from(resource: Body) -> tuple[ToldGroup, list[str]]:
    """A group, and its members, as the portal shows it."""
    told = ToldGroup(str(resource["externalId"]), str(resource["id"]), str(resource.get("displayName") or ""))
    return told, [str(member.get("value")) for member in resource.get("members") or []]


def _operation(change: GroupChange) -> Operation:
    """What is said of the group. Adding who is in it already and removing who is not are no mistakes, so all of it may
    be sent twice."""
    if change.told is None:
        body: Body = {"schemas": [GROUP], "externalId": change.guid, "displayName": change.name}
        return Operation(change.guid, "POST", "/Groups", body | {"members": _members(change.added)})
    path = f"/Groups/{change.told.scim_id}"
    if change.gone:
        return Operation(change.guid, "DELETE", path)
    lines: list[Body] = []
    if change.name != change.told.name:
        lines.append({"op": "replace", "path": "displayName", "value": change.name})
    if change.added:
        lines.append({"op": "add", "path": "members", "value": _members(change.added)})
    lines += [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in change.removed]
    return Operation(change.guid, "PATCH", path, {"schemas": [_PATCH], "Operations": lines})


def _members(ids: tuple[str, ...]) -> list[Body]:
    return [{"value": one} for one in ids]
