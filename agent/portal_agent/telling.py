"""What the agent shows: tables for people, JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal_agent.checking import Finding
from portal_agent.plan import Change, Kind, Plan, Problem
from portal_agent.seats import WAITING, Prospect, Seats
from portal_agent.sync import Report

_WORDS = {
    Kind.ADD: "added",
    Kind.CHANGE: "changed",
    Kind.ENABLE: "enabled",
    Kind.DISABLE: "disabled",
    Kind.LEAVE: "left the group",
    Kind.DELETE: "deleted",
}


def tell_findings(console: Console, findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        _tell_json(console, [{"what": one.what, "fine": one.fine, "text": one.text} for one in findings])
        return
    for one in findings:
        mark = "[green]ok[/]  " if one.fine else "[red]FAIL[/]"
        console.print(f"{mark} {escape(one.what)}: {escape(one.text)}", soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the portal says at this moment: who is waiting; how many seats there are, and so what would become of each
    who is added or enabled, by objectGUID. `groups` are those that would be added, changed, removed."""

    at: datetime
    waiting: list[str]
    seats: Seats | None
    prospects: Mapping[str, Prospect] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)

    def would(self, *prospects: Prospect) -> int:
        return sum(prospect in prospects for prospect in self.prospects.values())


def tell_plan(console: Console, plan: Plan, outlook: Outlook, *, refusal: str, as_json: bool) -> None:
    """Who would be added, changed, disabled, removed, and which of them would be seated."""
    if as_json:
        _tell_json(
            console,
            {
                "people": plan.seen,
                "managed": plan.managed,
                "at": outlook.at.isoformat(timespec="seconds"),
                "seats": asdict(outlook.seats) if outlook.seats else None,
                "waiting": outlook.waiting,
                "would_be_seated": outlook.would(Prospect.SEATED) if outlook.seats else None,
                "would_wait": outlook.would(*WAITING) if outlook.seats else None,
                "groups": dict(outlook.groups),
                "counts": {_WORDS[kind]: count for kind, count in plan.counts().items()},
                "changes": [_change(change, outlook.prospects) for change in plan.changes],
                "problems": [_problem(problem) for problem in plan.problems],
                "stopped": refusal or None,
            },
        )
        return
    if plan.changes:
        console.print(_table(plan, outlook.prospects))
    _tell_problems(console, plan.problems)
    if refusal:
        console.print(f"[red]{escape(refusal)}[/]", soft_wrap=True)
    counts = ", ".join(f"{count} {_WORDS[kind]}" for kind, count in plan.counts().items() if count)
    console.print(f"{plan.seen} people in the group; would be: {counts or 'nothing'}.", soft_wrap=True)
    if any(outlook.groups.values()):
        console.print(f"Groups: {_listed(outlook.groups)}.", soft_wrap=True)
    if outlook.waiting:
        names = ", ".join(outlook.waiting)
        console.print(f"Waiting for a seat now ({len(outlook.waiting)}): {names}.", soft_wrap=True, markup=False)
    for line in _of_seats(outlook):
        console.print(line, soft_wrap=True, markup=False)


def _table(plan: Plan, prospects: Mapping[str, Prospect]) -> Table:
    table = Table("Would be", "Who", "E-mail", *(["Then"] if prospects else []))
    for change in plan.changes:
        mail = change.person.mail if change.person else change.known.mail if change.known else ""
        then = [str(prospects.get(change.guid, ""))] if prospects else []
        table.add_row(_WORDS[change.kind], escape(change.name), escape(mail), *then)
    return table


def _of_seats(outlook: Outlook) -> Iterator[str]:
    if outlook.seats is None:
        yield "This portal does not say how many seats are available: those beyond wait in the order above."
        return
    if outlook.prospects:
        counted = {one: outlook.would(one) for one in Prospect if outlook.would(one)}
        told = ", ".join(f"{prospect}: {count}" for prospect, count in counted.items())
        yield f"Of those added and enabled, {told}."
    yield (
        f"That is true of this moment ({outlook.at:%Y-%m-%d %H:%M}): {outlook.seats}. Nothing is reserved: the first "
        "in the order above are seated, and whoever is in the portal already keeps what they have."
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def tell_report(console: Console, report: Report, *, waiting: list[str], as_json: bool) -> None:
    if as_json:
        _tell_json(
            console,
            {
                "finished": report.finished,
                "whole": report.whole,
                "waiting": waiting,
                "counts": {_WORDS[kind]: count for kind, count in report.sent.items()},
                "groups": report.groups,
                "problems": [_problem(problem) for problem in report.problems],
            },
        )
        return
    _tell_problems(console, report.problems)
    console.print(summary(report, waiting=len(waiting)), soft_wrap=True, markup=False)


def summary(report: Report, *, waiting: int = 0) -> str:
    """One line, for the log too."""
    counts = ", ".join(f"{count} {_WORDS[kind]}" for kind, count in report.sent.items() if count)
    parts = [f"Done: {counts or 'nothing to do'}." if report.finished else f"Broken off: {counts or 'nothing sent'}."]
    if any(report.groups.values()):
        parts.append(f"Groups: {_listed(report.groups)}.")
    if report.left_out:
        parts.append(f"{len(report.left_out)} could not be brought up to date.")
    if waiting:
        parts.append(f"{waiting} wait for a seat.")
    return " ".join(parts)


def _tell_problems(console: Console, problems: list[Problem]) -> None:
    for problem in problems:
        style = "red" if problem.left_out else "yellow"
        console.print(f"[{style}]{escape(problem.name)}[/] {escape(problem.text)}", soft_wrap=True)


def _change(change: Change, prospects: Mapping[str, Prospect]) -> dict[str, Any]:
    person = change.person
    prospect = prospects.get(change.guid)
    then = {} if prospect is None else {"then": prospect.name.lower()}
    return then | {
        "what": _WORDS[change.kind],
        "objectGUID": change.guid,
        "name": change.name,
        "mail": person.mail if person else change.known.mail if change.known else "",
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"objectGUID": problem.guid, "name": problem.name, "text": problem.text, "left_out": problem.left_out}


def _tell_json(console: Console, value: Any) -> None:
    console.print_json(json.dumps(value, ensure_ascii=False), indent=2, ensure_ascii=False, highlight=False)
