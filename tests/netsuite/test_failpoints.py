"""kill -9 at every named place between the click and the confirmation: each adjustment arrives, once."""

import signal

import pytest

from approvals.failpoints import Failpoint
from approvals.models import ProposedAction
from approvals.ticking import tick
from inventory.models import Adjustment
from netsuite.drain import drain
from netsuite.models import Push, PushAttempt
from tests import factories as make
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_books_agree, assert_once, enqueue, sends, state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.kill]


def count_of_two_batches() -> ProposedAction:
    """One line within guardrail, which is queued at once, and one that waits for a person; the envelope."""
    home = make.zone()
    make.ballast(home)
    small, large = make.stock(142, home=home, cost=1), make.stock(142, home=home, cost=5)
    return make.envelope_of(make.count(home, [(small, 143), (large, 184)]))


def test_there_are_twelve_of_them():
    assert len(Failpoint) == 12


@pytest.mark.parametrize("point", Failpoint)
def test_killed_at_a_named_place_what_was_approved_arrives_once(simulator, later, forks, point):
    envelope = count_of_two_batches()
    make.approver("ada")
    if point is Failpoint.AFTER_LOOKUP_BEFORE_RECORD:
        simulator.control.add_fault("reset_after_commit", method="POST")

    program = forks.run(
        ["approve_action", str(envelope.pk), "--by", "ada"], ["drain_pushes"], COUNTERSIGN_FAILPOINT=point
    )
    assert program.code == -signal.SIGKILL, f"{point} was never reached: {program.printed}"
    [line] = envelope.lines.all()
    assert line.status == ProposedAction.Status.APPROVED, "every place is after the decision has committed"

    for _ in range(3):
        tick()
        assert not drain().busy
        later(61)
    pushes = list(Push.objects.values_list("external_id", "status"))
    assert [status for _, status in pushes] == ["confirmed"] * 2
    assert Adjustment.objects.exclude(posted_at=None).count() == 2
    assert not PushAttempt.objects.filter(finished_at=None).exists()
    assert_once(simulator, *(external_id for external_id, _ in pushes))
    assert_books_agree(simulator)


def test_killed_while_netsuite_has_recorded_it_and_withholds_its_answer(simulator, forks):
    simulator.control.add_fault("hang_after_commit", seconds=60, method="POST")
    forks.settings["NETSUITE_READ_TIMEOUT"] = 120
    enqueue("CS-IA-1")
    program = forks.start(["drain_pushes"])
    eventually(lambda: simulator.control.transactions("CS-IA-1"))
    assert state("CS-IA-1") == "in_flight"
    program.kill()
    assert program.wait() == -signal.SIGKILL
    report = drain()
    assert (report.taken_over, report.sent, report.confirmed) == (1, 0, 1)
    assert len(sends(simulator)) == 1
    assert_once(simulator, "CS-IA-1")
