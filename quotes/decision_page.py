"""What the approver sees: the quote as the customer will see it, beside what the customer must not see.

Cost and margin are put into the page only for those who may see them.
"""

from typing import Any

from django.urls import reverse

from approvals.models import ProposedAction
from quotes.documents.contents import UnfitContents
from quotes.gate import Offered, offered
from quotes.margin_floor import MarginFloor, margin_floor
from quotes.models import Customer, QuoteLine
from quotes.pricing import PriceBasis, PriceSource, price_text, summarise_margins
from quotes.redline import LastPrice, changes_since, key_of, last_prices
from quotes.standing import today

PERMISSION = "quotes.view_cost"


def draft_page(page: Any) -> dict[str, Any]:
    if not page.shown:
        return {}
    (action,) = page.shown
    now_offered = offered(action)
    draft, standing = now_offered.draft, now_offered.standing
    customer = Customer.objects.get(pk=draft.customer_id)
    staged = " ".join(page.action.workflow_run.warnings)  # the page shows them already
    return {
        "facts": _facts(customer, now_offered),
        "notices": [
            *now_offered.standing.blocks,
            *(each for each in now_offered.standing.warnings if each not in staged),
        ],
        "links": _links(action, page.viewer),
        "document_html": _drawn(now_offered),
        "rows": _rows(now_offered, sees_cost=page.viewer.has_perm(PERMISSION)),
        "gone": changes_since(now_offered.parent, draft.lines)[1],
        "parent": now_offered.parent,
        "sees_cost": page.viewer.has_perm(PERMISSION),
        "margins": _margins(draft.lines) if page.viewer.has_perm(PERMISSION) else [],
        "needs_reason": bool(standing.warnings),
        "as_one": True,
    }


def _links(action: ProposedAction, viewer: Any) -> list[dict[str, str]]:
    if not viewer.has_perm("quotes.draft_quote"):
        return []
    return [{"url": reverse("quotes_refresh_draft", args=[action.pk]), "text": "Refresh the prices"}]


def _drawn(now_offered: Offered) -> str:
    # Drawing needs the libraries of the PDF, which the commands that import this declaration do not.
    from quotes.documents.rendering import render_html

    try:
        return render_html(now_offered.document)
    except UnfitContents as problem:
        return str(problem)


def _facts(customer: Customer, now_offered: Offered) -> list[dict[str, Any]]:
    draft, total = now_offered.draft, now_offered.document.total
    found = {
        "Customer": str(customer),
        "School year": str(draft.school_year),
        "Lines": str(len(draft.lines)),
        "Total": f"${price_text(total)}" if total is not None else "price list, no total",
        "Valid until": f"{draft.valid_until:%b %d, %Y}",
        "PDF": "yes" if draft.include_pdf else "not asked for",
        "Revision": f"{now_offered.document.revision}" + (f" of {now_offered.parent}" if now_offered.parent else ""),
    }
    return [{"name": name, "value": value, "strong": name == "Total"} for name, value in found.items()]


def _rows(now_offered: Offered, *, sees_cost: bool) -> list[dict[str, Any]]:
    draft = now_offered.draft
    changed, _ = changes_since(now_offered.parent, draft.lines)
    last, floor = last_prices(draft.customer_id, draft.lines), margin_floor()
    return [
        _row(line, changed.get(key_of(line), ""), last.get(key_of(line)))
        | (_internal(line, floor) if sees_cost else {})
        for line in draft.lines
    ]


def _row(line: QuoteLine, changed: str, last: LastPrice | None) -> dict[str, Any]:
    return {
        "line": line,
        "price": f"${price_text(line.net_price)}" if line.net_price is not None else "no price",
        "basis": PriceBasis(line.price_basis).label,
        "source": PriceSource(line.price_source).label,
        "last": str(last or "never quoted"),
        "changed": changed,
    }


def _internal(line: QuoteLine, floor: MarginFloor) -> dict[str, Any]:
    margin = line.margin(floor.percent)
    return {
        "cost": f"${price_text(line.cost_basis)}" if line.cost_basis is not None else "unknown",
        "cost_age": f"{(today() - line.cost_date).days} days" if line.cost_date else "",
        "margin": str(margin) if margin else "",
        "below": bool(margin and not margin.passes),
        "floor": f"{floor.percent.normalize():f} %",
    }


def _margins(lines: tuple[QuoteLine, ...]) -> list[str]:
    floor = margin_floor().percent
    judged = [(margin, line.quantity) for line in lines if (margin := line.margin(floor)) is not None]
    summary = summarise_margins(judged)
    said = [f"least {summary.least}"] if summary.least_percent is not None else []
    if summary.overall_percent is not None:
        said.append(f"over all {summary.overall}")
    return [*said, f"{summary.below_floor} under the floor", f"{summary.unknown} unknown"]
