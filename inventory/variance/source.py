"""What the gate and the posting need to know of one kind of source: a count, a workbook."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import Decision
from inventory.models import Location
from inventory.variance.expected import expected_now
from inventory.variance.guardrails import Verdict

Stated = tuple[int, int, datetime]
"""Line id, item id, and when what the source says was true."""


@dataclass(frozen=True)
class Subject:
    """One sheet or sync, as the gate, the record and NetSuite are told of it."""

    row: Any
    location: Location
    name: str  # "MAIN / A"
    title: str  # of the envelope
    memo: str  # for NetSuite
    on: date  # the posting's date for NetSuite
    entity_type: str
    entity_id: int
    event_subject: str
    payload: Mapping[str, Any] = field(default_factory=dict)  # beside the envelope's figures
    facts: Mapping[str, Any] = field(default_factory=dict)  # beside the posting's figures
    participants: tuple[int, ...] = ()


@dataclass(frozen=True)
class Source:
    """`lines` are its VarianceLine rows, whose column `owner` leads to the sheet or sync, as the adjustment's does."""

    owner: str
    lines: Any
    line_link: str  # how a proposed action leads back to its line
    envelope: str
    adjustment: str
    sign_off: str
    to_people: tuple[str, ...]  # classifications that a person decides
    says: str  # "counted", "Excel says"
    what: str  # "the count", for sentences
    guardrail: Callable[[], str]  # name and version under which lines post without a human
    subject_of: Callable[[WorkflowRun], Subject]
    judge_again: Callable[[Any, Decimal], tuple[Verdict, str]]  # line, expected now -> verdict, classification
    expected: Callable[[Location, Sequence[Stated]], dict[int, tuple[Decimal, Decimal]]] = expected_now
    still_to_come: Callable[[WorkflowRun], int] = lambda run: 0  # lines that will yet be proposed
    send_back: Callable[[list[ProposedAction], Decision], None] = lambda actions, decision: None

    def lines_of(self, subject: Subject) -> Any:
        return self.lines.objects.filter(**{self.owner: subject.row})
