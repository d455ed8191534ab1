"""What a person may do with a subscription. Each is one transaction, refused with a sentence, and audited."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.models import Subscription
from approvals.outbox.addresses import check_address
from approvals.outbox.positions import assign_positions, last_position, position_before
from approvals.outbox.secrets_kept import add_secret
from approvals.outbox.waking import wake_on_commit
from approvals.refusals import Refused

PERMISSION = "approvals.manage_subscription"
NAME = re.compile(r"[a-z0-9_-]{1,60}")
EVENT_NAME = re.compile(r"\*|[A-Za-z0-9_.-]{1,80}")
OVERLAP = timedelta(hours=24)
State = Subscription.State


def create_subscription(*, name: str, url: str, event_names: Sequence[str], by: Any) -> tuple[Subscription, str]:
    """Active at once, for events from now on. Returns its secret too, which is shown this once."""
    _check_may_manage(by)
    if not NAME.fullmatch(name):
        raise Refused(f"“{name}” cannot be a name: use a-z, 0-9, _ and -, at most 60 characters.")
    check_address(url)
    return _create(name, url, event_names, State.ACTIVE, by)


def seed_subscription(*, name: str, event_names: Sequence[str]) -> bool:
    """Paused, without an address, for events from now on; False when one of that name exists."""
    if Subscription.objects.filter(name=name).exists():
        return False
    _create(name, "", event_names, State.PAUSED, None)
    return True


def _create(name: str, url: str, event_names: Sequence[str], state: str, by: Any) -> tuple[Subscription, str]:
    names = _checked_names(event_names)
    assign_positions()
    try:
        with transaction.atomic():
            subscription = Subscription.objects.create(
                name=name, url=url, event_names=names, state=state, cursor=last_position()
            )
            secret = add_secret(subscription, others_end_after=OVERLAP)
            _audit(subscription, by, "created", url=url, event_names=names)
    except IntegrityError:
        raise Refused(f"There is a subscription named {name} already; choose another name.") from None
    return subscription, secret


def change_subscription(*, subscription_id: int, url: str, event_names: Sequence[str], by: Any) -> Subscription:
    """Another address, or other events. Events that passed the cursor unwanted come only by a replay."""
    _check_may_manage(by)
    check_address(url)
    names = _checked_names(event_names)
    with transaction.atomic():
        subscription = _locked(subscription_id)
        before = {"url": subscription.url, "event_names": subscription.event_names}
        _update(subscription, url=url, event_names=names, failures=0, rests_until=None)
        _audit(subscription, by, "changed", before=before, url=url, event_names=names)
        wake_on_commit()
    return subscription


def rotate_secret(*, subscription_id: int, by: Any, overlap: timedelta = OVERLAP) -> str:
    """A new secret, shown this once. Until `overlap` has passed, messages are signed with the old one as well."""
    _check_may_manage(by)
    with transaction.atomic():
        subscription = _locked(subscription_id)
        secret = add_secret(subscription, others_end_after=overlap)
        _audit(subscription, by, "secret_rotated", overlap_hours=overlap.total_seconds() / 3600)
    return secret


def pause_subscription(*, subscription_id: int, by: Any, reason: str) -> Subscription:
    """A call that is under way ends; after it nothing is sent. Events wait."""
    _check_may_manage(by)
    with transaction.atomic():
        subscription = _locked(subscription_id)
        _move(subscription, State.PAUSED, reason)
        _audit(subscription, by, "paused", reason=reason)
    return subscription


def resume_subscription(*, subscription_id: int, by: Any) -> Subscription:
    """Go on where it stopped, in order."""
    _check_may_manage(by)
    with transaction.atomic():
        subscription = _locked(subscription_id)
        if not subscription.url:
            raise Refused(f"{subscription.name} has no address yet: give it one, then resume it.")
        check_address(subscription.url)
        _move(subscription, State.ACTIVE, "")
        _update(subscription, failures=0, rests_until=None)
        resolve_alert(key=f"events-out-{subscription.pk}-disabled", by=by)
        _audit(subscription, by, "resumed")
        wake_on_commit()
    return subscription


def replay(*, subscription_id: int, since: datetime, by: Any, reason: str) -> int:
    """Send what occurred at `since` or later once more, in order, under the same ids.

    Returns how many positions the cursor went back. Dead letters and skipped events of that time are sent too.
    """
    _check_may_manage(by)
    assign_positions()
    with transaction.atomic():
        subscription = _locked(subscription_id)
        before = position_before(since)
        if before is None or before >= subscription.cursor:
            raise Refused(
                f"{subscription.name} has been given no event since {since:%Y-%m-%d %H:%M}; nothing to replay."
            )
        steps = subscription.cursor - before
        _update(subscription, cursor=before)
        _audit(subscription, by, "replayed", since=since.isoformat(), positions=steps, reason=reason)
        wake_on_commit()
    return steps


def _check_may_manage(by: Any) -> None:
    if not by.has_perm(PERMISSION):
        raise Refused("You may not manage subscriptions; ask an administrator for that permission.")


def _checked_names(event_names: Sequence[str]) -> list[str]:
    names = sorted({name.strip() for name in event_names if name.strip()})
    if not names:
        raise Refused("Name at least one event, or * for all.")
    if wrong := [name for name in names if not EVENT_NAME.fullmatch(name)]:
        raise Refused(f"“{wrong[0]}” is not the name of an event. They look like inventory.adjusted; * means all.")
    return names


def _locked(subscription_id: int) -> Subscription:
    return Subscription.objects.select_for_update().get(pk=subscription_id)


def _move(subscription: Subscription, to: str, reason: str) -> None:
    if to not in Subscription.TRANSITIONS[subscription.state]:
        raise Refused(f"{subscription.name} is {subscription.get_state_display().lower()} already.")
    _update(subscription, state=to, state_reason=reason[:500])


def _update(subscription: Subscription, **changes: Any) -> None:
    """Only these columns: the lease beside them belongs to whoever serves it."""
    for name, value in changes.items():
        setattr(subscription, name, value)
    subscription.save(update_fields=list(changes))


def _audit(subscription: Subscription, by: Any, what: str, **details: Any) -> None:
    audit.append(
        actor=by,
        verb=f"subscription.{what}",
        entity_ref=f"subscription:{subscription.pk}",
        details={"name": subscription.name, **details},
    )
