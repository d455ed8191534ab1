"""The vocabulary a workflow is declared in: one field per heading of the client's contract.

Frozen data and plain functions, no behaviour. `approvals.engine` runs a declaration;
`manage.py describe_workflows` prints it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from approvals.models import OutboundEmail, ProposedAction, WorkflowRun

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")  # as in cron; Monday is 0 here


@dataclass(frozen=True)
class Weekly:
    """A weekly moment in local time. `cron` is how the contract writes it."""

    cron: str
    weekday: int  # Monday is 0
    hour: int
    time_zone: str
    minute: int = 0

    def falls_on(self, day: date) -> bool:
        return day.weekday() == self.weekday


@dataclass(frozen=True)
class BusinessDays:
    """The days on which work is done: these weekdays (Monday is 0), without the holidays."""

    weekdays: frozenset[int]
    holidays: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays


@dataclass(frozen=True)
class Daily:
    """A moment of every business day in local time. `cron` cannot know the holidays: it may wake us for nothing."""

    cron: str
    hour: int
    minute: int
    time_zone: str
    days: BusinessDays

    def falls_on(self, day: date) -> bool:
        return day in self.days


@dataclass(frozen=True)
class Schedule:
    """Work that is due at moments. `on_slot` gets the slot's datetime and returns a sentence; it is safe to repeat.

    `by_hand` says where a person makes up for a slot that failed.
    """

    key: str
    title: str
    when: Weekly | Daily
    on_slot: Callable[[datetime], str]
    by_hand: str = ""


@dataclass(frozen=True)
class Trigger:
    description: str
    weekly: Weekly | None = None
    on_slot: Callable[[Any], str] | None = None  # gets the slot's datetime, returns a sentence
    by_hand: str = ""


@dataclass(frozen=True)
class Input:
    name: str
    type: str
    required: bool = True


@dataclass(frozen=True)
class ContextQuery:
    name: str
    tables: str
    load: Callable[[Any], Any]  # inputs -> value


@dataclass(frozen=True)
class Precondition:
    name: str
    rule: str
    blocks: bool
    check: Callable[[Any, Mapping[str, Any]], str]  # inputs, context -> "" or a sentence


def block(name: str, rule: str, check: Callable[[Any, Mapping[str, Any]], str]) -> Precondition:
    return Precondition(name, rule, True, check)


def warn(name: str, rule: str, check: Callable[[Any, Mapping[str, Any]], str]) -> Precondition:
    return Precondition(name, rule, False, check)


class When(Enum):
    """When a fan-out step runs."""

    AT_ONCE = "at once"
    EACH_BATCH = "for each decided batch, all such steps in one transaction"
    WHEN_DECIDED = "when everything is decided"


@dataclass(frozen=True)
class Done:
    detail: str


@dataclass(frozen=True)
class Waiting:
    detail: str


@dataclass(frozen=True)
class Skipped:
    detail: str


StepResult = Done | Waiting | Skipped


@dataclass(frozen=True)
class Step:
    """One fan-out target. `run` must be idempotent: it may be called again after a crash.

    `ahead` is called before it, outside any transaction: for work that is slow or speaks to another machine. It may be
    called any number of times, also by two processes at once.
    """

    name: str
    kind: str
    run: Callable[["WorkflowRun"], StepResult]
    when: When
    target: Mapping[str, str] = field(default_factory=dict)  # as the contract lists it: table, operation, keys...
    ahead: Callable[["WorkflowRun"], None] = lambda run: None


@dataclass(frozen=True)
class Gate:
    risk: int
    proposes: str
    waived: str  # the sentence under which no human is asked


@dataclass(frozen=True)
class AfterAction:
    name: str
    does: str
    run: Callable[["WorkflowRun"], None]


@dataclass(frozen=True)
class Passed:
    found: str


@dataclass(frozen=True)
class Failed:
    found: str


@dataclass(frozen=True)
class NotYet:
    """Too early to say; look again at `again_at`. The check itself knows its deadline."""

    found: str
    again_at: datetime


@dataclass(frozen=True)
class Waived:
    """Nothing of the kind was asked for."""

    found: str


CheckResult = Passed | Failed | NotYet | Waived


def passed_if(holds: bool, found: str) -> CheckResult:
    return Passed(found) if holds else Failed(found)


@dataclass(frozen=True)
class Check:
    """A verify check of this run's own rows. `asks_elsewhere`: of another machine, so no transaction is open."""

    name: str
    after: timedelta
    expected: str
    run: Callable[["WorkflowRun"], CheckResult]
    asks_elsewhere: bool = False


@dataclass(frozen=True)
class Retry:
    attempts: int
    first_delay: timedelta
    longest: timedelta
    alert: bool

    def delay(self, attempt: int) -> timedelta:
        """How long to wait after failed attempt number `attempt` (1, 2, ...): doubling, capped."""
        return min(self.first_delay * int(2 ** (attempt - 1)), self.longest)


@dataclass(frozen=True)
class Workflow:
    key: str
    title: str
    summary: str
    trigger: Trigger
    inputs: tuple[Input, ...]
    read_inputs: Callable[[Mapping[str, Any]], Any]  # the stored JSON -> a frozen dataclass
    context: tuple[ContextQuery, ...]
    preconditions: tuple[Precondition, ...]
    gate: Gate
    steps: tuple[Step, ...]
    afterwards: tuple[AfterAction, ...]
    verify: tuple[Check, ...]
    retry: Retry


@dataclass(frozen=True)
class ActionType:
    """What the gate needs to know of one kind of proposed action.

    `live` returns, per action id, the numbers a decision is bound to as they are now; the content hash is
    taken over them. `decided` carries a decision into the owner's rows, inside the gate's transaction.
    `objection` may refuse a decision with a sentence ("" when there is none). `stays_open` keeps an envelope open
    whose lines are all decided, because more will come. `page` gives the decision page what it shows beside the
    live numbers, rendered by `template`.
    """

    key: str
    title: str
    live: Callable[[list[Any]], dict[int, dict[str, Any]]]
    decided: Callable[[Any], None]
    objection: Callable[[Any], str] = lambda decision: ""
    stays_open: Callable[[Any], bool] = lambda envelope: False
    can_send_back: bool = False
    page: Callable[[Any], dict[str, Any]] = lambda page: {}
    template: str = "approvals/decision_payload.html"


@dataclass(frozen=True)
class EmailKind:
    """What the gate needs to know of one kind of e-mail, by its template's name.

    `may_leave` is asked before every attempt to send: "" or the sentence why it is held back. `has_left` runs in the
    transaction that records it as sent. `objection` may refuse an edited draft for its recipients.
    """

    template: str
    may_leave: Callable[["OutboundEmail"], str] = lambda email: ""
    has_left: Callable[["OutboundEmail"], None] = lambda email: None
    objection: Callable[["ProposedAction", Sequence[str]], list[str]] = lambda draft, recipients: []
