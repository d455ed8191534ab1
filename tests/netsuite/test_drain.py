"""Exactly once, whatever happens between us and NetSuite. The simulator's own log is the judge."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from netsuite import permits
from netsuite.decisions import cancel_push, retry_push
from netsuite.drain import drain
from netsuite.halts import resume_drain
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.records import INVENTORY_ADJUSTMENT
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_once, enqueue, open_alerts, sends, state, tries

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_queue_is_written_in_order_once(simulator):
    for number in range(1, 6):
        enqueue(f"CS-IA-{number}", "000123", "000124")
    report = drain()
    assert (report.confirmed, report.sent, report.waiting) == (5, 5, 0)
    assert_once(simulator, *(f"CS-IA-{number}" for number in range(1, 6)))
    assert [row["external_id"] for row in sends(simulator)] == [f"CS-IA-{number}" for number in range(1, 6)]
    push = Push.objects.get(external_id="CS-IA-1")
    held = simulator.control.transactions("CS-IA-1")[0]
    assert (push.internal_id, push.tran_id) == (held["id"], held["tranid"])
    assert held["payload_hash"] == push.payload_hash
    assert drain().sent == 0


@pytest.mark.usefixtures("hurried")
def test_a_record_that_arrives_after_the_first_look_up_is_not_sent_twice(simulator, later):
    simulator.control.add_fault("late_commit", seconds=120)
    enqueue("CS-IA-1")
    assert drain().unknown == 1
    simulator.control.advance(121)
    eventually(lambda: simulator.control.transactions("CS-IA-1"))
    later(61)
    assert drain().confirmed == 1
    assert [kind for kind, _ in tries("CS-IA-1")] == ["send", "lookup", "lookup"]
    assert_once(simulator, "CS-IA-1")


def test_the_last_attempt_waits_out_netsuites_own_time_limit(simulator, later):
    simulator.control.add_fault("reset_before_commit", method="POST", count=3)
    enqueue("CS-IA-1")
    drain()
    later(61)
    drain()
    assert len(sends(simulator)) == 2
    later(300)
    drain()
    assert len(sends(simulator)) == 2, "330 seconds have not passed since the second send"
    later(31)
    drain()
    assert len(sends(simulator)) == 3
    later(331)
    assert drain().needs_human == 1
    push = Push.objects.get()
    assert push.attempts == 3
    assert push.last_outcome == "Sent 3 times without an answer, and NetSuite does not hold it."
    assert open_alerts() == ["netsuite-push-CS-IA-1"]
    assert_once(simulator)


def test_a_person_can_give_it_three_more_attempts(simulator, later, operator):
    test_the_last_attempt_waits_out_netsuites_own_time_limit(simulator, later)
    retry_push(push=Push.objects.get(), by=operator, reason="NetSuite is back")
    assert drain().confirmed == 1
    assert not open_alerts()
    assert_once(simulator, "CS-IA-1")


def test_maintenance_is_waited_out_and_looked_up(simulator, later):
    simulator.control.add_fault("http_503")
    enqueue("CS-IA-1")
    drain()
    assert Push.objects.get().attempts == 0
    later(61)
    assert drain().confirmed == 1
    assert_once(simulator, "CS-IA-1")


def test_a_replaced_token_is_tried_at_once(simulator, settings):
    enqueue("CS-IA-1")
    good = settings.NETSUITE_TOKEN_SECRET
    settings.NETSUITE_TOKEN_SECRET = "expired"
    assert "refused our login" in drain().halted
    settings.NETSUITE_TOKEN_SECRET = good
    assert drain().confirmed == 1


def test_a_long_revocation_is_probed_less_and_less_often(simulator, later):
    """A minute, half an hour, 2 hours, 6 hours, then daily: five refused logins in a short time lock the user."""
    enqueue("CS-IA-1")
    simulator.control.revoke_token()
    drain()
    day = 24 * 3600
    for logins, wait in enumerate((60, 1800, 2 * 3600, 6 * 3600, day, day), start=1):
        later(wait - 30)
        assert "refused our login" in drain().halted
        assert len(simulator.control.audit_trail()) == logins, f"too early after {wait} s"
        later(31)
        drain()
        assert len(simulator.control.audit_trail()) == logins + 1, f"not tried after {wait} s"
    simulator.control.restore_token()
    simulator.control.unlock_user()
    later(day + 1)
    assert drain().confirmed == 1
    assert not open_alerts()


def test_an_operator_resumes_and_a_bad_token_stops_again_after_one_login(simulator, later, operator):
    enqueue("CS-IA-1")
    simulator.control.revoke_token()
    drain()
    later(61)
    drain()
    resume_drain(by=operator)
    assert "refused our login" in drain().halted
    assert len(simulator.control.audit_trail()) == 3
    assert "refused our login" in drain().halted
    assert len(simulator.control.audit_trail()) == 3
    simulator.control.restore_token()
    resume_drain(by=operator)
    assert drain().confirmed == 1
    assert DrainLease.objects.get().failed_logins == 0


def test_resuming_needs_permission(django_user_model):
    with pytest.raises(PermissionDenied, match="may not resume"):
        resume_drain(by=django_user_model.objects.create_user("sam"))


def test_a_wrong_script_stops_everything_and_says_what_to_check(simulator, settings, later):
    enqueue("CS-IA-1")
    settings.NETSUITE_SCRIPT = "customscript_elsewhere"
    assert "script and its deployment" in drain().halted
    assert Push.objects.get().attempts == 0
    settings.NETSUITE_SCRIPT = "customscript_countersign_push"
    later(61)
    assert drain().confirmed == 1


def test_incomplete_settings_send_nothing_and_name_the_setting(simulator, settings):
    enqueue("CS-IA-1")
    settings.NETSUITE_TOKEN = ""
    assert "NETSUITE_TOKEN is empty" in drain().halted
    assert state("CS-IA-1") == "pending"
    assert not simulator.control.requests()


def test_an_owner_who_cannot_answer_holds_back_that_push_alone(simulator, monkeypatch):
    def permit(push: Push) -> str:
        return {"CS-IA-2": ""}[push.external_id]

    monkeypatch.setitem(permits._permits, INVENTORY_ADJUSTMENT, permit)
    enqueue("CS-IA-1", "A")
    enqueue("CS-IA-2", "B")
    assert drain().confirmed == 1
    assert (state("CS-IA-1"), state("CS-IA-2")) == ("needs_human", "confirmed")
    assert "could not be found out" in Push.objects.get(external_id="CS-IA-1").last_outcome
    assert_once(simulator, "CS-IA-2")


def test_a_refusal_holds_back_only_later_pushes_for_the_same_items(simulator):
    simulator.control.add_fault("item_inactivate", value="A")
    enqueue("CS-IA-1", "A", "B")
    enqueue("CS-IA-2", "B", "C")
    enqueue("CS-IA-3", "C")
    enqueue("CS-IA-4", "B", location="EAST")
    enqueue("CS-IA-5", "D")
    report = drain()
    assert (report.needs_human, report.held_back, report.confirmed) == (1, 2, 2)
    states = {push.external_id[-1]: push.status for push in Push.objects.all()}
    assert states == {"1": "needs_human", "2": "pending", "3": "pending", "4": "confirmed", "5": "confirmed"}
    assert open_alerts() == ["netsuite-push-CS-IA-1"]
    assert PushAttempt.objects.get(push__external_id="CS-IA-1").raw_answer


def test_cancelling_the_stuck_push_lets_the_others_through(simulator, operator):
    simulator.control.add_fault("item_inactivate", value="A")
    enqueue("CS-IA-1", "A", "B")
    enqueue("CS-IA-2", "B")
    assert drain().needs_human == 1
    cancel_push(push=Push.objects.get(external_id="CS-IA-1"), by=operator, reason="wrong item")
    assert drain().confirmed == 1
    assert_once(simulator, "CS-IA-2")


def test_in_an_outage_only_the_push_already_tried_uses_up_its_attempts(simulator, settings, later, free_port):
    for number in range(3):
        enqueue(f"CS-IA-{number}", f"I{number}")
    address = settings.NETSUITE_RESTLET_BASE_URL
    settings.NETSUITE_RESTLET_BASE_URL = f"http://127.0.0.1:{free_port()}"
    for _ in range(10):
        drain()
        later(61)
    assert {push.external_id: push.attempts for push in Push.objects.all()} == {
        "CS-IA-0": 3,
        "CS-IA-1": 0,
        "CS-IA-2": 0,
    }
    assert state("CS-IA-0") == "needs_human"
    assert "netsuite-unreachable" in open_alerts()
    settings.NETSUITE_RESTLET_BASE_URL = address
    assert drain().confirmed == 2
    assert "netsuite-unreachable" not in open_alerts()


def test_waits_between_attempts_grow(simulator, settings, later, free_port):
    enqueue("CS-IA-1")
    settings.NETSUITE_RESTLET_BASE_URL = f"http://127.0.0.1:{free_port()}"
    for wait in (0, 3, 10):
        later(wait)
        drain()
    assert Push.objects.get().attempts == 3


def test_a_look_up_that_keeps_failing_alerts_and_never_sends(simulator, later):
    simulator.control.add_fault("reset_before_commit", method="POST")
    simulator.control.add_fault("http_500_before", method="GET", count=6)
    enqueue("CS-IA-1")
    for _ in range(6):
        drain()
        later(301)
    assert len(sends(simulator)) == 1
    assert open_alerts() == ["netsuite-push-CS-IA-1"]
    assert state("CS-IA-1") == "unknown"
    drain()
    assert state("CS-IA-1") == "confirmed"
    assert_once(simulator, "CS-IA-1")


def test_at_most_so_many_pushes(simulator):
    for number in range(3):
        enqueue(f"CS-IA-{number}", f"I{number}")
    assert drain(max_pushes=2).confirmed == 2
    assert Push.objects.filter(status="pending").count() == 1


def test_the_command_prints_figures_and_a_story(simulator, capsys):
    enqueue("CS-IA-1")
    call_command("drain_pushes", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["confirmed"] == 1
    assert {"retried", "unknown", "needs_human", "busy", "held_back"} <= set(figures)
    enqueue("CS-IA-2")
    call_command("drain_pushes")
    assert "CS-IA-2: NetSuite holds it as" in capsys.readouterr().out
