"""The command `portal-agent`."""

import argparse
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress

from portal_agent import telling
from portal_agent.checking import check
from portal_agent.config import Config, load
from portal_agent.errors import AgentError, ConfigError, StateError, Stopped
from portal_agent.plan import Kind, Plan
from portal_agent.running import Stop, run
from portal_agent.safety import refuse_to_empty
from portal_agent.scim import PortalClient
from portal_agent.seats import prospects
from portal_agent.state import State, alone
from portal_agent.sync import Agent, Report

try:
    from portal_agent.active_directory import ActiveDirectory
except ModuleNotFoundError as error:
    _missing: str | None = error.name
else:
    _missing = None

LEFT_OUT = 1

log = logging.getLogger("portal_agent")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done; 1 done, but somebody was left out; 2 configuration; 3 directory; 4 portal; 5 stopped for
    safety (R22); 6 state file."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True)
    _log_to(errors, verbose=options.verbose)
    try:
        if _missing is not None:
            raise ConfigError(f"{_missing} is missing: install portal-agent[ldap] (agent/README.md says how).")
        return _Command(options, load(options.config), errors).carry_out()
    except AgentError as error:
        log.error("%s", error)
        return error.exit_code
    except sqlite3.Error as error:
        log.error("The state file cannot be used: %s. It may be deleted.", error)
        return StateError.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal-agent", description=__doc__ and sys.modules["portal_agent"].__doc__)
    default = Path(os.environ.get("PORTAL_AGENT_CONFIG", "/etc/portal-agent/config.toml"))
    parser.add_argument("--config", type=Path, default=default, help="the configuration file (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="say more about what is going on")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="say what works and what does not: network, certificates, sign-in, group, token")
    commands.add_parser("plan", help="say who would be added, changed, disabled, removed; change nothing")
    sync = commands.add_parser("sync", help="bring the portal up to date once")
    sync.add_argument(
        "--accept", type=int, metavar="N", help="disable or remove exactly N people although the threshold is passed"
    )
    commands.add_parser("run", help="keep the portal up to date until told to stop")
    return parser


def _log_to(console: Console, *, verbose: bool) -> None:
    """For people on a terminal; a line each for a file or the journal, which has the time itself."""
    handler: logging.Handler = logging.StreamHandler()
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, markup=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        timed = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
        handler.setFormatter(logging.Formatter(timed + "%(levelname)s %(message)s"))
    log.handlers = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.INFO)


class _Command:
    def __init__(self, options: argparse.Namespace, config: Config, errors: Console) -> None:
        self.options = options
        self.config = config
        self.errors = errors
        self.out = Console()
        self.stop = Stop()
        self.portal = PortalClient(config.portal, wait=self.stop.wait)

    def carry_out(self) -> int:
        commands: dict[str, Callable[[], int]] = {
            "check": self.check,
            "plan": self.plan,
            "sync": self.sync,
            "run": self.run,
        }
        return commands[self.options.command]()

    def check(self) -> int:
        directory = ActiveDirectory(self.config.directory)
        findings = list(check(self.config, directory, self.portal))
        telling.tell_findings(self.out, findings, as_json=self.options.json)
        failed = next((finding for finding in findings if not finding.fine), None)
        return 0 if failed is None else 3 if failed.what.startswith("directory") else 4

    def plan(self) -> int:
        with State.open(self.config.state_file) as state, state.copy() as copy:
            agent = self._agent(copy)
            plan = agent.plan()
            groups = agent.foreseen_groups(plan)
        try:
            refuse_to_empty(plan, self.config.threshold)
            refusal = ""
        except Stopped as stopped:
            refusal = str(stopped)
        telling.tell_plan(self.out, plan, self._outlook(plan, groups), refusal=refusal, as_json=self.options.json)
        if refusal:
            return Stopped.exit_code
        return LEFT_OUT if any(problem.left_out for problem in plan.problems) else 0

    def _outlook(self, plan: Plan, groups: dict[str, int]) -> telling.Outlook:
        """What the portal says last, so that it is true of the moment at which it is told."""
        waiting, standings = self.portal.line(of={change.guid for change in plan.changes if change.kind == Kind.ENABLE})
        seats = self.portal.seats()
        then = {} if seats is None else prospects(plan, seats, standings)
        return telling.Outlook(datetime.now().astimezone(), waiting, seats, then, groups)

    def sync(self) -> int:
        self.stop.listen()
        with alone(self.config.state_file), State.open(self.config.state_file) as state, self._bar() as bar:
            task = bar.add_task("Sending", total=None) if bar is not None else None

            def progress(done: int, of: int) -> None:
                if bar is not None and task is not None:
                    bar.update(task, completed=done, total=of)

            report = self._agent(state, progress).full_pass(accept=self.options.accept)
        telling.tell_report(self.out, report, waiting=self.portal.line()[0], as_json=self.options.json)
        return LEFT_OUT if report.left_out or not report.finished else 0

    def run(self) -> int:
        self.stop.listen()
        with State.open(self.config.state_file) as state:
            run(
                self._agent(state),
                self.stop,
                state_file=self.config.state_file,
                poll_seconds=self.config.poll_seconds,
                full_seconds=self.config.full_hours * 3600,
                tell=self._tell,
            )
        return 0

    def _tell(self, report: Report) -> None:
        for problem in report.problems:
            log.warning("%s %s", problem.name, problem.text)
        log.info("%s", telling.summary(report))

    def _agent(self, state: State, progress: Callable[[int, int], None] = lambda done, of: None) -> Agent:
        config = self.config
        return Agent(
            ActiveDirectory(config.directory),
            self.portal,
            state,
            config.threshold,
            stopping=self.stop.is_set,
            progress=progress,
            groups=config.directory.groups,
        )

    def _bar(self) -> AbstractContextManager[Progress | None]:
        if self.options.json or not self.errors.is_terminal:
            return nullcontext()
        return Progress(console=self.errors, transient=True)


if __name__ == "__main__":
    sys.exit(main())
