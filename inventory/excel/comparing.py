"""A workbook beside the ledger: every row ends in one outcome, and so does every item it leaves out.

Stores nothing; the preview and the run's first step both ask here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from inventory.excel import limits
from inventory.excel.ledger_side import KnownBalance, KnownItem, LedgerSide, last_workbook, ledger_side
from inventory.excel.lookalikes import known_lookalikes
from inventory.excel.scopes import Scope
from inventory.excel.tiers import Tier, judge_difference
from inventory.excel.unentered import missing_sales
from inventory.models import Authority, Item, Location, SyncLine
from inventory.uploads.stored import CheckedLine, RefusedRow
from inventory.variance.expected import recent_movements
from inventory.variance.figures import compute_variance, suggest_reason
from inventory.variance.guardrails import Limits, Verdict, judge_zone

Outcome = SyncLine.Classification
TO_PEOPLE = (Outcome.REVIEW, Outcome.ALERT, Outcome.MISSING_HERE)
NOTHING = Decimal(0)
MANY_NEW = 20
FEW_OF_ROWS = Decimal("0.2")
FEW_OF_KEPT = Decimal("0.5")


@dataclass(slots=True)
class ComparedRow:
    """One row of the workbook (lots put together), or an item it leaves out. Quantities in the item's unit."""

    item_code: str
    outcome: str
    item: KnownItem | None = None
    sheet: str = ""
    row: int | None = None
    rows: int = 1
    stated: str = ""
    description: str = ""
    unit: str = ""
    counted: Decimal | None = None
    on_hand: Decimal | None = None
    reserved: Decimal = NOTHING
    expected: Decimal | None = None
    unentered: Decimal = NOTHING
    variance: Decimal | None = None
    percent: Decimal | None = None
    value: Decimal | None = None
    why: str = ""
    is_flagged: bool = False
    suggested_reason: str = ""
    proved: list[int] = field(default_factory=list)  # Excel updates that this row shows to be in the workbook

    @property
    def decision(self) -> str:
        return SyncLine.Decision.GUARDRAIL.value if self.outcome == Outcome.AUTO_ADJUST or self.is_flagged else ""


@dataclass(frozen=True)
class Comparison:
    rows: tuple[ComparedRow, ...]
    gross_value: Decimal
    net_value: Decimal
    note: str
    suspicions: tuple[str, ...]

    def tally(self) -> dict[str, int]:
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in Outcome.values if found[outcome]}

    @property
    def new_codes(self) -> list[str]:
        return [row.item_code for row in self.rows if row.outcome == Outcome.NEW_ITEM]


@dataclass(frozen=True)
class _Rules:
    adjust: Limits
    alert: Limits
    total: Limits
    auto_fix: bool
    is_older: str  # a sentence when a newer workbook was synced before


def compare(
    *,
    location: Location,
    as_of: datetime,
    lines: Sequence[CheckedLine],
    refused: Sequence[RefusedRow] = (),
    auto_fix: bool = False,
    scope: Scope = Scope.WORKBOOK,
) -> Comparison:
    """What a whole workbook leaves out is missing there; only a workbook can lack sales that were not entered."""
    side = ledger_side(location, (line.item_code for line in lines), as_of, reads_excel=scope is not Scope.PERSON)
    rules = _rules(location, as_of, auto_fix)
    alike = _lookalikes(lines, side)
    rows = [ComparedRow(each.item_code, Outcome.REFUSED, None, each.sheet, each.row, 1, each.stated, why=each.message)
            for each in refused]  # fmt: skip
    rows += [_row(line, side, rules, alike) for line in lines]
    if scope is Scope.WORKBOOK:
        rows += _left_out(side, {row.item_code for row in rows})
    gross = sum((abs(row.value) for row in rows if _counts(row) and row.value), NOTHING)
    by_total = judge_zone(gross, side.value, rules.total, whole="location", part="workbook")
    if not by_total.passes:
        _send_all_to_people(rows, by_total)
    _suggest_reasons(rows, location, as_of)
    return Comparison(
        rows=tuple(rows),
        gross_value=round(gross, 2),
        net_value=round(sum((row.value for row in rows if _counts(row) and row.value), NOTHING), 2),
        note=f"{rules.adjust.label}; {rules.alert.label}; {by_total.why}",
        suspicions=tuple(_suspicions(rows, side)) if scope is Scope.WORKBOOK else (),
    )


