"""Ten days of a warehouse in a minute: counts, shipments, people who decide at the same moment, a NetSuite that fails
in every way it knows, and processes that are killed. Every step draws from a generator of its own, named by seed and
step, so that a seed replays the same days; which of two people is faster is left to the machine.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count

from approvals.failpoints import Failpoint
from approvals.models import ProposedAction, WorkflowRun
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.counting.gate import ENVELOPE, SIGN_OFF
from inventory.models import Adjustment, CountLine, Item, Movement
from netsuite.decisions import retry_push
from netsuite.drain import drain
from netsuite.models import Push, PushAttempt
from netsuite.simulator.running import Running
from tests import factories as make
from tests.forking import Child, ForkServer
from tests.netsuite.stage import LOTS, assert_books_agree, assert_no_duplicates

DAY = 24 * 3600
STEPS_A_DAY = 8
MOST_ROUNDS = 60
WHILE_DECIDING = (Failpoint.AFTER_DECISION, Failpoint.WHILE_POSTING, Failpoint.BEFORE_WAKE_UP)
WHILE_DRAINING = tuple(place for place in Failpoint if place not in WHILE_DECIDING)
TROUBLES: tuple[dict[str, Any], ...] = (
    {"effect": "reset_before_read"},
    {"effect": "reset_before_commit"},
    {"effect": "reset_after_commit"},
    {"effect": "hang_before_commit", "seconds": 2},
    {"effect": "hang_after_commit", "seconds": 2},
    {"effect": "late_commit", "seconds": 0.5, "method": "POST"},
    {"effect": "read_lag", "seconds": 1, "method": "POST"},
    {"effect": "refuse", "seconds": 0.3},
    {"effect": "truncated_body"},
    {"effect": "garbage_html_200"},
    {"effect": "html_502"},
    {"effect": "html_504_after_commit"},
    {"effect": "throttle"},
    {"effect": "http_500_before"},
    {"effect": "http_500_after_commit"},
    {"effect": "http_503"},
    {"effect": "overload_as_invalid_login"},
)


@dataclass
class Simulation:
    simulator: Running
    forks: ForkServer
    seed: int
    days: int
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.zones = [make.zone(code) for code in ("A", "B", "C")]
        self.items: dict[int, list[Item]] = {}
        for home in self.zones:
            make.ballast(home)
            self.items[home.pk] = [make.stock(500, home=home, cost=cost) for cost in (1, 2, 3, 5, 8, 40)]
        self.people = [make.approver(name).username for name in ("ada", "bob", "cleo")]
        self.operator = make.user("olga", superuser=True)

    def run(self) -> None:
        for step in range(self.days * STEPS_A_DAY):
            self._step(random.Random(f"{self.seed}:{step}"))
            if step % STEPS_A_DAY == STEPS_A_DAY - 1:
                self.check()
        self._settle()
        self.check()
        self.check_the_end()

    def _step(self, dice: random.Random) -> None:
        if dice.random() < 0.5:
            self._ship(dice)
        if dice.random() < 0.5:
            self._count(dice)
        if dice.random() < 0.7:
            self._add_trouble(dice)
        self._decide(dice)
        if dice.random() < 0.3:
            self._be_done(self.forks.start(["tick"], **self._death(dice, WHILE_DECIDING)))
        if dice.random() < 0.4:
            self._retry_what_is_stuck("Tried again")
        deaths = [self._death(dice, WHILE_DRAINING) for _ in range(dice.choice((1, 1, 2)))]
        drains = [self.forks.start(["drain_pushes"], **death) for death in deaths]
        for child in drains:
            self._be_done(child)
        self.pass_time(dice.randrange(60, 2 * DAY // STEPS_A_DAY - 60))

    def _ship(self, dice: random.Random) -> None:
        home = dice.choice(self.zones)
        make.move(dice.choice(self.items[home.pk]), -dice.randint(1, 5), home=home)

    def _count(self, dice: random.Random) -> None:
        home = dice.choice(self.zones)
        items = dice.sample(self.items[home.pk], dice.randint(1, 4))
        counts = [(item, make.on_hand(item, home) + dice.choice((-40, -9, -2, 0, 1, 3, 12, 60))) for item in items]
        try:
            make.count(home, counts)
            self.told["counts"] += 1
        except Refused:
            self.told["counts refused"] += 1

    def _add_trouble(self, dice: random.Random) -> None:
        if dice.random() < 0.1:
            self.simulator.control.revoke_token()
        else:
            self.simulator.control.restore_token()
        method = dice.choice(("POST", "POST", "GET"))
        rule = {"count": dice.randint(1, 3), "nth": dice.randint(1, 2), "method": method} | dice.choice(TROUBLES)
        self.simulator.control.add_fault(**rule)
        self.told["troubles"] += 1

    def _decide(self, dice: random.Random) -> None:
        """Two people at the same envelope in the same moment, not always of one mind, one of them perhaps killed."""
        for action in ProposedAction.objects.filter(action_type__in=(ENVELOPE, SIGN_OFF), status="pending"):
            if dice.random() < 0.5:
                continue
            one, other = dice.sample(self.people, 2)
            against = dice.random() < 0.25
            verdict = ["reject_action", "--note", "Not true"] if against else ["approve_action"]
            both = [
                self.forks.start(["approve_action", str(action.pk), "--by", one], **self._death(dice, WHILE_DECIDING)),
                self.forks.start([verdict[0], str(action.pk), "--by", other, *verdict[1:]]),
            ]
            for child in both:
                self._be_done(child)

    def _death(self, dice: random.Random, places: tuple[Failpoint, ...]) -> dict[str, str]:
        if dice.random() < 0.4:
            return {}
        return {"COUNTERSIGN_FAILPOINT": f"{dice.choice(places)}:{dice.choice((1, 1, 1, 2))}"}

    def _be_done(self, child: Child) -> None:
        code = child.wait()
        self.told["killed" if code == -9 else "refused" if code else "done"] += 1
        assert code in (0, -9) or "CommandError" in child.printed, child.printed

    def _retry_what_is_stuck(self, reason: str) -> None:
        for push in Push.objects.filter(status__in=Push.STUCK):
            assert push.last_outcome, f"{push} waits for a human without a reason"
            retry_push(push=push, by=self.operator, reason=reason)
            self.told["retried by a person"] += 1

    def pass_time(self, seconds: int) -> None:
        settings.CLOCK_OFFSET_SECONDS += seconds
        self.forks.settings["CLOCK_OFFSET_SECONDS"] = settings.CLOCK_OFFSET_SECONDS

    def _settle(self) -> None:
        """NetSuite is well again; the program and an operator bring everything to its end."""
        self.simulator.control.clear_faults()
        self.simulator.control.restore_token()
        settings.NETSUITE_READ_TIMEOUT = 30.0
        for _ in range(MOST_ROUNDS):
            tick()
            drain()
            self._retry_what_is_stuck("NetSuite is well again")
            self.pass_time(1900)
            if not Push.objects.exclude(status__in=Push.FINAL).exists():
                return
        raise AssertionError(f"not settled: {Counter(Push.objects.values_list('status', flat=True))}")

    def check(self) -> None:
        """What must be true at any moment."""
        assert_no_duplicates(self.simulator)
        held = {row["external_id"]: row["payload_hash"] for row in self.simulator.control.transactions(limit=LOTS)}
        pushes = dict(Push.objects.values_list("external_id", "payload_hash"))
        assert held.items() <= pushes.items(), "NetSuite holds what we never queued"
        confirmed = set(Push.objects.filter(status=Push.Status.CONFIRMED).values_list("external_id", flat=True))
        assert confirmed <= set(held), "confirmed, and NetSuite does not hold it"
        counted = Movement.objects.filter(kind=Movement.Kind.COUNT).order_by()
        assert not counted.values("count_line").annotate(n=Count("pk")).filter(n__gt=1).exists(), "posted twice"
        decided = (CountLine.Decision.APPROVED, CountLine.Decision.GUARDRAIL)
        assert not counted.exclude(count_line__decision__in=decided).exists(), "posted without a decision"

    def check_the_end(self) -> None:
        """Nothing lost: all that was decided is posted, all that is posted is in NetSuite, item by item."""
        decided = (CountLine.Decision.APPROVED, CountLine.Decision.GUARDRAIL)
        lines = CountLine.objects.filter(decision__in=decided).exclude(variance=0)
        waiting = WorkflowRun.objects.exclude(status=WorkflowRun.Status.COMPLETED)
        assert not lines.filter(adjustment=None).exclude(sheet__run__in=waiting).exists(), "decided and not posted"
        assert not Adjustment.objects.filter(posted_at=None).exists()
        assert not WorkflowRun.objects.filter(status=WorkflowRun.Status.FAILED).exists()
        assert set(Push.objects.values_list("status", flat=True)) == {Push.Status.CONFIRMED}
        assert Push.objects.count() == Adjustment.objects.exclude(line_count=0).count()
        assert_books_agree(self.simulator)
        sends = PushAttempt.objects.filter(kind=PushAttempt.Kind.SEND).values("push").annotate(n=Count("pk"))
        self.told |= Counter(pushes=Push.objects.count(), resent=sends.filter(n__gt=1).count())
