"""Due work is decided by our own rows: one per schedule and slot, unique.

Beat only wakes us. It may miss a week, fire late or fire twice (django-celery-beat #916, #956, #337);
the slot row makes all of that harmless: a missed Monday is caught up once, never doubled.
"""

import logging
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from approvals import registry
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.contract import Weekly, Workflow
from approvals.models import ScheduledSlot

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3


def latest_slot(weekly: Weekly, at: datetime) -> datetime:
    """The last moment of this weekly schedule that is not after `at`. Local wall time, so DST moves it."""
    zone = ZoneInfo(weekly.time_zone)
    local = at.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - weekly.weekday) % 7)
    slot = datetime.combine(day, time(weekly.hour), zone)
    return slot if slot <= local else datetime.combine(day - timedelta(days=7), time(weekly.hour), zone)


def next_slot(weekly: Weekly, at: datetime) -> datetime:
    zone = ZoneInfo(weekly.time_zone)
    last = latest_slot(weekly, at).astimezone(zone)
    return datetime.combine(last.date() + timedelta(days=7), time(weekly.hour), zone)


def run_due_slots() -> int:
    """Run the latest slot of every schedule unless it already ran; older missed slots are passed over."""
    return sum(_run_if_due(declared) for declared in registry.workflows() if declared.trigger.weekly)


def _run_if_due(declared: Workflow) -> int:
    weekly, on_slot = declared.trigger.weekly, declared.trigger.on_slot
    if weekly is None or on_slot is None:
        return 0
    slot_at = latest_slot(weekly, now())
    slot, _ = ScheduledSlot.objects.get_or_create(schedule=declared.key, slot_at=slot_at)
    if slot.status != ScheduledSlot.Status.DUE:
        return 0
    try:
        with transaction.atomic():
            mine = ScheduledSlot.objects.select_for_update().get(pk=slot.pk)
            if mine.status != ScheduledSlot.Status.DUE:
                return 0
            mine.detail = on_slot(slot_at)
            mine.status, mine.finished_at, mine.attempts = ScheduledSlot.Status.DONE, now(), mine.attempts + 1
            mine.save()
            ScheduledSlot.objects.filter(
                schedule=declared.key, slot_at__lt=slot_at, status=ScheduledSlot.Status.DUE
            ).update(status=ScheduledSlot.Status.PASSED_OVER, finished_at=now())
    except Exception as problem:
        log.exception("slot %s failed", slot)
        _record_failure(slot, declared, problem)
        return 0
    resolve_alert(key=f"slot-{declared.key}")
    return 1


@transaction.atomic
def _record_failure(slot: ScheduledSlot, declared: Workflow, problem: Exception) -> None:
    mine = ScheduledSlot.objects.select_for_update().get(pk=slot.pk)
    if mine.status != ScheduledSlot.Status.DUE:  # another process did it while we failed
        return
    mine.attempts += 1
    mine.detail = f"{type(problem).__name__}: {problem}"[:2000]
    if mine.attempts >= MAX_ATTEMPTS:
        mine.status, mine.finished_at = ScheduledSlot.Status.FAILED, now()
        raise_alert(
            key=f"slot-{declared.key}",
            severity="critical",
            message=f"{declared.title}: the schedule of {mine.slot_at:%Y-%m-%d} failed {mine.attempts} times "
            f"({mine.detail}). Mend the cause, then run it by hand on the rotation plan page.",
        )
    mine.save()