def _counts(row: ComparedRow) -> bool:
    return row.outcome not in {Outcome.NOT_AUTHORITY, Outcome.NEW_ITEM, Outcome.MISSING_THERE}


def _rules(location: Location, as_of: datetime, auto_fix: bool) -> _Rules:
    newest = last_workbook(location)
    older = ""
    if newest and newest.as_of > as_of:
        older = f"A newer workbook, as of {newest.as_of:%Y-%m-%d %H:%M} UTC, was synced already (sync {newest.pk})"
    return _Rules(limits.limits(limits.LINE), limits.limits(limits.ALERT), limits.limits(limits.TOTAL), auto_fix, older)


def _lookalikes(lines: Iterable[CheckedLine], side: LedgerSide) -> dict[str, str]:
    new = [line.item_code for line in lines if line.item_code not in side.items]
    if not new:
        return {}
    return dict(known_lookalikes(new, Item.objects.order_by("-pk").values_list("item_code", flat=True)))


def _row(line: CheckedLine, side: LedgerSide, rules: _Rules, alike: dict[str, str]) -> ComparedRow:
    item = side.items.get(line.item_code)
    row = ComparedRow(
        item_code=line.item_code,
        outcome=Outcome.REFUSED,
        item=item,
        sheet=line.sheet,
        row=line.row,
        rows=line.rows,
        stated=line.read[:200],
        description=item.description if item else line.description,
        unit=item.unit if item else line.unit,
        counted=line.counted,
    )
    trouble = _trouble(line, item, alike)
    if trouble:
        row.why, row.counted = f"{line.place}: {trouble}"[:300], None
    elif item is None:
        row.outcome, row.why, row.expected, row.variance = (
            Outcome.NEW_ITEM,
            "New in the workbook",
            NOTHING,
            line.counted,
        )
    else:
        _compare_known(row, item, side, rules)
    return row


def _trouble(line: CheckedLine, item: KnownItem | None, alike: dict[str, str]) -> str:
    """Why the row cannot be used, with the cure."""
    code, counted = line.item_code, line.counted
    if item is None:
        if code in alike:
            return (
                f"item code “{code}” is not in the catalogue, but {alike[code]} is. Write that, or add the item first."
            )
        if counted is None:
            return f"item code “{code}” is not in the catalogue, and no quantity is stated. Write one, or correct it."
        if len(code) > 60:
            return f"item code “{code[:40]}...” is longer than 60 characters. Shorten it."
        return "" if counted % 1 == 0 else f"{counted} of the new item {code} is not whole. Add the item first."
    if not item.is_active:
        return f"item {code} is switched off in the catalogue. Switch it on, or take the row out."
    if counted is not None and counted % 1 and not item.allows_fractions:
        return f"item {code} says {counted}, but {item.unit} comes in whole units. Correct it."
    return ""


def _compare_known(row: ComparedRow, item: KnownItem, side: LedgerSide, rules: _Rules) -> None:
    balance = side.balances.get(item.pk)
    here = balance or KnownBalance(item.pk, NOTHING, NOTHING, Authority.EXCEL)
    row.on_hand, row.reserved = here.on_hand, here.reserved
    row.expected = here.on_hand - side.moved.get(item.pk, NOTHING)
    if row.counted is None:
        row.outcome, row.why = Outcome.NOT_STATED, "The workbook states no quantity"
        return
    if balance is None:
        _figure(row, item)
        row.outcome = Outcome.MISSING_HERE if row.counted else Outcome.MATCH
        row.why = "Known, but not kept at this location" if row.counted else "Matches: none here, none there"
        return
    sold = side.unentered.get(item.pk, [])
    lacking = missing_sales(row.counted, row.expected, [quantity for _, quantity in sold]) if sold else 0
    row.unentered = sum((quantity for _, quantity in sold[len(sold) - lacking :]), NOTHING)
    row.expected += row.unentered
    _figure(row, item)
    if here.authority != Authority.EXCEL:
        row.outcome, row.why = Outcome.NOT_AUTHORITY, f"{Authority(here.authority).label} is the authority here"
        return
    _judge(row, item, side, rules)
    if row.outcome in {Outcome.MATCH, Outcome.AUTO_ADJUST}:
        row.proved = [*side.entered.get(item.pk, []), *(pk for pk, _ in sold[: len(sold) - lacking])]


