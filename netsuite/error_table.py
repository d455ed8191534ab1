"""The table of error classes as a page for people: docs/netsuite/errors.md."""

from collections.abc import Iterator

from netsuite.error_classes import (
    CLASS_WORDS,
    NO_ANSWER,
    NOT_SENT,
    RULES,
    SERVER_ERROR,
    UNLISTED,
    UNREADABLE_SUCCESS,
    ErrorClass,
    Rule,
)

TITLE = "# What NetSuite's answers mean"
INTRODUCTION = (
    "Made by `manage.py netsuite_errors` from `netsuite/error_classes.py`; change it there. A code decides before a "
    "text, a text before an HTTP status; a refusal that comes with a 5xx is looked up first, because a script that "
    "fails after the save leaves the record. Whatever is not in the table goes to a person, with the raw answer."
)
OTHERWISE: tuple[tuple[str, Rule], ...] = (
    ("not connected: refused, name not found, certificate", NOT_SENT),
    ("no answer after sending: time-out, reset, empty", NO_ANSWER),
    ("any other HTTP 5xx, such as 502 and 504", SERVER_ERROR),
    ("a success that cannot be read", UNREADABLE_SUCCESS),
    ("anything else", UNLISTED),
)


def error_table() -> str:
    """The whole page as Markdown."""
    return "\n".join([TITLE, "", INTRODUCTION, "", *_classes(), "", *_signals()]) + "\n"


def _classes() -> Iterator[str]:
    yield from ("## Classes", "", "| Class | What the program does |", "| --- | --- |")
    for name, does in CLASS_WORDS.values():
        yield f"| {name} | {does} |"


def _signals() -> Iterator[str]:
    yield from ("## Signals", "", "| Signal | Class | What it means | What to do |", "| --- | --- | --- | --- |")
    for rule in RULES:
        yield _row(", ".join(_named(rule)), rule)
    for signal, rule in OTHERWISE:
        yield _row(signal, rule)


def _row(signal: str, rule: Rule) -> str:
    return f"| {signal} | {_class(rule)} | {rule.meaning} | {rule.cure} |"


def _named(rule: Rule) -> Iterator[str]:
    yield from (f"`{code}`" for code in rule.codes)
    yield from (f"text “{text}”" for text in rule.texts)
    yield from (f"HTTP {status}" for status in rule.statuses)


def _class(rule: Rule) -> str:
    words = CLASS_WORDS[rule.error_class][0]
    if rule.error_class in {ErrorClass.UNKNOWN, ErrorClass.DUPLICATE} and rule.when_absent is ErrorClass.NEEDS_HUMAN:
        return f"{words}; a person when NetSuite does not hold it"
    if rule.may_be_recorded:
        return f"{words}, after a look-up"
    return f"{words}; stops everything when repeated" if rule.stops_when_repeated else words
