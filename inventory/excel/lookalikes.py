"""Is this new code a known one, mistyped? Letters' case, spaces, dashes, leading zeros, and O for 0, I or L for 1.

Pure. A workbook may bring new items, but not one that nobody can tell from another.
"""

from collections.abc import Iterable, Mapping

_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})


def likeness(code: str) -> str:
    """The same for codes that a tired eye takes for one another."""
    plain = "".join(character for character in code.casefold() if character.isalnum()).translate(_ALIKE)
    return plain.lstrip("0")


def known_lookalikes(new: Iterable[str], known: Iterable[str]) -> Mapping[str, str]:
    """{new code: the known code it may be meant to be}"""
    by_likeness = {likeness(code): code for code in known}
    found = {code: by_likeness.get(likeness(code), "") for code in new}
    return {code: other for code, other in found.items() if other and other != code}
