"""What the approver sees of a difference: both sides, the pushes that explain a part, the item's last movements."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from approvals.clock import now
from approvals.money import dollars
from approvals.templatetags.figures import age
from inventory.mirror.corrections import STALE_AFTER
from inventory.mirror.second_signature import gross_value
from inventory.mirror.telling import parity_list
from inventory.models import MirrorMark, Movement, Parity
from inventory.stock import second_person
from netsuite.models import Push

SHOWN = 4  # movements a line


def corrections_page(page: Any) -> dict[str, Any]:
    """Facts about the mirror, and a row for each correction shown, in a constant number of queries."""
    rows = {
        row.correction_id: row
        for row in Parity.objects.filter(correction__any_of=[action.pk for action in page.shown]).select_related(
            "item", "location"
        )
    }
    pushes = Push.objects.in_bulk({push for row in rows.values() for push in row.pushes})
    movements = _last_movements(list(rows.values()))
    mark = MirrorMark.objects.filter(pk=1).first()
    return {
        "facts": [
            {"name": "NetSuite read", "value": f"{age(mark.succeeded_at if mark else None)} ago", "strong": False},
            {
                "name": "Approve",
                "value": "books the correction on our ledger; where the WMS decides, in NetSuite instead",
                "strong": False,
            },
            {"name": "Reject", "value": "keeps our number and accepts the difference as it is", "strong": False},
        ],
        "notices": [*_notices(mark), *_second_person(page.action)],
        "links": [{"url": parity_list(look="apart"), "text": "All differences"}],
        "rows": [_row(action, rows[action.pk], page, pushes, movements) for action in page.shown if action.pk in rows],
    }


def _notices(mark: MirrorMark | None) -> list[str]:
    if mark is None or mark.succeeded_at is None or now() - mark.succeeded_at > STALE_AFTER:
        why = f" {mark.refusal}" if mark and mark.refusal else ""
        return [f"NetSuite's numbers are old, so nothing can be approved before the next mirror.{why}"]
    return []


def _second_person(envelope: Any) -> list[str]:
    value = gross_value(envelope)
    if not second_person.is_needed(value):
        return []
    return [
        f"These differences are worth {dollars(value)}, counted without their signs: after an approval a second person "
        "must sign before anything is booked."
    ]


def _row(
    action: Any, row: Parity, page: Any, pushes: dict[int, Push], movements: dict[tuple[int, int], list[Movement]]
) -> dict[str, Any]:
    live = page.live.get(action.pk, {})
    correction = Decimal(live.get("correction") or 0)
    cost = row.item.avg_cost if row.item else None
    return {
        "action": action,
        "parity": row,
        "live": live,
        "value": None if cost is None else round(correction * cost, 2),
        "direction": "is-more" if correction > 0 else "is-less",
        "agrees": not correction,
        "pushes": [pushes[pk] for pk in row.pushes if pk in pushes],
        "movements": movements[row.item_id or 0, row.location_id],
        "changed": any(
            str(action.payload.get(name)) != str(live.get(name)) for name in ("on_hand", "in_netsuite", "difference")
        ),
    }


def _last_movements(rows: list[Parity]) -> dict[tuple[int, int], list[Movement]]:
    ranked = Movement.objects.filter(
        item__any_of=[row.item_id for row in rows if row.item_id],
        location__any_of=sorted({row.location_id for row in rows}),
    ).annotate(
        rank=Window(
            RowNumber(), partition_by=[F("item"), F("location")], order_by=[F("occurred_at").desc(), F("pk").desc()]
        )
    )
    found: dict[tuple[int, int], list[Movement]] = defaultdict(list)
    for movement in ranked.filter(rank__lte=SHOWN).order_by("item", "rank"):
        found[movement.item_id, movement.location_id].append(movement)
    return found
