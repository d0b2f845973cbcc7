"""Tell the portal the differences, some at a time, and remember each answer before the next are sent."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portal_agent.errors import PortalError
from portal_agent.knowing import known_as, known_from
from portal_agent.people import to_scim
from portal_agent.plan import Change, Kind, Problem, difference
from portal_agent.scim import Answer, Operation, PortalClient
from portal_agent.state import Known, State

type Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Learnt:
    """What the answers to one request taught."""

    known: list[Known] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    again: list[Change] = field(default_factory=list)


class Sender:
    """`sent` counts what the portal took, `refused` names whom it did not take."""

    def __init__(self, portal: PortalClient, state: State, *, stopping: Callable[[], bool], progress: Progress) -> None:
        self.portal = portal
        self.state = state
        self.stopping = stopping
        self.progress = progress
        self.sent = dict.fromkeys(Kind, 0)
        self.refused: list[Problem] = []

    def send(self, changes: list[Change]) -> bool:
        """Whether all were sent; not all are when the agent is told to stop. Raises PortalError when the portal does
        not answer: those sent by then are remembered."""
        again: list[Change] = []
        done = 0
        for chunk in self._chunks(changes):
            if self.stopping():
                return False
            again += self._send(chunk)
            done += len(chunk)
            self.progress(done, len(changes))
        # What turned out to be otherwise at the portal than remembered; once, so that nothing goes round.
        for chunk in self._chunks(again):
            if self.stopping():
                return False
            self._send(chunk)
        return True

    def _chunks(self, changes: list[Change]) -> Iterator[list[Change]]:
        """As many at a time as the portal takes, by number and by size."""
        if not changes:
            return
        limits = self.portal.limits()
        chunk: list[Change] = []
        size = 0
        for change in changes:
            weight = len(json.dumps(_operation(change).body())) + 2
            if chunk and (len(chunk) == limits.operations or size + weight > limits.payload - 200):
                yield chunk
                chunk, size = [], 0
            chunk.append(change)
            size += weight
        yield chunk

    def _send(self, chunk: list[Change]) -> list[Change]:
        """One request. Until its answers are remembered, those in it are noted as under way. Returns what has to be
        sent after all."""
        self.state.begin(change.guid for change in chunk)
        answers = self.portal.answers(map(_operation, chunk))
        learnt = _Learnt()
        for change in chunk:
            self._learn(change, answers[change.guid], learnt)
        unsure = {guid for guid, answer in answers.items() if answer.passing}
        self.state.finish(learnt=learnt.known, forgotten=learnt.forgotten, done=answers.keys() - unsure)
        if unsure:
            raise PortalError(f"The portal did not take {len(unsure)} changes; they will be sent again.")
        return learnt.again

    def _learn(self, change: Change, answer: Answer, learnt: _Learnt) -> None:
        if answer.passing:
            return
        if change.kind == Kind.DELETE:
            gone = answer.status < 300 or answer.status == 404
            learnt.forgotten += [change.guid] if gone else []
        elif answer.status == 404 and change.known is not None:
            gone = self._lost(change, learnt)
        elif answer.status == 409 and change.known is None:
            gone = self._found(change, learnt)
        else:
            gone = answer.status < 300
            if gone:
                learnt.known.append(self._taken(change, answer))
        if gone:
            self.sent[change.kind] += 1
        else:
            text = f"was refused by the portal: {answer.detail or answer.status}"
            self.refused.append(Problem(change.guid, change.name, text, left_out=True))

    def _taken(self, change: Change, answer: Answer) -> Known:
        assert change.person is not None  # noqa: S101 - only a deleted one is missing, and those are not remembered
        scim_id = change.known.scim_id if change.known is not None else answer.scim_id
        if not scim_id and (resource := self.portal.by_external_id(change.guid)) is not None:
            scim_id = str(resource["id"])
        return known_as(change.person, scim_id)

    def _lost(self, change: Change, learnt: _Learnt) -> bool:
        """The portal has lost them: they are new to it, unless they are leaving anyway."""
        learnt.forgotten.append(change.guid)
        if change.person is not None and not change.person.left:
            learnt.again.append(Change(Kind.ADD, change.guid, person=change.person))
        return True

    def _found(self, change: Change, learnt: _Learnt) -> bool:
        """Is it our own that the portal has already, from an answer that got lost?"""
        resource = self.portal.by_external_id(change.guid)
        if resource is None or change.person is None:
            return False
        known = known_from(resource)
        learnt.known.append(known)
        if (rest := difference(change.person, known)) is not None:
            learnt.again.append(rest)
        return True


def _operation(change: Change) -> Operation:
    path = f"/Users/{change.known.scim_id}" if change.known is not None else "/Users"
    if change.person is None:
        return Operation(change.guid, "DELETE", path)
    return Operation(change.guid, "POST" if change.known is None else "PUT", path, to_scim(change.person))