def _figure(row: ComparedRow, item: KnownItem) -> None:
    figures = compute_variance(row.counted or NOTHING, row.expected or NOTHING, item.avg_cost)
    row.variance, row.percent, row.value = figures.variance, figures.percent, figures.value


def _judge(row: ComparedRow, item: KnownItem, side: LedgerSide, rules: _Rules) -> None:
    stated, expected = row.counted or NOTHING, row.expected or NOTHING
    verdict = judge_difference(stated, expected, item.avg_cost, adjust=rules.adjust, alert=rules.alert)
    row.outcome, row.why = verdict.tier.value, verdict.why[:300]
    if verdict.tier is Tier.MATCH:
        row.why = f"{_plain(row.unentered)} sold are not in the workbook yet" if row.unentered else verdict.why
        return
    doubt = _doubt(row, item, side, rules)
    if doubt and verdict.tier is not Tier.ALERT:
        row.outcome, row.why = Outcome.REVIEW.value, doubt[:300]
    elif verdict.tier is Tier.REVIEW and verdict.by_units_alone and rules.auto_fix:
        row.outcome, row.is_flagged, row.why = Outcome.REVIEW.value, True, f"Posted by auto-fix. {verdict.why}"[:300]


def _doubt(row: ComparedRow, item: KnownItem, side: LedgerSide, rules: _Rules) -> str:
    """Why a small difference still is a question for a person."""
    if row.unentered:
        rest = f"{_plain(row.variance or NOTHING)} remain unexplained"
        return f"{_plain(row.unentered)} sold seem not to be in the workbook yet; {rest}"
    if item.pk in side.corrected:
        return "The record was corrected after the workbook's time. Which is right?"
    if row.reserved > (row.counted or NOTHING):
        return f"{_plain(row.reserved)} are promised to orders, more than the workbook leaves"
    return rules.is_older


def _left_out(side: LedgerSide, mentioned: set[str]) -> list[ComparedRow]:
    """Kept by Excel and not in the workbook: shown, never zeroed."""
    kept = side.kept_by_excel()
    rows = []
    for code, item in side.items.items():
        balance = kept.get(item.pk)
        if balance is None or not item.is_active or code in mentioned or not (balance.on_hand or balance.reserved):
            continue
        rows.append(
            ComparedRow(
                item_code=code,
                outcome=Outcome.MISSING_THERE.value,
                item=item,
                rows=0,
                description=item.description,
                unit=item.unit,
                on_hand=balance.on_hand,
                reserved=balance.reserved,
                expected=balance.on_hand - side.moved.get(item.pk, NOTHING),
                why="Not in the workbook. Left as it is; add the row, or count it",
            )
        )
    return sorted(rows, key=lambda row: row.item_code)


def _send_all_to_people(rows: Iterable[ComparedRow], by_total: Verdict) -> None:
    for row in rows:
        if row.outcome == Outcome.AUTO_ADJUST or row.is_flagged:
            row.outcome, row.is_flagged, row.why, row.proved = Outcome.REVIEW.value, False, by_total.why[:300], []


def _suggest_reasons(rows: Iterable[ComparedRow], location: Location, as_of: datetime) -> None:
    asked = [row for row in rows if row.outcome in TO_PEOPLE and row.item and row.counted is not None]
    recent = recent_movements(location, {row.item.pk: as_of for row in asked if row.item})
    for row in asked:
        if row.item and row.counted is not None and row.expected is not None:
            row.suggested_reason = suggest_reason(
                counted=row.counted,
                expected=row.expected,
                case_pack=row.item.case_pack,
                recent_deltas=[(delta, name) for delta, name, _ in recent.get(row.item.pk, [])],
            )[:200]


def _suspicions(rows: Sequence[ComparedRow], side: LedgerSide) -> Iterable[str]:
    """What makes the workbook look like the wrong one: a person should see it before it is synced."""
    found = Counter(row.outcome for row in rows)
    kept, missing, new = len(side.kept_by_excel()), found[Outcome.MISSING_THERE], found[Outcome.NEW_ITEM]
    stated = sum(found.values()) - missing
    if kept and missing > kept * FEW_OF_KEPT:
        yield f"{missing:,} of {kept:,} items that Excel keeps here are not in this workbook. Is it only a part of it?"
    if new > MANY_NEW and new > stated * FEW_OF_ROWS:
        yield f"{new:,} of {stated:,} rows are new items. Is it the workbook of this location?"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
