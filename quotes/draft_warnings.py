"""What somebody who drafts a quote should look at before sending it for approval, as far as they may know it.

Without `quotes.view_cost` nothing is said of margins: with a price of one's own to vary, a warning at the floor would
tell the cost by halving. The approver reads them all.
"""

from quotes.context import CurrentPricing, items_resolved, margin_floor_held, price_present
from quotes.recipients import recipient_warnings
from quotes.wishes import QuoteWish


def warnings_for(wish: QuoteWish, pricing: CurrentPricing, *, sees_cost: bool) -> list[str]:
    """The contract's own sentences."""
    context = {"current_pricing": pricing}
    checks = (items_resolved, price_present, margin_floor_held) if sees_cost else (items_resolved, price_present)
    found = [sentence for check in checks if (sentence := check(wish, context))]
    return [*found, *recipient_warnings(wish.customer_id)]
