"""Steps 1 and 2 of the contract: diff the count to the ledger, and judge every line by the guardrails."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from approvals.contract import Done
from approvals.models import WorkflowRun
from approvals.set_based import insert_rows, update_rows
from inventory.counting import limits
from inventory.counting.context import SubmittedCount, read_inputs
from inventory.models import Authority, Balance, CountLine, CountSheet, Item, Location, Zone
from inventory.variance.expected import moved_since, on_hand_now, recent_movements
from inventory.variance.figures import compute_variance, suggest_reason
from inventory.variance.guardrails import Verdict, judge_line, judge_zone

Classification = CountLine.Classification
LINE_COLUMNS = [
    "sheet",
    "item",
    "count_number",
    "row",
    "is_on_sheet",
    "counted",
    "counted_at",
    "on_hand",
    "expected",
    "variance",
    "variance_pct",
    "variance_value",
    "unit_cost",
    "classification",
    "why",
    "suggested_reason",
    "decision",
]


def compute_variance_step(run: WorkflowRun) -> Done:
    """`compute_variance`: INSERT INTO inventory_count_log. One line per item on the sheet, counted or not."""
    given = read_inputs(run.inputs)
    zone = Zone.objects.select_related("location").get(pk=given.zone_id)
    sheet = CountSheet.objects.get(pk=given.sheet_id)
    if sheet.lines.exists():
        return Done("Already computed.")
    rows = _compared_rows(given, zone, sheet)
    missing = _missing_rows(sheet, zone, {row[1] for row in rows})
    insert_rows(CountLine, LINE_COLUMNS, rows + missing)
    counted = sum(1 for row in rows if row[5] is not None)
    detail = f"{counted} lines counted, {len(rows) - counted} not counted"
    return Done(detail + (f", {len(missing)} items of the zone were not on the sheet." if missing else "."))


def _compared_rows(given: SubmittedCount, zone: Zone, sheet: CountSheet) -> list[tuple[object, ...]]:
    codes = [str(row[0]) for row in given.counts]
    found = Item.objects.filter(item_code__any_of=codes).order_by().values_list("item_code", "pk", "avg_cost")
    items = {code: (pk, cost) for code, pk, cost in found}
    item_ids = [items[code][0] for code in codes]
    ledger = ledger_at(zone.location, item_ids, given.counted_at)
    rows = []
    for code, text, where in given.counts:
        item_id, cost = items[str(code)]
        here, expected = ledger[item_id]
        rows.append(_line_row(sheet.pk, item_id, where or "", text, given.counted_at, here, expected, cost))
    return rows


def ledger_at(location: Location, item_ids: Iterable[int], counted_at: datetime) -> dict[int, tuple[Decimal, Decimal]]:
    """{item id: (on hand now, expected at the count)}; an item never seen at the location has nothing."""
    wanted = list(item_ids)
    on_hand = on_hand_now(location, wanted)
    moved = moved_since(location, dict.fromkeys(wanted, counted_at))
    nothing = Decimal(0)
    return {
        item_id: (on_hand.get(item_id, nothing), on_hand.get(item_id, nothing) - moved.get(item_id, nothing))
        for item_id in wanted
    }


def _line_row(
    sheet_id: int,
    item_id: int,
    where: str,
    text: str | None,
    counted_at: datetime,
    on_hand: Decimal,
    expected: Decimal,
    cost: Decimal | None,
) -> tuple[object, ...]:
    kind = Classification.NOT_COUNTED.value
    if text is None:
        return (
            sheet_id,
            item_id,
            1,
            where,
            True,
            None,
            None,
            on_hand,
            expected,
            *[None] * 3,
            cost,
            kind,
            "",
            "",
            "",
        )
    counted = Decimal(text)
    figures = compute_variance(counted, expected, cost)
    numbers = (figures.variance, figures.percent, figures.value)
    return (
        *(sheet_id, item_id, 1, where, True, counted, counted_at, on_hand, expected),
        *(*numbers, cost, kind, "", "", ""),
    )


def _missing_rows(sheet: CountSheet, zone: Zone, on_sheet: set[object]) -> list[tuple[object, ...]]:
    """Items at home in the zone that the sheet does not mention: visible, never zeroed."""
    rows = Balance.objects.filter(zone=zone, item__is_active=True).order_by("item__item_code")
    return [
        (
            sheet.pk,
            item_id,
            1,
            "",
            False,
            None,
            None,
            here,
            here,
            *[None] * 3,
            cost,
            "not_counted",
            "",
            "",
            "",
        )
        for item_id, here, cost in rows.values_list("item_id", "quantity_on_hand", "item__avg_cost")
        if item_id not in on_sheet
    ]


@dataclass(frozen=True)
class ComparedLine:
    pk: int
    item_id: int
    counted: Decimal
    expected: Decimal
    unit_cost: Decimal | None
    case_pack: int | None

    @property
    def variance(self) -> Decimal:
        return self.counted - self.expected

    @property
    def value(self) -> Decimal | None:
        return None if self.unit_cost is None else abs(self.variance) * self.unit_cost


@dataclass(frozen=True)
class Comparison:
    """What the guardrails say of a whole sheet. `outcomes` is {line pk: (classification, why)}."""

    gross_value: Decimal
    zone_value: Decimal
    guardrails: str
    by_zone: Verdict
    outcomes: dict[int, tuple[str, str]]

    def tally(self) -> dict[str, int]:
        found = Counter(kind for kind, _ in self.outcomes.values())
        return {kind: found[kind] for kind in Classification.values}


def compare(lines: Sequence[ComparedLine], zone: Zone, expected: Mapping[int, Decimal | None]) -> Comparison:
    """Judge every counted line by the line guardrail and the zone guardrail, strictest first; stores nothing.

    `expected` is {item id: expected at the count} of all items the sheet mentions, counted or not.
    """
    line_limits, zone_limits = limits.limits(limits.LINE), limits.limits(limits.ZONE)
    gross = sum((line.value or Decimal(0) for line in lines), Decimal(0))
    zone_value = zone_inventory_value(zone, expected)
    by_zone = judge_zone(gross, zone_value, zone_limits)
    elsewhere = other_authorities(zone.location, [line.item_id for line in lines])
    outcomes = {}
    for line in lines:
        by_line = judge_line(line.counted, line.expected, line.unit_cost, line_limits)
        outcomes[line.pk] = classify(line, by_line, by_zone, elsewhere.get(line.item_id, ""))
    return Comparison(gross, zone_value, f"{line_limits.label}; {by_zone.why}", by_zone, outcomes)


def classify_variance_step(run: WorkflowRun) -> Done:
    """`classify_variance`: SET classification, by the line guardrail and the zone guardrail, strictest first."""
    sheet = CountSheet.objects.select_related("zone__location").get(run=run)
    rows = sheet.lines.filter(counted__isnull=False).order_by("pk")
    fields = ("pk", "item_id", "counted", "expected", "unit_cost", "item__case_pack")
    lines = [ComparedLine(*row) for row in rows.values_list(*fields)]
    expected = dict(sheet.lines.filter(count_number=1).order_by().values_list("item_id", "expected"))
    found = compare(lines, sheet.zone, expected)
    reasons = _suggested_reasons(sheet, lines)
    update_rows(
        CountLine,
        ["classification", "why", "suggested_reason", "decision"],
        [(pk, kind, why, reasons.get(pk, ""), _decision(kind)) for pk, (kind, why) in found.outcomes.items()],
    )
    sheet.gross_value, sheet.zone_value = round(found.gross_value, 2), round(found.zone_value, 2)
    sheet.net_value = sheet.lines.aggregate(net=Sum("variance_value"))["net"] or Decimal(0)
    sheet.guardrail_note = found.guardrails
    sheet.save(update_fields=["gross_value", "zone_value", "net_value", "guardrail_note"])
    counts = found.tally()
    return Done(
        f"{counts['match']} match, {counts['within_guardrail']} within guardrail, "
        f"{counts['needs_review']} need review. {found.by_zone.why}."
    )


def other_authorities(location: Location, item_ids: Iterable[int]) -> dict[int, str]:
    """{item id: why a person decides}, of the items whose truth at the location is not what is counted."""
    rows = Balance.objects.filter(location=location, item__any_of=item_ids).exclude(authority=Authority.COUNT)
    return {
        item_id: _OTHERS[Authority(authority)]
        for item_id, authority in rows.order_by().values_list("item_id", "authority")
    }


_OTHERS = {
    Authority.EXCEL: "Excel is the authority for this item here; approve only if the workbook is corrected too",
    Authority.WMS: "The WMS is the authority for this item here; approve only if the WMS is corrected too",
}


def classify(line: ComparedLine, by_line: Verdict, by_zone: Verdict, elsewhere: str = "") -> tuple[str, str]:
    """The line's classification and why; a line without a variance is a match whatever the zone says.

    `elsewhere` says who has the authority when it is not the count: then a difference is never adjusted unseen.
    """
    if line.variance == 0 and line.expected >= 0:
        return Classification.MATCH.value, by_line.why
    if elsewhere:
        also = "" if by_line.passes else f". {by_line.why}"
        return Classification.NEEDS_REVIEW.value, f"{elsewhere}{also}"[:300]
    if not by_line.passes:
        return Classification.NEEDS_REVIEW.value, by_line.why[:300]
    if not by_zone.passes:
        return Classification.NEEDS_REVIEW.value, by_zone.why[:300]
    return Classification.WITHIN_GUARDRAIL.value, by_line.why


def _decision(classification: str) -> str:
    within = classification == Classification.WITHIN_GUARDRAIL
    return CountLine.Decision.GUARDRAIL.value if within else ""


def _suggested_reasons(sheet: CountSheet, lines: Iterable[ComparedLine]) -> dict[int, str]:
    differing = [line for line in lines if line.variance]
    if sheet.counted_at is None:
        return {}
    recent = recent_movements(sheet.zone.location, {line.item_id: sheet.counted_at for line in differing})
    return {
        line.pk: suggest_reason(
            counted=line.counted,
            expected=line.expected,
            case_pack=line.case_pack,
            recent_deltas=[(delta, name) for delta, name, _ in recent.get(line.item_id, [])],
        )[:200]
        for line in differing
    }


def zone_inventory_value(zone: Zone, expected: Mapping[int, Decimal | None]) -> Decimal:
    """What the zone was worth at the count, US dollars: expected (or on hand) x average cost of its items."""
    rows = Balance.objects.filter(zone=zone, item__avg_cost__isnull=False).order_by()
    return sum(
        (
            max(expected.get(item_id, here) or Decimal(0), Decimal(0)) * (cost or 0)
            for item_id, here, cost in rows.values_list("item_id", "quantity_on_hand", "item__avg_cost")
        ),
        Decimal(0),
    )
