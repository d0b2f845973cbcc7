"""A language in which every text that passes a catalogue stands in brackets: what shows without was never marked."""

from typing import Any

from django.utils.translation import trans_real

CODE = "ia"
"""A language that Django knows, without formats of its own, and the portal does not have."""
OPEN, CLOSE = "⟦", "⟧"


class Pseudo(trans_real.DjangoTranslation):
    """Answers each text in brackets, and remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(CODE)
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return self._in_brackets(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return self._in_brackets(msgid1 if n == 1 else msgid2)

    @staticmethod
    def _in_brackets(message: str) -> str:
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        bare = text.strip("\n")
        return text.replace(bare, f"{OPEN}{bare}{CLOSE}", 1) if bare else text


def speak_pseudo(settings: Any) -> Pseudo:
    """The portal has that language from here on, until `settings`, the fixture, takes it back."""
    settings.LANGUAGES = [*settings.LANGUAGES, (CODE, "Pseudo")]
    language = Pseudo()
    trans_real._translations[CODE] = language  # type: ignore[attr-defined]
    return language
