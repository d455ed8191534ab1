"""What the integration was accepted by, one numbered scenario each. The simulator's own log is the judge.

Thirteen to fifteen are about other subjects and lie with them: the mirror and OAuth 2.0.
"""

import json
import re
import signal
from datetime import date, datetime

import pytest
from django.core.management import call_command

from approvals.models import Alert
from netsuite import queue
from netsuite.drain import drain
from netsuite.halts import LOGIN_ALERT
from netsuite.models import Push, PushAttempt
from netsuite.records import payload_hash
from netsuite.simulator.running import running_simulator
from tests.netsuite.rest_stage import record
from tests.netsuite.signatures import VECTORS, parts
from tests.netsuite.simulator_client import ForeignClient, eventually
from tests.netsuite.stage import (
    adjustment,
    assert_once,
    enqueue,
    open_alerts,
    sends,
    state,
    tries,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("signer", "moment", "method", "url", "expected"), VECTORS)
def test_published_signatures_are_ours(signer, moment, method, url, expected):
    """Acceptance 1: the test vectors."""
    signed = signer.sign_at(method=method, url=url, **moment)
    assert parts(signed.authorization)["oauth_signature"] == expected


@pytest.mark.parametrize(
    "effect",
    ["hang_after_commit", "reset_after_commit", "http_500_after_commit", "html_504_after_commit", "truncated_body"],
)
@pytest.mark.usefixtures("hurried")
def test_an_answer_lost_after_the_commit_is_found_by_look_up(simulator, effect):
    """Acceptance 2: a time-out (or another lost answer) after the commit leaves one record."""
    simulator.control.add_fault(effect)
    enqueue("CS-IA-1")
    assert drain().confirmed == 1
    assert tries("CS-IA-1") == [("send", "unknown"), ("lookup", "existing")]
    assert_once(simulator, "CS-IA-1")
    assert not simulator.control.unused_faults()


@pytest.mark.usefixtures("hurried")
def test_a_late_commit_that_the_resend_has_overtaken_changes_nothing(simulator, later):
    """Acceptance 3: time-out, nothing found, sent again, and then NetSuite comes to the first: one record."""
    simulator.control.add_fault("late_commit", seconds=3600)
    enqueue("CS-IA-1")
    assert drain().unknown == 1
    later(61)
    assert drain().confirmed == 1
    assert [kind for kind, _ in tries("CS-IA-1")] == ["send", "lookup", "lookup", "send"]
    simulator.control.advance(3601)
    eventually(lambda: simulator.control.requests(external_id="CS-IA-1")[-1]["outcome"] == "late: existing")
    assert_once(simulator, "CS-IA-1")


def test_a_record_no_look_up_shows_yet_is_met_by_the_resend(simulator, later):
    """Acceptance 3, the duplicate path: recorded but hidden, sent again, NetSuite's unique key says it is there."""
    simulator.control.add_fault("read_lag", op="push", seconds=300)
    simulator.control.add_fault("reset_after_commit", op="push")
    enqueue("CS-IA-1")
    assert drain().unknown == 1
    later(61)
    assert drain().confirmed == 1
    assert tries("CS-IA-1")[-1] == ("send", "existing")
    assert len(sends(simulator)) == 2
    assert_once(simulator, "CS-IA-1")


@pytest.mark.parametrize("effect", ["reset_before_commit", "http_500_before", "html_502"])
def test_an_answer_lost_before_the_commit_is_sent_again_after_a_look_up(simulator, later, effect):
    """Acceptance 4: a reset (or a server error) before the commit leaves one record after two attempts."""
    simulator.control.add_fault(effect)
    enqueue("CS-IA-1")
    assert drain().unknown == 1
    assert drain().sent == 0, "not before the first send has had its minute"
    later(61)
    assert drain().confirmed == 1
    assert [kind for kind, _ in tries("CS-IA-1")] == ["send", "lookup", "lookup", "send"]
    assert Push.objects.get().attempts == 2
    assert_once(simulator, "CS-IA-1")


@pytest.mark.slow
@pytest.mark.kill
def test_killed_between_netsuites_commit_and_ours_it_is_confirmed_by_look_up(simulator, forks):
    """Acceptance 5: a crash between send and state write leaves one record."""
    enqueue("CS-IA-1")
    killed = forks.run(["drain_pushes"], COUNTERSIGN_FAILPOINT="after_send_before_record")
    assert killed.code == -signal.SIGKILL
    assert state("CS-IA-1") == "in_flight"
    assert len(simulator.control.transactions()) == 1
    report = drain()
    assert (report.taken_over, report.looked_up, report.sent, report.confirmed) == (1, 1, 0, 1)
    assert len(sends(simulator)) == 1
    assert_once(simulator, "CS-IA-1")


