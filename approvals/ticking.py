"""The guarantee behind every wake-up: whatever is due gets done by the next tick."""

from dataclasses import asdict, dataclass

from approvals import engine, schedules, watching
from approvals.mail import sending
from approvals.models import TickMark


@dataclass(frozen=True)
class TickReport:
    slots_run: int
    runs_advanced: int
    checks_run: int
    emails_sent: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def tick() -> TickReport:
    report = TickReport(
        slots_run=schedules.run_due_slots(),
        runs_advanced=engine.advance_due(),
        checks_run=engine.run_due_checks(),
        emails_sent=sending.send_due(),
    )
    watching.watch_all()
    TickMark.ticked()
    return report
