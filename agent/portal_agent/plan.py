"""What would have to be sent: the differences between the directory and what the portal knows, and nothing else."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from portal_agent.directory import Directory, Group
from portal_agent.people import Flaw, Person, Standing, digest, flaws_of
from portal_agent.roster import Roster
from portal_agent.state import Known, State


class Kind(StrEnum):
    """Sent in this order: whoever goes makes room first."""

    DELETE = "delete"
    LEAVE = "leave"
    DISABLE = "disable"
    CHANGE = "change"
    ENABLE = "enable"
    ADD = "add"


WITHDRAWALS = (Kind.DELETE, Kind.LEAVE, Kind.DISABLE)
_ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Change:
    """One person whom the portal has to be told about. `person` is None when the directory has deleted them."""

    kind: Kind
    guid: str
    person: Person | None = None
    known: Known | None = None

    @property
    def name(self) -> str:
        if self.person is not None:
            return self.person.name
        return self.known.name if self.known is not None else self.guid

    @property
    def turn(self) -> tuple[int, str, str]:
        """Its place: the same at every attempt. New people come in the order in which the directory got them."""
        return _ORDER[self.kind], self.person.created if self.person else "", self.guid


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with somebody's entry. `left_out`: it keeps them from being brought up to date."""

    guid: str
    name: str
    text: str
    left_out: bool = False


@dataclass(slots=True)
class Plan:
    """`seen` people were read, `managed` are those whom the portal knows from this agent and who have not left;
    `roster` has the groups that were read with them, if any are brought."""

    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: int = 0
    managed: int = 0
    whole: bool = True
    roster: Roster | None = None

    def counts(self) -> dict[Kind, int]:
        count = Counter(change.kind for change in self.changes)
        return {kind: count[kind] for kind in Kind}

    @property
    def withdrawn(self) -> list[Change]:
        return [change for change in self.changes if change.kind in WITHDRAWALS]


def whole_plan(directory: Directory, state: State, *, groups: bool = True) -> Plan:
    """Compare everybody in the directory's scope with everybody whom the portal knows."""
    draft = _Draft(state, state.roster(whole=True) if groups else None)
    for person in directory.people():
        draft.see(person)
    missing = [known for known in state.everyone() if known.guid not in draft.seen]
    draft.miss(missing, directory)
    return draft.plan(directory, whole=True)


def partial_plan(
    directory: Directory,
    state: State,
    *,
    people: Iterable[Person],
    elsewhere: Collection[str],
    groups: Iterable[tuple[Group, Collection[str]]] | None = None,
) -> Plan:
    """Compare these people only; those of `elsewhere` whom the portal knows have left the scope or were deleted. Of
    `groups` all people in scope are given; None where none are brought."""
    draft = _Draft(state, state.roster(whole=False) if groups is not None else None)
    for group, guids in groups or ():
        draft.see_group(group, guids)
    for person in people:
        draft.see(person)
    found = [known for guid in sorted(elsewhere) if (known := state.get(guid)) is not None]
    draft.miss(found, directory)
    return draft.plan(directory, whole=False)


class _Draft:
    """A plan while the directory is being read: only differences are kept of each person, and their e-mail."""

    def __init__(self, state: State, roster: Roster | None) -> None:
        self.state = state
        self.roster = roster
        self.seen: set[str] = set()
        self.gone: set[str] = set()
        self.changes: list[Change] = []
        self.problems: list[Problem] = []
        self.claims: dict[str, tuple[tuple[bool, bool, str], str]] = {}

    def see(self, person: Person) -> None:
        if person.guid in self.seen:
            return
        self.seen.add(person.guid)
        known = self.state.get(person.guid)
        if self.roster is not None:
            self.roster.see(person.guid, person.groups)
            self._cover(known)
        person = replace(person, groups=())
        named, (person, flaws) = person.name, flaws_of(person, known=known.digest if known else b"")
        left_out = Flaw.NO_USER_NAME in flaws
        self.problems += [Problem(person.guid, named, flaw, left_out=left_out) for flaw in flaws]
        if left_out:
            return
        self._claim(person)
        if (change := difference(person, known)) is not None:
            self.changes.append(change)

    def see_group(self, group: Group, guids: Collection[str]) -> None:
        if self.roster is not None:
            self.roster.see_group(group, guids)

    def _cover(self, known: Known | None) -> None:
        if self.roster is not None and not self.roster.whole and known is not None:
            self.roster.cover(known.scim_id)

    def _claim(self, person: Person) -> None:
        """Of people with the same e-mail, it belongs to whom the portal knows with it; else to somebody enabled; else
        to whom the directory got first."""
        if not person.mail:
            return
        mail = person.mail.casefold()
        claim = ((self.state.owner_of(mail) != person.guid, not person.enabled, person.created), person.guid)
        self.claims[mail] = min(claim, self.claims.get(mail, claim))

    def miss(self, missing: list[Known], directory: Directory) -> None:
        """These are out of the scope: still in the directory, or deleted there."""
        existing = directory.existing([known.guid for known in missing])
        for known in missing:
            self.gone.add(known.guid)
            self._cover(known)
            person = existing.get(known.guid)
            if person is None:
                self.changes.append(Change(Kind.DELETE, known.guid, known=known))
            elif known.standing != Standing.LEFT:
                person = replace(person, left=True, mail=known.mail)
                self.changes.append(Change(Kind.LEAVE, known.guid, person=person, known=known))

    def plan(self, directory: Directory, *, whole: bool) -> Plan:
        if self.roster is not None:
            self.roster.end(directory)
        sent = [change for change in map(self._without_rival, self.changes) if change is not None]
        sent.sort(key=lambda change: change.turn)
        return Plan(sent, self.problems, len(self.seen), self.state.managed(), whole, self.roster)

    def _without_rival(self, change: Change) -> Change | None:
        """The change as it can be sent while somebody else has the e-mail: known people keep their former one, new ones
        are left out."""
        person, known = change.person, change.known
        if person is None or person.left or self._may_have(person.mail.casefold(), change.guid):
            return change
        self.problems.append(Problem(change.guid, person.name, f"{Flaw.SAME_MAIL} ({person.mail})", left_out=True))
        return None if known is None else difference(replace(person, mail=known.mail), known)

    def _may_have(self, mail: str, guid: str) -> bool:
        """Whether the e-mail is this person's: nobody who was read has the better claim, and who had it until now was
        read (and has another one now) or is gone."""
        if not mail:
            return True
        holder = self.state.owner_of(mail)
        return self.claims[mail][1] == guid and (holder in {None, guid} or holder in self.seen or holder in self.gone)


def difference(person: Person, known: Known | None) -> Change | None:
    """What has to be sent of a person, if anything."""
    if known is None:
        return Change(Kind.ADD, person.guid, person=person)
    if digest(person) == known.digest and person.standing == known.standing:
        return None
    return Change(_kind(person.standing, known.standing), person.guid, person=person, known=known)


def _kind(now: Standing, before: Standing) -> Kind:
    if now == before:
        return Kind.CHANGE
    if now == Standing.LEFT:
        return Kind.LEAVE
    if now == Standing.DISABLED:
        return Kind.DISABLE if before == Standing.ACTIVE else Kind.CHANGE
    return Kind.ENABLE
