"""What a person may do with a subscription. Each is one transaction, refused with a sentence, and audited."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.models import Subscription
from approvals.models.outbox import MOST_PER_CALL
from approvals.outbox.addresses import check_address
from approvals.outbox.positions import assign_positions, last_position, position_before
from approvals.outbox.secrets_kept import add_secret
from approvals.outbox.waking import wake_on_commit
from approvals.refusals import Refused

PERMISSION = "approvals.manage_subscription"
NAME = re.compile(r"[a-z0-9_-]{1,60}")
EVENT_NAME = re.compile(r"\*|[A-Za-z0-9_.-]{1,80}")
OVERLAP = timedelta(hours=24)
CHANGEABLE = ("url", "event_names", "events_per_call")
State = Subscription.State


def create_subscription(
    *, name: str, url: str, event_names: Sequence[str], by: Any, events_per_call: int = 1
) -> tuple[Subscription, str]:
    """Active at once, for events from now on. Returns its secret too, which is shown this once."""
    _check_may_manage(by)
    names = _stripped(event_names)
    wrong_name = f"“{name}” cannot be a name: use a-z, 0-9, _ and -, at most 60 characters."
    _refuse([wrong_name] * (not NAME.fullmatch(name)) + _objections(url, names, events_per_call))
    return _create(name, url, names, State.ACTIVE, by, events_per_call)


def seed_subscription(*, name: str, event_names: Sequence[str]) -> bool:
    """Paused, without an address, for events from now on; False when one of that name exists."""
    if Subscription.objects.filter(name=name).exists():
        return False
    names = _stripped(event_names)
    _refuse(_objections_to_names(names))
    _create(name, "", names, State.PAUSED, None)
    return True


def _create(
    name: str, url: str, names: list[str], state: str, by: Any, events_per_call: int = 1
) -> tuple[Subscription, str]:
    assign_positions()
    try:
        with transaction.atomic():
            subscription = Subscription.objects.create(
                name=name, url=url, event_names=names, events_per_call=events_per_call, state=state,
                cursor=last_position(),
            )  # fmt: skip
            secret = add_secret(subscription, others_end_after=OVERLAP)
            _audit(subscription, by, "created", url=url, event_names=names, events_per_call=events_per_call)
    except IntegrityError:
        raise Refused(f"There is a subscription named {name} already; choose another name.") from None
    return subscription, secret


def change_subscription(
    *, subscription_id: int, url: str, event_names: Sequence[str], by: Any, events_per_call: int | None = None
) -> Subscription:
    """Another address, other events, or more or fewer in one call (None: as many as before).

    Events that passed the cursor unwanted come only by a replay.
    """
    _check_may_manage(by)
    names = _stripped(event_names)
    _refuse(_objections(url, names, 1 if events_per_call is None else events_per_call))
    with transaction.atomic():
        subscription = _locked(subscription_id)
        before = {name: getattr(subscription, name) for name in CHANGEABLE}
        most = subscription.events_per_call if events_per_call is None else events_per_call
        after = {"url": url, "event_names": names, "events_per_call": most}
        _update(subscription, **after, failures=0, rests_until=None)
        _audit(subscription, by, "changed", before=before, **after)
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


def _stripped(event_names: Sequence[str]) -> list[str]:
    return sorted({name.strip() for name in event_names if name.strip()})


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Refused(problems)


def _objections(url: str, names: list[str], events_per_call: int) -> list[str]:
    problems = _objections_to_names(names)
    try:
        check_address(url)
    except Refused as refusal:
        problems = [*refusal.problems, *problems]
    if not 1 <= events_per_call <= MOST_PER_CALL:
        problems.append(f"Give the most events of one call as a whole number from 1 to {MOST_PER_CALL}.")
    return problems


def _objections_to_names(names: list[str]) -> list[str]:
    if not names:
        return ["Name at least one event, or * for all."]
    wrong = [name for name in names if not EVENT_NAME.fullmatch(name)]
    return (
        [f"“{wrong[0]}” is not the name of an event. They look like inventory.adjusted; * means all."] if wrong else []
    )


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
