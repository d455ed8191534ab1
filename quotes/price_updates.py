"""Awarded prices go back into the pricing master, as a change that somebody approves (the contract's
`proposed_pricing -> pricing_master`).

One envelope per recorded answer, one line per price that differs. The old value is kept three times: in what was
proposed, in the price's history, and in the audit trail. Cost stays the master's: an award says nothing of it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from approvals import audit
from approvals.contract import ActionType
from approvals.models import ProposedAction
from approvals.operations import Decision
from quotes.models import PricingMaster, Quote, QuoteLine
from quotes.pricing import PriceBasis, change_percent, price_text

ENVELOPE = "pricing_updates"
UPDATE = "pricing_update"
RISK = 2
Status = ProposedAction.Status
Key = tuple[int, int, int, str]  # customer, spec item, school year, price basis
NO_PRICE = "none"


def propose_price_updates(quote: Quote, lines: Sequence[QuoteLine], *, by: Any) -> int:
    """Stage a change for each awarded line whose price the master does not hold; how many."""
    held = _held(quote.customer_id, quote.school_year, [line.spec_item_id for line in lines if line.spec_item_id])
    wanted = [line for line in lines if line.spec_item_id and _differs(line, held.get(_key(quote, line)))]
    if not wanted:
        return 0
    envelope = ProposedAction.objects.create(
        action_type=ENVELOPE,
        title=f"Awarded prices of {quote} for {quote.customer.code}, {quote.school_year_text}",
        risk=RISK,
        entity_type="quote",
        entity_ref=f"quote:{quote.pk}",
        payload={"quote": str(quote), "customer": quote.customer.code, "school_year": quote.school_year_text},
    )
    envelope.participants.add(by)
    ProposedAction.objects.bulk_create(
        _proposal(envelope, line, _shown(held.get(_key(quote, line)))) for line in wanted
    )
    return len(wanted)


def _proposal(envelope: ProposedAction, line: QuoteLine, before: dict[str, str]) -> ProposedAction:
    payload = {"item_code": line.item_code, "description": line.description, **_numbers(line, before)}
    basis = PriceBasis(line.price_basis).label
    return ProposedAction(
        action_type=UPDATE,
        title=f"{line.item_code} {basis}: {before['master_price']} → {payload['awarded_price']}"[:200],
        risk=RISK,
        envelope=envelope,
        entity_type="quote_line",
        entity_ref=f"quote_line:{line.pk}",
        payload=payload,
    )


def lock_updates(quote: Quote) -> None:
    """So that none of them is decided while the answer they come from is taken back."""
    envelopes = ProposedAction.objects.filter(action_type=ENVELOPE, entity_ref=f"quote:{quote.pk}")
    list(envelopes.select_for_update().order_by("pk"))


def waiting_updates(quote: Quote) -> list[int]:
    """Ids of those nobody has decided."""
    return list(_updates(quote).filter(status=Status.PENDING).values_list("pk", flat=True))


def applied_updates(quote: Quote) -> QuerySet[ProposedAction]:
    return _updates(quote).filter(status=Status.APPROVED)


def _updates(quote: Quote) -> QuerySet[ProposedAction]:
    return ProposedAction.objects.filter(
        action_type=UPDATE, envelope__action_type=ENVELOPE, envelope__entity_ref=f"quote:{quote.pk}"
    ).order_by("pk")


def _key(quote: Quote, line: QuoteLine) -> Key:
    return quote.customer_id, line.spec_item_id or 0, quote.school_year, line.price_basis


def _held(
    customer_id: int, school_year: int, spec_items: list[int], *, locked: bool = False
) -> dict[Key, PricingMaster]:
    rows = PricingMaster.objects.filter(customer=customer_id, school_year=school_year, spec_item__in=spec_items)
    if locked:
        rows = rows.select_for_update()
    return {(row.customer_id, row.spec_item_id, row.school_year, row.price_basis): row for row in rows.order_by("pk")}


def _differs(line: QuoteLine, held: PricingMaster | None) -> bool:
    return held is None or (held.case_price, held.pass_through_value) != (line.case_price, line.pass_through_value)


def _shown(held: PricingMaster | None) -> dict[str, str]:
    if held is None:
        return {"master_price": NO_PRICE, "master_pass_through": NO_PRICE}
    return {"master_price": _text(held.case_price), "master_pass_through": _text(held.pass_through_value)}


def _numbers(line: QuoteLine, before: dict[str, str]) -> dict[str, Any]:
    return {
        "price_basis": line.price_basis,
        **before,
        "awarded_price": _text(line.case_price),
        "awarded_pass_through": _text(line.pass_through_value),
        "award": line.award_status,
    }


def _text(price: Decimal | None) -> str:
    return NO_PRICE if price is None else price_text(price)


# -- what a decision is bound to, and what it does ------------------------------------------------------------


def _lines_of(actions: Sequence[ProposedAction]) -> dict[int, QuoteLine]:
    """Action id -> its quote line."""
    ids = {action.pk: int(action.entity_ref.split(":")[1]) for action in actions}
    lines = QuoteLine.objects.select_related("quote__customer").in_bulk(set(ids.values()))
    return {pk: lines[line_id] for pk, line_id in ids.items()}


def _held_of(lines: Sequence[QuoteLine], *, locked: bool = False) -> dict[Key, PricingMaster]:
    if not lines:
        return {}
    quote = lines[0].quote
    items = [line.spec_item_id for line in lines if line.spec_item_id]
    return _held(quote.customer_id, quote.school_year, items, locked=locked)


def live_numbers(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """The master's price as it is now beside the awarded one; one envelope's lines at a time."""
    lines = _lines_of(actions)
    held = _held_of(list(lines.values()))
    return {pk: _numbers(line, _shown(held.get(_key(line.quote, line)))) for pk, line in lines.items()}


def decide(decision: Decision) -> None:
    """Write what was approved into the master, in the gate's transaction."""
    lines = _lines_of(decision.verdicts.get(Status.APPROVED, []))
    held = _held_of(list(lines.values()), locked=True)
    changes = []
    for line in lines.values():
        price = held.get(_key(line.quote, line)) or _new_price(line)
        before = _shown(price if price.pk else None)
        price.case_price, price.pass_through_value = line.case_price or Decimal(0), line.pass_through_value
        price._history_user = decision.by  # type: ignore[attr-defined]
        price._change_reason = f"Awarded in {line.quote}, was {before['master_price']}"[:100]  # type: ignore[attr-defined]
        price.save()
        changes.append({"price": str(price), "pricing_master_id": price.pk, **_numbers(line, before)})
    if changes:
        audit.append(
            actor=decision.by,
            verb="prices.updated",
            entity_ref=decision.action.entity_ref,
            details={"quote": decision.action.payload["quote"], "changes": changes},
        )


