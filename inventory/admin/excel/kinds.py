"""What may become of a row, as a person reads it: worst first, each with its colour and what it means.

Counting is blind, and so is this: whoever may not see expected quantities gets the BLIND kinds, which tell nothing of
what was expected. The rest of a workbook is "compared" for them, and what it leaves out is not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, IntegerField, Q, Value, When

from inventory.models import SyncLine

Outcome = SyncLine.Classification


@dataclass(frozen=True)
class Kind:
    """`condition` finds its stored lines; `becomes` says what happens to such a row."""

    key: str
    title: str
    colour: str
    becomes: str
    condition: Q


ALERT = Kind(
    "alert", "Alert", "danger", "Blocked until somebody approves it", Q(classification=Outcome.ALERT)
)  # fmt: skip
REVIEW = Kind(
    "review", "Review", "warning", "Goes to the approver", Q(classification=Outcome.REVIEW, is_flagged=False)
)  # fmt: skip
MISSING_HERE = Kind(
    "missing_here", "Missing here", "warning", "Goes to the approver", Q(classification=Outcome.MISSING_HERE)
)  # fmt: skip
MISSING_THERE = Kind(
    "missing_there", "Missing in the file", "warning", "Left as it is, never zeroed",
    Q(classification=Outcome.MISSING_THERE),
)  # fmt: skip
REFUSED = Kind("refused", "Refused", "danger", "Not used", Q(classification=Outcome.REFUSED))
NEW_ITEM = Kind("new_item", "New item", "info", "Added, with this as its stock", Q(classification=Outcome.NEW_ITEM))
FLAGGED = Kind(
    "flagged", "Auto-fixed", "info", "Posted at once, flagged for a later look",
    Q(classification=Outcome.REVIEW, is_flagged=True),
)  # fmt: skip
ADJUSTED = Kind("auto_adjust", "Adjusted", "info", "Posted at once", Q(classification=Outcome.AUTO_ADJUST))
COMPARED_ONLY = Kind(
    "not_authority", "Compared only", "", "Reported, never applied", Q(classification=Outcome.NOT_AUTHORITY)
)  # fmt: skip
NOT_STATED = Kind("not_stated", "Nothing stated", "", "Nothing changes", Q(classification=Outcome.NOT_STATED))
EXPLAINED = Kind(
    "explained", "Explained by sales", "success", "Nothing changes", Q(classification=Outcome.MATCH, unentered__gt=0)
)  # fmt: skip
MATCH = Kind("match", "Matches", "success", "Nothing changes", Q(classification=Outcome.MATCH, unentered=0))
STATED = Kind(
    "stated", "Stated", "success", "Compared with the stock",
    Q(counted__isnull=False) & ~Q(classification__in=[Outcome.NEW_ITEM, Outcome.REFUSED]),
)  # fmt: skip

SEEN = (
    *(ALERT, MISSING_HERE, REVIEW, REFUSED, MISSING_THERE, NEW_ITEM, FLAGGED, ADJUSTED, COMPARED_ONLY, NOT_STATED),
    *(EXPLAINED, MATCH),
)
BLIND = (REFUSED, NEW_ITEM, NOT_STATED, STATED)


def kinds_for(*, seen: bool) -> tuple[Kind, ...]:
    return SEEN if seen else BLIND


def kind_of(outcome: str, *, is_flagged: bool, unentered: Decimal, seen: bool) -> Kind | None:
    """The kind of a row, in memory or stored; None for what a blind viewer is not shown."""
    if not seen:
        return _BLIND_BY_OUTCOME.get(outcome, STATED) if outcome != Outcome.MISSING_THERE else None
    if outcome == Outcome.REVIEW and is_flagged:
        return FLAGGED
    if outcome == Outcome.MATCH and unentered:
        return EXPLAINED
    return _BY_KEY[outcome]


_BY_KEY: Mapping[str, Kind] = {kind.key: kind for kind in (*SEEN, STATED)}
_BLIND_BY_OUTCOME: Mapping[str, Kind] = {kind.key: kind for kind in (REFUSED, NEW_ITEM, NOT_STATED)}


def condition_of(key: str) -> Q:
    return _BY_KEY[key].condition


def worst_first() -> Case:
    """The place of a stored line's kind among SEEN, for the database to sort by."""
    places = [When(kind.condition, then=Value(place)) for place, kind in enumerate(SEEN)]
    return Case(*places, default=Value(len(SEEN)), output_field=IntegerField())


def any_of(kinds: tuple[Kind, ...]) -> Q:
    found = Q(pk__in=[])
    for kind in kinds:
        found |= kind.condition
    return found
