"""One pass: read the directory, compare, send the differences, remember what the portal answered."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portal_agent.config import Portal, Threshold
from portal_agent.directory import Changes, Directory, Group, Position
from portal_agent.errors import DirectoryError
from portal_agent.knowing import known_as, known_from
from portal_agent.plan import Kind, Plan, Problem, partial_plan, whole_plan
from portal_agent.roster import Roster
from portal_agent.safety import refuse_to_empty
from portal_agent.scim import PortalClient
from portal_agent.sending import Progress, Sender
from portal_agent.sending_groups import GroupSender, foreseen, rebuild_groups, recover_groups, refused_before
from portal_agent.state import Known, State

log = logging.getLogger(__name__)

# The state's own notes of how many of the portal's users and groups are not from this agent. The latter is missing
# until the portal was asked for its groups.
_FOREIGN = "foreign"
_FOREIGN_GROUPS = "foreign groups"


@dataclass(slots=True)
class Report:
    """What one pass did: whom the portal took, by kind; of how many groups it took something; whom and what it could
    not be told, by name; whether it got to the end (it does not when the agent is told to stop)."""

    sent: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    groups: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    finished: bool = True

    @property
    def left_out(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.left_out]


@dataclass(slots=True)
class Agent:
    """The two sides and the memory between them. `stopping` is asked between requests; `groups` are brought, or not."""

    directory: Directory
    portal: PortalClient
    state: State
    threshold: Threshold
    stopping: Callable[[], bool] = lambda: False
    progress: Progress = lambda done, of: None
    groups: bool = True

    def plan(self) -> Plan:
        """What a full pass would send now; nothing is sent."""
        self._recover()
        return self._reading(lambda: whole_plan(self.directory, self.state, groups=self.groups))

    def foreseen_groups(self, plan: Plan) -> dict[str, int]:
        """How many groups a full pass would add, change and remove. The memory, a copy, is then as if people were
        sent."""
        if plan.roster is None:
            return {}
        scim_ids = {change.guid: change.known.scim_id if change.known else change.guid for change in plan.changes}
        learnt = [known_as(change.person, scim_ids[change.guid]) for change in plan.changes if change.person]
        self.state.finish(learnt=learnt, forgotten=[one.guid for one in plan.changes if not one.person], done=[])
        return foreseen(self.state.groups, whole=plan.whole)

    def full_pass(self, *, accept: int | None = None) -> Report:
        """Compare everybody, and bring the portal up to date. Raises Stopped before anybody was changed (R22)."""
        # Before anybody is read, so that nothing that happens meanwhile is passed over.
        position = self._reading(self.directory.position)
        return self._carry_out(self.plan(), position, accept=accept)

    def changes_pass(self) -> Report | None:
        """Bring over what changed since the last pass; None if nothing did. Everybody is read again where a change
        cannot be told person by person: of a group, at another server, or while people are left out."""
        since, position = self.state.position, self._reading(self.directory.position)
        if since is None or since.server != position.server or position.number < since.number:
            return self.full_pass()
        if position.number == since.number:
            return None
        changes = self._reading(lambda: self.directory.changes(since))
        elsewhere = [guid for guid in sorted(changes.elsewhere) if self.state.get(guid) is not None]
        groups = self._reading(lambda: self._memberships(changes)) if self.groups else None
        is_group_gone = any(self.state.groups.get(guid) is not None for guid in changes.elsewhere)
        if not (changes.groups or is_group_gone or changes.people or elsewhere or groups):
            self.state.reached(position)
            return None
        # A deleted group may have been one of the scope: whom it brought is read only by reading everybody.
        if changes.groups or is_group_gone or self.state.leaves_out():
            return self.full_pass()
        self._recover()
        plan = self._reading(
            lambda: partial_plan(self.directory, self.state, people=changes.people, elsewhere=elsewhere, groups=groups)
        )
        return self._carry_out(plan, position)

    def _memberships(self, changes: Changes) -> list[tuple[Group, list[str]]]:
        """Of the groups outside of the scope that changed, those that concern the portal: it knows them, or people in
        them."""
        read = [(group, list(self.directory.members(group))) for group in changes.others]
        return [
            (group, guids)
            for group, guids in read
            if self.state.groups.get(group.guid) or any(self.state.get(guid) is not None for guid in guids)
        ]

    def _carry_out(self, plan: Plan, position: Position, *, accept: int | None = None) -> Report:
        refuse_to_empty(plan, self.threshold, accept=accept)
        report = Report(problems=list(plan.problems), whole=plan.whole)
        if plan.whole and plan.changes:
            # Were it kept and this pass cut short, the next one would look at later changes only.
            self.state.lose_position()
        sender = Sender(self.portal, self.state, stopping=self.stopping, progress=self.progress)
        report.finished = sender.send(plan.changes)
        report.sent = sender.sent
        report.problems += sender.refused
        left_out = [problem.guid for problem in report.left_out]
        if report.finished and plan.roster is not None:
            self._send_groups(plan.roster, report)
        if report.finished:
            self.state.reached(position, left_out=left_out, whole=plan.whole)
        return report

    def _send_groups(self, roster: Roster, report: Report) -> None:
        """Once the people are there: groups name them by the ids that the portal gave them."""
        if roster.whole:
            self.state.groups.refusals.review()
        differing = self.state.groups.differing(whole=roster.whole)
        if roster.whole and differing:
            self.state.lose_position()
        sender = GroupSender(self.portal, self.state.groups, stopping=self.stopping, progress=self.progress)
        report.finished = sender.send(differing, whole=roster.whole)
        report.groups = sender.sent
        report.problems += sender.refused
        if roster.whole:
            report.problems += refused_before(self.state.groups, now=sender.refused)

    def _recover(self) -> None:
        """Know what the portal knows: ask it for everybody when the memory is missing or cannot be right, and for those
        whose answer was lost."""
        scope = scope_of(self.portal.config)
        if self.state.scope != scope:
            self._rebuild(scope)
        for guid in self.state.under_way():
            resource = self.portal.by_external_id(guid)
            if resource is None:
                self.state.finish(learnt=[], forgotten=[guid], done=[guid])
            else:
                self.state.finish(learnt=[known_from(resource)], forgotten=[], done=[guid])
        if self.portal.count() != self.state.size() + self._foreign():
            self._rebuild(scope)
        if self.groups:
            self._recover_groups()

    def _recover_groups(self) -> None:
        groups, foreign = self.state.groups, self.state.recall(_FOREIGN_GROUPS)
        if foreign is not None:
            recover_groups(self.portal, groups)
        if foreign is None or self.portal.count("Groups") != groups.count() + int(foreign):
            self.state.remember(_FOREIGN_GROUPS, str(rebuild_groups(self.portal, groups)))

    def _rebuild(self, scope: str) -> None:
        log.info("Asking the portal whom it knows.")
        foreign = 0

        def known() -> Iterator[Known]:
            """One after another: 100,000 need not be held at once."""
            nonlocal foreign
            for resource in self.portal.users():
                if resource.get("externalId"):
                    yield known_from(resource)
                else:
                    foreign += 1

        self.state.rebuild(known(), scope=scope)
        self.state.remember(_FOREIGN, str(foreign))

    def _foreign(self) -> int:
        return int(self.state.recall(_FOREIGN) or 0)

    def _reading[T](self, read: Callable[[], T]) -> T:
        """Read from the directory, again if it fails in passing; an answer that broke off is never used in part."""
        for attempt in range(1, self.portal.config.attempts):
            try:
                return read()
            except DirectoryError as error:
                if error.lasting or self.stopping():
                    raise
                log.warning("%s Trying again (%d).", error, attempt)
                self.portal.pause(attempt)
        return read()


def scope_of(config: Portal) -> str:
    """The portal and connector that a memory belongs to; a new token is a reason to ask again."""
    return hashlib.sha256(f"{config.url} {config.token}".encode()).hexdigest()