def _new_price(line: QuoteLine) -> PricingMaster:
    """The master held none: it starts with the cost the line was priced with."""
    return PricingMaster(
        customer=line.quote.customer,
        spec_item=line.spec_item,
        school_year=line.quote.school_year,
        price_basis=line.price_basis,
        cost_basis=line.cost_basis,
        cost_date=line.cost_date,
    )


def objection(decision: Decision) -> str:
    """A line whose award was taken back is not carried anywhere."""
    lines = _lines_of(decision.verdicts.get(Status.APPROVED, []))
    gone = [line.item_code for line in lines.values() if line.award_status != QuoteLine.Award.AWARDED]
    return f"{', '.join(gone[:5])}: the award was taken back. Reject the price change." if gone else ""


def decision_page(page: Any) -> dict[str, Any]:
    """The old and the new price of each line, and how far apart they are."""
    lines = _lines_of(page.shown)
    quote = Quote.objects.select_related("customer").get(pk=int(page.action.entity_ref.split(":")[1]))
    return {
        "quote": quote,
        "facts": [
            {"name": "Customer", "value": str(quote.customer), "strong": False},
            {"name": "School year", "value": quote.school_year_text, "strong": False},
            {"name": "Awarded in", "value": str(quote), "strong": False},
        ],
        "rows": [_row(action, lines[action.pk], page.live.get(action.pk, {})) for action in page.shown],
    }


def _row(action: ProposedAction, line: QuoteLine, live: dict[str, Any]) -> dict[str, Any]:
    old = str(live.get("master_price", NO_PRICE))
    before = None if old == NO_PRICE else Decimal(old.replace(",", ""))
    return {
        "action": action,
        "line": line,
        "live": live,
        "basis": PriceBasis(line.price_basis).label,
        "change": None if before is None or line.case_price is None else change_percent(before, line.case_price),
        "moved": action.payload.get("master_price") != live.get("master_price"),
    }


ENVELOPE_TYPE = ActionType(
    key=ENVELOPE,
    title="Awarded prices",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=lambda decision: None,
)
UPDATE_TYPE = ActionType(
    key=UPDATE,
    title="Awarded prices",
    live=live_numbers,
    decided=decide,
    objection=objection,
    page=decision_page,
    template="quotes/decision_price_updates.html",
)
