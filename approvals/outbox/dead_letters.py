"""What a person may do with an event that was given up."""

from typing import Any

from django.db import transaction

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.clock import now
from approvals.models import Delivery
from approvals.outbox.waking import wake_on_commit
from approvals.refusals import Refused

PERMISSION = "approvals.resolve_delivery"
Status = Delivery.Status


def retry_dead_letter(*, delivery_id: int, by: Any, reason: str) -> Delivery:
    """It starts its schedule anew, under the same id."""
    with transaction.atomic():
        delivery = _resolve(delivery_id, Status.PENDING, by, "retried", reason, attempts=0, next_attempt_at=now())
        wake_on_commit()
    return delivery


def skip_dead_letter(*, delivery_id: int, by: Any, reason: str) -> Delivery:
    """The subscriber does without it. A replay would bring it all the same."""
    return _resolve(delivery_id, Status.SKIPPED, by, "skipped", reason)


@transaction.atomic
def _resolve(delivery_id: int, to: str, by: Any, what: str, reason: str, **changes: Any) -> Delivery:
    if not by.has_perm(PERMISSION):
        raise Refused("You may not decide about dead letters; ask an administrator for that permission.")
    if not reason.strip():
        raise Refused("Say why: this is kept with the decision.")
    delivery = Delivery.objects.select_related("subscription", "event").get(pk=delivery_id)
    if not Delivery.moved(Delivery.objects.filter(pk=delivery_id, status=Status.DEAD), to=to, **changes):
        raise Refused(f"This delivery is {delivery.get_status_display().lower()}: only a dead letter can be {what}.")
    audit.append(
        actor=by,
        verb=f"delivery.{what}",
        entity_ref=f"delivery:{delivery_id}",
        details={"subscription": delivery.subscription.name, "event": str(delivery.event.uid), "reason": reason},
    )
    if not delivery.subscription.deliveries.filter(status=Status.DEAD).exists():
        resolve_alert(key=f"events-out-{delivery.subscription_id}-dead", by=by)
    delivery.refresh_from_db()
    return delivery