@pytest.mark.slow
@pytest.mark.kill
def test_two_drains_started_together_write_one_at_a_time(simulator, forks):
    """Acceptance 6: two writers, and never two writes at once."""
    simulator.control.add_fault("slow", seconds=0.1, count=20, method="POST")
    names = [f"CS-IA-{number}" for number in range(10)]
    for number, name in enumerate(names):
        enqueue(name, f"I{number}")
    both = [forks.start(["drain_pushes", "--json"]) for _ in range(2)]
    assert [drainer.wait() for drainer in both] == [0, 0]
    reports = [json.loads(drainer.printed.splitlines()[-1]) for drainer in both]
    assert sorted(report["confirmed"] for report in reports) == [0, 10]
    assert sorted(report["busy"] for report in reports) == [False, True]
    assert simulator.control.concurrency()["peak_writers"] == 1
    assert_once(simulator, *names)


def test_ten_minutes_of_throttling_use_up_no_attempt(simulator, later):
    """Acceptance 7: throttled for ten minutes, no attempt consumed, nothing sent during the pauses."""
    fault = simulator.control.add_fault("throttle", count=None)
    for number in (1, 2):
        enqueue(f"CS-IA-{number}", f"I{number}")
    for seconds in (6, 12, 24, 48, 96, 192, 300):
        report = drain()
        assert "slow down" in report.halted
        assert "slow down" in drain().halted, "nothing is sent during the pause"
        later(seconds)
    assert len(sends(simulator)) == 7
    assert list(Push.objects.values_list("attempts", flat=True)) == [0, 0]
    simulator.control.clear_faults(fault)
    assert drain().confirmed == 2
    assert_once(simulator, "CS-IA-1", "CS-IA-2")


def fifty() -> list[str]:
    names = [f"CS-IA-{number}" for number in range(50)]
    for number, name in enumerate(names):
        enqueue(name, f"I{number}")
    return names


def test_a_revoked_token_stops_after_two_logins_with_the_queue_intact(simulator, later):
    """Acceptance 8: revoked with 50 rows queued: two failed logins, the user not locked; restored, it resumes."""
    names = fifty()
    simulator.control.revoke_token()
    for _ in range(59):
        drain()
        later(30)
    assert len(simulator.control.audit_trail()) == 2, "five failed logins would lock the user"
    assert Push.objects.filter(status="pending", attempts=0).count() == 50
    assert open_alerts() == [LOGIN_ALERT]
    simulator.control.restore_token()
    later(120)
    assert drain().confirmed == 50
    assert not open_alerts()
    assert_once(simulator, *names)


@pytest.mark.slow
def test_a_replaced_token_is_taken_up_without_anybodys_help(simulator, forks, later, tmp_path):
    """Acceptance 8: the workers come back with a new token, and the 50 rows leave at once."""
    names = fifty()
    with running_simulator(tmp_path / "account.sqlite3", token="old-token") as account:
        forks.settings |= {"NETSUITE_RESTLET_BASE_URL": account.base_url, "NETSUITE_TOKEN": "old-token"}
        account.control.revoke_token("old-token")
        for minute in range(20):
            forks.settings["CLOCK_OFFSET_SECONDS"] = minute * 60
            assert forks.run(["drain_pushes"]).code == 0
        assert [row["code"] for row in account.control.audit_trail()] == ["token_rejected"] * 2
        assert Push.objects.filter(status="pending", attempts=0).count() == 50
        account.options["token"] = "new-token"
        account.restart()
        forks.settings["NETSUITE_TOKEN"] = "new-token"
        drainer = forks.run(["drain_pushes"])
        assert Push.objects.filter(status="confirmed").count() == 50, drainer.printed
        assert len(account.control.audit_trail()) == 2
        assert not [row for row in account.control.tokens() if row["locked_until"]]
        assert not open_alerts()
        assert_once(account, *names)


def clocks_in(sentence: str) -> tuple[datetime, datetime]:
    """NetSuite's time and ours, as a person reads them."""
    found = re.search(r"NetSuite's time was (\S+ \S+) UTC and ours (\S+ \S+) UTC: NetSuite's clock is \d+ s", sentence)
    assert found, sentence
    return datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2])


