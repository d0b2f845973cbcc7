"""What the agent shows: tables for people, JSON for programs."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal_agent.checking import Finding
from portal_agent.plan import Change, Kind, Plan, Problem
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


def tell_plan(console: Console, plan: Plan, *, waiting: list[str], refusal: str, as_json: bool) -> None:
    """Who would be added, changed, disabled, removed; and who, by the portal, is `waiting` for a seat now."""
    if as_json:
        _tell_json(
            console,
            {
                "people": plan.seen,
                "managed": plan.managed,
                "waiting": waiting,
                "counts": {_WORDS[kind]: count for kind, count in plan.counts().items()},
                "changes": [_change(change) for change in plan.changes],
                "problems": [_problem(problem) for problem in plan.problems],
                "stopped": refusal or None,
            },
        )
        return
    if plan.changes:
        table = Table("Would be", "Who", "E-mail")
        for change in plan.changes:
            mail = change.person.mail if change.person else change.known.mail if change.known else ""
            table.add_row(_WORDS[change.kind], escape(change.name), escape(mail))
        console.print(table)
    _tell_problems(console, plan.problems)
    if refusal:
        console.print(f"[red]{escape(refusal)}[/]", soft_wrap=True)
    counts = ", ".join(f"{count} {_WORDS[kind]}" for kind, count in plan.counts().items() if count)
    console.print(f"{plan.seen} people in the group; would be: {counts or 'nothing'}.", soft_wrap=True)
    if waiting:
        console.print(f"Waiting for a seat now ({len(waiting)}): {', '.join(waiting)}.", soft_wrap=True, markup=False)
    if plan.counts()[Kind.ADD]:
        console.print("New people get a seat while any is available; those beyond wait in this order.")


def tell_report(console: Console, report: Report, *, waiting: list[str], as_json: bool) -> None:
    if as_json:
        _tell_json(
            console,
            {
                "finished": report.finished,
                "whole": report.whole,
                "waiting": waiting,
                "counts": {_WORDS[kind]: count for kind, count in report.sent.items()},
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
    if report.left_out:
        parts.append(f"{len(report.left_out)} could not be brought up to date.")
    if waiting:
        parts.append(f"{waiting} wait for a seat.")
    return " ".join(parts)


def _tell_problems(console: Console, problems: list[Problem]) -> None:
    for problem in problems:
        style = "red" if problem.left_out else "yellow"
        console.print(f"[{style}]{escape(problem.name)}[/] {escape(problem.text)}", soft_wrap=True)


def _change(change: Change) -> dict[str, Any]:
    person = change.person
    return {
        "what": _WORDS[change.kind],
        "objectGUID": change.guid,
        "name": change.name,
        "mail": person.mail if person else change.known.mail if change.known else "",
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"objectGUID": problem.guid, "name": problem.name, "text": problem.text, "left_out": problem.left_out}


def _tell_json(console: Console, value: Any) -> None:
    console.print_json(json.dumps(value, ensure_ascii=False), indent=2, ensure_ascii=False, highlight=False)
