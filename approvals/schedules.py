"""Due work is decided by our own rows: one per schedule and slot, unique.

Beat only wakes us. It may miss a week, fire late or fire twice (django-celery-beat #916, #956, #337);
the slot row makes all of that harmless: a missed Monday is caught up once, never doubled.
"""

import logging
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from approvals import registry
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.contract import Daily, Schedule, Weekly
from approvals.models import ScheduledSlot

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
MOST_PASSED_OVER = 31  # rows for days missed in one go; a program that slept longer says enough with these
LONGEST_GAP = 400  # days between two slots; a calendar with a longer one has no business days


def latest_slot(when: Weekly | Daily, at: datetime) -> datetime:
    """The last moment of this schedule that is not after `at`. Local wall time, so DST moves it."""
    # From tomorrow on: where clocks go back over midnight, tomorrow has begun once already.
    day = _local_day(when, at) + timedelta(days=1)
    for back in range(LONGEST_GAP):
        slot = _slot_on(when, day - timedelta(days=back))
        if slot is not None and _instant(slot) <= _instant(at):
            return slot
    raise ValueError(f"The schedule {when.cron} has no slot in the {LONGEST_GAP} days before {at:%Y-%m-%d}.")


def next_slot(when: Weekly | Daily, at: datetime) -> datetime:
    """The first moment of this schedule after `at`."""
    day = _local_day(when, at) - timedelta(days=1)
    for ahead in range(LONGEST_GAP):
        slot = _slot_on(when, day + timedelta(days=ahead))
        if slot is not None and _instant(slot) > _instant(at):
            return slot
    raise ValueError(f"The schedule {when.cron} has no slot in the {LONGEST_GAP} days after {at:%Y-%m-%d}.")


def _slot_on(when: Weekly | Daily, day: date) -> datetime | None:
    if not when.falls_on(day):
        return None
    return datetime.combine(day, time(when.hour, when.minute), ZoneInfo(when.time_zone))


def _local_day(when: Weekly | Daily, at: datetime) -> date:
    return at.astimezone(ZoneInfo(when.time_zone)).date()


def _instant(moment: datetime) -> datetime:
    """Two moments of one zone are compared by their clocks' faces, which go back once a year."""
    return moment.astimezone(UTC)


def run_due_slots() -> int:
    """Run the latest slot of every schedule unless it already ran; older missed slots are passed over."""
    return sum(_run_if_due(schedule) for schedule in registry.schedules())


def _run_if_due(schedule: Schedule) -> int:
    slot_at = latest_slot(schedule.when, now())
    slot = _known_slot(schedule, slot_at)
    if slot.status != ScheduledSlot.Status.DUE:
        return 0
    try:
        with transaction.atomic():
            mine = ScheduledSlot.objects.select_for_update().get(pk=slot.pk)
            if mine.status != ScheduledSlot.Status.DUE:
                return 0
            mine.detail = schedule.on_slot(slot_at)
            mine.status, mine.finished_at, mine.attempts = ScheduledSlot.Status.DONE, now(), mine.attempts + 1
            mine.save()
            ScheduledSlot.objects.filter(
                schedule=schedule.key, slot_at__lt=slot_at, status=ScheduledSlot.Status.DUE
            ).update(status=ScheduledSlot.Status.PASSED_OVER, finished_at=now())
    except Exception as problem:
        log.exception("slot %s failed", slot)
        _record_failure(slot, schedule, problem)
        return 0
    resolve_alert(key=f"slot-{schedule.key}")
    return 1


def _known_slot(schedule: Schedule, slot_at: datetime) -> ScheduledSlot:
    """The slot's row. With a new one come rows for the business days nobody was awake on since the last."""
    found = ScheduledSlot.objects.filter(schedule=schedule.key, slot_at=slot_at).first()
    if found:
        return found
    with transaction.atomic():
        slot, is_new = ScheduledSlot.objects.get_or_create(schedule=schedule.key, slot_at=slot_at)
        if is_new and isinstance(schedule.when, Daily):
            _pass_over_missed(schedule, schedule.when, slot_at)
    return slot


def _pass_over_missed(schedule: Schedule, when: Daily, slot_at: datetime) -> None:
    last = ScheduledSlot.objects.filter(schedule=schedule.key, slot_at__lt=slot_at).order_by("-slot_at").first()
    if last is None:
        return
    missed: list[datetime] = []
    earlier = slot_at
    while len(missed) < MOST_PASSED_OVER:
        earlier = latest_slot(when, _instant(earlier) - timedelta(microseconds=1))
        if _instant(earlier) <= _instant(last.slot_at):
            break
        missed.append(earlier)
    ScheduledSlot.objects.bulk_create(
        ScheduledSlot(
            schedule=schedule.key,
            slot_at=moment,
            status=ScheduledSlot.Status.PASSED_OVER,
            detail=f"Nothing was running then. If it is needed, {schedule.by_hand or 'do it by hand'}.",
            finished_at=now(),
        )
        for moment in missed
    )


@transaction.atomic
def _record_failure(slot: ScheduledSlot, schedule: Schedule, problem: Exception) -> None:
    mine = ScheduledSlot.objects.select_for_update().get(pk=slot.pk)
    if mine.status != ScheduledSlot.Status.DUE:  # another process did it while we failed
        return
    mine.attempts += 1
    mine.detail = f"{type(problem).__name__}: {problem}"[:2000]
    if mine.attempts >= MAX_ATTEMPTS:
        mine.status, mine.finished_at = ScheduledSlot.Status.FAILED, now()
        raise_alert(
            key=f"slot-{schedule.key}",
            severity="critical",
            message=f"{schedule.title}: the schedule of {mine.slot_at:%Y-%m-%d} failed {mine.attempts} times "
            f"({mine.detail}). Mend the cause, then {schedule.by_hand or 'wait for the next slot'}.",
        )
    mine.save()
