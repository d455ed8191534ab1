"""The rows of a decision page, whatever the source: each line with its live numbers and what happened before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from approvals.models import ProposedAction
from inventory.models import Location, Movement
from inventory.variance.source import Source

SHOWN = 4  # movements and earlier statements a line


def lines_shown(source: Source, page: Any) -> dict[int, Any]:
    """{proposal: line} of the proposals on this page of it."""
    rows = source.lines.objects.filter(proposed_action__any_of=[action.pk for action in page.shown])
    return {line.proposed_action_id: line for line in rows.select_related("item")}


def decision_rows(
    page: Any, lines: Mapping[int, Any], location: Location, earlier: Mapping[int, list[str]]
) -> list[dict[str, Any]]:
    """A row for each line shown; `earlier` is what was said of each item before, newest first."""
    movements = _last_movements(location, {line.item_id for line in lines.values()})
    return [
        _row(action, lines[action.pk], page.live.get(action.pk, {}), movements, earlier)
        for action in page.shown
        if action.pk in lines
    ]


def _row(
    action: ProposedAction,
    line: Any,
    live: dict[str, Any],
    movements: Mapping[int, list[Movement]],
    earlier: Mapping[int, list[str]],
) -> dict[str, Any]:
    variance = Decimal(live.get("variance") or 0)
    return {
        "action": action,
        "line": line,
        "live": live,
        "direction": "is-more" if variance > 0 else "is-less",
        "movements": movements.get(line.item_id, []),
        "earlier": earlier.get(line.item_id, []),
        "changed": [name for name in ("on_hand", "expected") if str(action.payload.get(name)) != str(live.get(name))],
    }


def _last_movements(location: Location, item_ids: set[int]) -> dict[int, list[Movement]]:
    ranked = Movement.objects.filter(item__any_of=item_ids, location=location).annotate(
        rank=Window(RowNumber(), partition_by=F("item"), order_by=[F("occurred_at").desc(), F("pk").desc()])
    )
    return by_item(ranked.filter(rank__lte=SHOWN).order_by("item", "rank"))


def by_item(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.item_id].append(row)
    return grouped