def test_six_minutes_of_skew_stop_the_drain_and_the_clock_is_named(simulator, later, capsys):
    """Acceptance 9: a clock six minutes off is a refused login that shows both clocks and says what to check."""
    simulator.control.skew(240)
    call_command("netsuite_ping", "--json")
    pong = json.loads(capsys.readouterr().out)
    assert pong["server_time"]
    assert pong["clock_skew_seconds"] == pytest.approx(240, abs=10)

    enqueue("CS-IA-1")
    simulator.control.skew(360)
    halted = drain().halted
    assert "refused our login" in halted
    assert "this machine's clock" in halted
    both = clocks_in(halted)
    assert (both[0] - both[1]).total_seconds() == pytest.approx(360, abs=5)
    assert clocks_in(PushAttempt.objects.get().message) == both
    assert clocks_in(Alert.objects.get(key=LOGIN_ALERT).message) == both
    assert [row["code"] for row in simulator.control.audit_trail()] == ["InvalidTimestamp"]
    assert open_alerts() == [LOGIN_ALERT]
    assert (state("CS-IA-1"), Push.objects.get().attempts) == ("pending", 0)
    simulator.control.skew(0)
    later(61)
    assert drain().confirmed == 1
    assert_once(simulator, "CS-IA-1")


def test_a_closed_period_parks_its_push_and_the_others_flow(simulator):
    """Acceptance 10: finance must re-open or re-date one record; the rest does not wait for that."""
    simulator.control.add_fault("period_close", value="2026-10-15")
    enqueue("CS-IA-1", "A", on=date(2026, 10, 15))
    enqueue("CS-IA-2", "B")
    report = drain()
    assert (report.needs_human, report.confirmed) == (1, 1)
    assert "is closed" in Push.objects.get(external_id="CS-IA-1").last_outcome
    assert open_alerts() == ["netsuite-push-CS-IA-1"]
    assert drain().sent == 0
    assert_once(simulator, "CS-IA-2")


def test_the_same_key_with_another_payload_is_a_conflict(simulator):
    """Acceptance 11: same key, different payload; a person decides, NetSuite keeps what it has."""
    push = enqueue("CS-IA-1", "A")
    drain()
    other = adjustment("A", quantity="3")
    Push.objects.filter(pk=push.pk).update(
        status="pending",
        confirmed_at=None,
        payload=other,
        payload_hash=payload_hash(record_type=push.record_type, external_id="CS-IA-1", record=other),
    )
    assert drain().conflict == 1
    assert "content" in Push.objects.get().last_outcome
    assert open_alerts() == ["netsuite-push-CS-IA-1"]
    assert simulator.control.transactions()[0]["quantity_sum"] == "2.000"
    assert_once(simulator, "CS-IA-1")


def test_an_upsert_repeated_without_replace_doubles_the_lines(simulator):
    """Acceptance 12: `PUT eid` twice posts a delta twice under one external id, which is why ours is a POST."""
    place = "/services/rest/record/v1/inventoryAdjustment/eid:CS-IA-1"
    line = {"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": 3}
    document = {"tranDate": "2026-11-21", "account": {"id": "54"}, "inventory": {"items": [line]}}
    other = ForeignClient(simulator.base_url)
    for expected in (1, 2):
        assert other.call("PUT", place, json=document).status_code == 204
        assert len(simulator.control.transactions("CS-IA-1")[0]["lines"]) == expected
    assert [row["on_hand"] for row in simulator.control.balances()] == ["6.000"], "counted three, booked six"
    assert simulator.control.duplicates()["committed_by_two_requests"][0]["value"] == "CS-IA-1"
    assert other.call("PUT", f"{place}?replace=inventory", json=document).status_code == 204
    assert [row["on_hand"] for row in simulator.control.balances()] == ["3.000"]


@pytest.mark.parametrize("transport", ["restlet", "rest"])
def test_ours_is_never_an_upsert(simulator, settings, transport):
    """Acceptance 12, the other half: whatever happens to the answer, this program only ever creates."""
    settings.NETSUITE_TRANSPORT, settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = transport, "54"
    simulator.control.add_fault("reset_after_commit", op="push")
    content = record("501")
    queue.enqueue(record_type="inventoryadjustment", external_id="CS-IA-1", record=content, label="Count", line_count=1)
    assert drain().confirmed == 1
    assert {row["method"] for row in simulator.control.requests()} == {"POST", "GET"}
    assert_once(simulator, "CS-IA-1")
    assert len(simulator.control.transactions("CS-IA-1")[0]["lines"]) == 1
