"""A refusal is an answer, not a crash: every one carries sentences fit for the person who asked."""

from collections.abc import Iterable


class Refused(Exception):
    """The request was understood and declined; nothing was changed.

    `problems` lists every reason at once, each a sentence that names the row and the cure.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: list[str] = [problems] if isinstance(problems, str) else list(problems)
        super().__init__(" ".join(self.problems))
