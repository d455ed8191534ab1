"""How the story is printed: headings, sentences, tables, and figures that must add up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Telling:
    write: Callable[[str], object]
    wrong: list[str] = field(default_factory=list)
    checked: int = 0

    def chapter(self, title: str) -> None:
        self.write(f"\n{title}\n{'-' * len(title)}")

    def say(self, sentence: str) -> None:
        self.write(sentence)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Texts to the left, columns of numbers to the right."""
        widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
        numeric = [all(_is_number(row[n]) for row in rows) for n in range(len(headings))]
        for row in (headings, *rows):
            cells = [
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, numeric, strict=True)
            ]
            self.write("  " + "  ".join(cells).rstrip())

    def check(self, sentence: str, *, holds: bool) -> None:
        self.checked += 1
        self.write(f"  {'ok   ' if holds else 'WRONG'}  {sentence}")
        if not holds:
            self.wrong.append(sentence)


def _is_number(text: str) -> bool:
    return not text.strip("+-$%,. 0123456789–")
