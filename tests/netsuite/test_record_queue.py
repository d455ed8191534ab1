"""The queue over the REST record API: the same promises, NetSuite's own log as the judge."""

from datetime import date
from decimal import Decimal

import pytest

from approvals.models import Alert
from netsuite import queue
from netsuite.decisions import retry_push
from netsuite.drain import drain
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.outcomes import (
    Confirmed,
)
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment
from tests.netsuite.rest_stage import TYPE, client, content, enqueue, record, tries
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_once, sends


@pytest.mark.django_db(transaction=True)
class TestExactlyOnce:
    def test_the_queue_is_written_in_order_once(self, rest, simulator):
        numbers = [f"CS-IA-{number}" for number in range(1, 6)]
        for number in numbers:
            enqueue(number, "501", "502")
        report = drain()
        assert (report.confirmed, report.sent, report.looked_up) == (5, 5, 0)
        assert_once(simulator, *numbers)
        assert [row["external_id"] for row in sends(simulator)] == numbers
        assert drain().sent == 0

    @pytest.mark.parametrize(
        "effect", ["hang_after_commit", "reset_after_commit", "http_500_after_commit", "html_504_after_commit"]
    )
    @pytest.mark.usefixtures("hurried")
    def test_an_answer_lost_after_the_commit_is_found_by_look_up(self, rest, simulator, effect):
        simulator.control.add_fault(effect, op="push")
        enqueue("CS-IA-1")
        assert drain().confirmed == 1
        assert tries("CS-IA-1") == [("send", "unknown"), ("lookup", "existing")]
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.parametrize("effect", ["reset_before_commit", "http_500_before", "html_502"])
    def test_an_answer_lost_before_the_commit_is_sent_again_after_a_look_up(self, rest, simulator, later, effect):
        simulator.control.add_fault(effect, op="push")
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        assert drain().sent == 0, "not before the first send has had its minute"
        later(61)
        assert drain().confirmed == 1
        assert [kind for kind, _ in tries("CS-IA-1")] == ["send", "lookup", "lookup", "send"]
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.usefixtures("hurried")
    def test_a_late_commit_is_not_sent_twice(self, rest, simulator, later):
        simulator.control.add_fault("late_commit", op="push", seconds=120)
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        later(61)
        assert drain().confirmed == 1, "the look-up found nothing, so it was sent again"
        simulator.control.advance(130)
        poll_until_late(simulator)
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.parametrize("effect", ["hang_before_commit", "html_502", "throttle", "reset_before_commit"])
    @pytest.mark.usefixtures("hurried")
    def test_a_record_that_cannot_be_read_back_is_looked_up_not_resent(self, rest, simulator, later, effect):
        simulator.control.add_fault(effect, op="lookup")
        enqueue("CS-IA-1")
        drain()
        later(400)
        drain()
        assert Push.objects.get().status == "confirmed"
        assert "reading it back failed" in PushAttempt.objects.get(number=1).message
        assert len(sends(simulator)) == 1
        assert_once(simulator, "CS-IA-1")

    def test_a_record_not_shown_yet_is_waited_for(self, rest, simulator, later):
        simulator.control.add_fault("read_lag", op="push", seconds=30)
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        simulator.control.advance(31)
        later(61)
        assert drain().confirmed == 1
        assert len(sends(simulator)) == 1

    def test_a_duplicate_that_is_ours_is_confirmed(self, rest, simulator):
        push = enqueue("CS-IA-1")
        assert isinstance(client().push(**content("CS-IA-1", push.payload)), Confirmed)
        assert drain().confirmed == 1
        assert tries("CS-IA-1") == [("send", "duplicate"), ("lookup", "existing")]
        assert len(simulator.control.transactions()) == 1

    def test_a_duplicate_of_another_content_is_a_conflict(self, rest, simulator):
        assert isinstance(client().push(**content("CS-IA-1", record("509"))), Confirmed)
        enqueue("CS-IA-1", "501")
        assert drain().conflict == 1
        assert len(simulator.control.transactions()) == 1

    def test_an_item_without_an_id_waits_for_a_person_and_the_others_go_on(self, rest, simulator, later, operator):
        queue.enqueue(
            record_type=TYPE,
            external_id="CS-IA-1",
            record=inventory_adjustment(
                tran_date=date(2026, 11, 21),
                memo="",
                account_id="54",
                subsidiary_id="",
                location=Reference("MAIN", "7"),
                lines=[AdjustmentLine(Reference("000123"), Decimal("1"))],
            ),
            label="Count",
            line_count=1,
        )
        enqueue("CS-IA-2", "501")
        report = drain()
        assert (report.confirmed, report.needs_human) == (1, 1)
        assert "Item 000123 has no NetSuite internal id" in Push.objects.get(external_id="CS-IA-1").last_outcome
        assert Alert.objects.filter(key="netsuite-push-CS-IA-1", resolved_at=None).exists()
        rest.NETSUITE_TRANSPORT = "restlet"
        retry_push(push=Push.objects.get(external_id="CS-IA-1"), by=operator, reason="Sent through the RESTlet")
        drain()
        later(61)
        assert drain().confirmed == 1
        assert_once(simulator, "CS-IA-1", "CS-IA-2")

    def test_refused_logins_stop_the_drain(self, rest, simulator):
        simulator.control.add_fault("auth_revoke", op="push")
        if rest.NETSUITE_AUTH == "m2m":
            simulator.control.add_fault("auth_revoke", op="push")
        for number in range(1, 20):
            enqueue(f"CS-IA-{number}", f"{number}")
        assert "refused our login" in drain().halted
        assert len(simulator.control.audit_trail()) <= 2
        assert DrainLease.objects.get().halt == "login"
        assert not simulator.control.transactions()

    @pytest.mark.kill
    @pytest.mark.parametrize("point", ["before_send", "after_send_before_record", "while_recording"])
    def test_killed_on_the_way_it_is_written_once(self, rest, simulator, later, forks, point):
        names = (
            *("TRANSPORT", "ADJUSTMENT_ACCOUNT_ID", "AUTH", "CLIENT_ID", "CERTIFICATE_ID", "M2M_ALGORITHM"),
            *("PRIVATE_KEY", "REST_BASE_URL"),
        )
        forks.settings |= {f"NETSUITE_{name}": getattr(rest, f"NETSUITE_{name}") for name in names}
        enqueue("CS-IA-1")
        assert forks.run(["drain_pushes"], COUNTERSIGN_FAILPOINT=point).code == -9
        later(4000)
        drain()
        later(400)
        drain()
        assert Push.objects.get().status == "confirmed"
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.usefixtures("hurried")
    def test_a_push_begun_over_the_restlet_is_found_over_the_record_api(self, rest, simulator):
        simulator.control.add_fault("hang_after_commit", op="push")
        enqueue("CS-IA-1")
        rest.NETSUITE_TRANSPORT = "restlet"
        drain(max_pushes=1)
        Push.objects.filter(status="confirmed").update(status="unknown", confirmed_at=None)
        rest.NETSUITE_TRANSPORT = "rest"
        assert drain().confirmed == 1
        assert_once(simulator, "CS-IA-1")


def poll_until_late(simulator) -> None:
    eventually(lambda: simulator.control.status()["late_writes_waiting"] == 0)
