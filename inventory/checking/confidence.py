"""How far a figure can be trusted. Pure: dates in, a level and its reasons out.

Excel, the WMS or the count has the authority; what it said last is the statement. High: stated today, and nothing
contradicts. Medium: stated today with something open, or counted within 30 days. Low: everything else.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

COUNT_IS_GOOD_FOR = 30  # days


class Level(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Standing(StrEnum):
    """How the ledger stands to the last statement of the authority."""

    AGREES = "agrees"
    UNDECIDED = "undecided"
    REJECTED = "rejected"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Evidence:
    """Dates are days where the warehouse is. `document` names the statement: “workbook stock.xlsx, sync 12”."""

    authority: str
    document: str
    stated_on: date | None
    standing: Standing
    counted_on: date | None
    undecided: int
    today: date


@dataclass(frozen=True)
class Judgement:
    level: Level
    reasons: tuple[str, ...]


OBJECTIONS = {
    Standing.UNDECIDED: "It differed from the ledger, and nobody has decided about the difference yet.",
    Standing.REJECTED: "It differed from the ledger, and a person decided that the ledger is right.",
    Standing.UNSEEN: "It differed from the ledger and was taken over unseen; nobody has looked at it yet.",
}


def judge(evidence: Evidence) -> Judgement:
    is_fresh = evidence.stated_on == evidence.today
    objections = _objections(evidence, is_fresh)
    reasons = (_stated(evidence), *objections, _counted(evidence))
    if is_fresh and not objections:
        level = Level.HIGH
    elif is_fresh or was_counted_lately(evidence):
        level = Level.MEDIUM
    else:
        level = Level.LOW
    return Judgement(level, tuple(reason for reason in reasons if reason))


def was_counted_lately(evidence: Evidence) -> bool:
    return evidence.counted_on is not None and (evidence.today - evidence.counted_on).days <= COUNT_IS_GOOD_FOR


def _stated(evidence: Evidence) -> str:
    if evidence.stated_on is None:
        return f"{evidence.authority} has the word on this item here, and has never said anything about it."
    named = f"The {evidence.document}," if "," in evidence.document else f"The {evidence.document}"
    if evidence.stated_on > evidence.today:
        return f"{named} is dated {evidence.stated_on:%-d %b %Y}, which has not come yet."
    days = (evidence.today - evidence.stated_on).days
    if days:
        old = f"{days} day{'s' * (days != 1)} old"
        return f"{named} is not from today: {old}, of {evidence.stated_on:%-d %b %Y}."
    agrees = " and agrees with the ledger" if evidence.standing == Standing.AGREES else ""
    return f"{named} is from today{agrees}."


def _objections(evidence: Evidence, is_fresh: bool) -> list[str]:
    found = [OBJECTIONS[evidence.standing]] if evidence.stated_on and evidence.standing in OBJECTIONS else []
    if evidence.undecided:
        is_one = evidence.undecided == 1
        found.append(f"{evidence.undecided} proposal{'s' * (not is_one)} about it wait{'s' * is_one} for a decision.")
    return found


def _counted(evidence: Evidence) -> str:
    if evidence.counted_on is None:
        return "Nobody has counted it here yet."
    days = (evidence.today - evidence.counted_on).days
    if days <= 0:
        return "It was counted today."
    late = "" if days <= COUNT_IS_GOOD_FOR else f", more than {COUNT_IS_GOOD_FOR}"
    return f"It was last counted {days} day{'s' * (days != 1)} ago{late}."
