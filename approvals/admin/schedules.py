"""Schedules: our own slots (what ran, and when) and beat's table (what wakes us)."""

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from approvals import registry
from approvals.admin.record import RecordAdmin
from approvals.models import ScheduledSlot

SLOT_COLOURS = {"due": "info", "done": "success", "failed": "danger", "passed_over": "warning"}


@admin.register(ScheduledSlot)
class ScheduledSlotAdmin(RecordAdmin):
    list_display = ("what", "slot_at", "state", "detail", "finished_at")
    list_filter = (("status", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("what", "schedule", "detail")
    fields = ("what", "schedule", "slot_at", "state", "detail", "attempts", "created_at", "finished_at")
    readonly_fields = ("what", "state")

    @admin.display(description="What")
    def what(self, slot: ScheduledSlot) -> str:
        """Its title; the key of a schedule that is declared no longer."""
        return next((known.title for known in registry.schedules() if known.key == slot.schedule), slot.schedule)

    @display(description="State", label=SLOT_COLOURS)
    def state(self, slot: ScheduledSlot) -> tuple[str, str]:
        return slot.status, slot.get_status_display()


class TaskChoice(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """Beat's list of registered tasks, in the theme's clothes."""


class PeriodicTaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskChoice()


for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ModelAdmin):
    form = PeriodicTaskForm


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    pass


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat.CrontabScheduleAdmin, ModelAdmin):
    pass


@admin.register(SolarSchedule)
class SolarScheduleAdmin(ModelAdmin):
    pass


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(beat.ClockedScheduleAdmin, ModelAdmin):
    pass
