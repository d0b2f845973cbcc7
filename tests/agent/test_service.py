"""The systemd unit starts the command that there is, and knows its exit codes and its memory."""

import configparser
import shlex
from pathlib import Path

from django.conf import settings

from portal_agent.cli import _parser
from portal_agent.errors import ConfigError
from tests.agent.test_large import MOST_MEMORY


def test_the_unit_fits_the_program() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(Path(settings.BASE_DIR) / "agent/portal-agent.service", encoding="utf-8")
    service = unit["Service"]
    program, *arguments = shlex.split(service["ExecStart"])
    options = _parser().parse_args(arguments)
    assert (program, options.command) == ("/opt/portal-agent/bin/portal-agent", "run")
    assert options.config == Path("/etc/portal-agent/config.toml")
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == str(ConfigError.exit_code)
    assert int(service["MemoryMax"].removesuffix("M")) * 1_000_000 >= MOST_MEMORY
    # `state.file` by default; SIGTERM ends it between two requests.
    assert (service["StateDirectory"], service["User"]) == ("portal-agent", "portal-agent")
    assert int(service["TimeoutStopSec"]) > 120
