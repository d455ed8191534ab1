"""Updates that change a quantity by more than the guardrail `wms_feed` finds usual: applied, and told of."""

from collections.abc import Sequence

from approvals.alerts import raise_alert
from approvals.models import Alert
from approvals.templatetags.figures import quantity
from inventory.models import WmsClient, WmsMessage
from inventory.variance.guardrails import judge_line
from inventory.wms.judging import APPLIED, Side, Verdict
from inventory.wms.limits import limits


def tell_of_jumps(message: WmsMessage, verdicts: Sequence[Verdict], side: Side) -> None:
    tell_of(message.client, verdicts, side, f"message__id__exact={message.pk}&state=all")


def tell_of(client: WmsClient, verdicts: Sequence[Verdict], side: Side, where: str) -> None:
    """`where` is the query of the list of updates that shows them."""
    limit = limits()
    if not limit.is_enabled:
        return
    jumps = []
    for verdict in verdicts:
        if verdict.state == APPLIED and verdict.on_hand is not None and verdict.delta is not None:
            before, cost = verdict.on_hand - verdict.delta, side.items[verdict.read.sku].cost
            judged = judge_line(verdict.on_hand, before, cost, limit)
            if not judged.passes:
                jumps.append((abs(verdict.delta), verdict, before, judged.why))
    if jumps:
        _, largest, before, why = max(jumps, key=lambda jump: jump[0])
        raise_alert(
            key=f"wms-jump-{client.pk}",
            severity=Alert.Severity.WARNING,
            message=f"{len(jumps)} updates of {client} were applied beyond the guardrail, the largest "
            f"{largest.read.sku}: from {quantity(before)} to {quantity(largest.on_hand)}. {why}. Have a look there.",
            link=f"/admin/inventory/wmsupdate/?{where}",
        )
