"""What can stop the agent; each kind has its exit code (README.md)."""


class AgentError(Exception):
    """Something that the administrator has to know; the text says what, and what to do."""

    exit_code = 1


class ConfigError(AgentError):
    """The configuration cannot be used."""

    exit_code = 2


class DirectoryError(AgentError):
    """The directory did not answer, or refused. `lasting`: trying again will not help."""

    exit_code = 3

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


class PortalError(AgentError):
    """The portal did not answer, or refused. `passing`: trying again may help."""

    exit_code = 4

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class Stopped(AgentError):
    """R22: carrying this out would disable or remove too many people; nobody was changed."""

    exit_code = 5


class StateError(AgentError):
    """The state file cannot be used, or another agent is at work."""

    exit_code = 6
