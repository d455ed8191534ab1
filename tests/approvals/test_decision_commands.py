"""approve_action, reject_action and tick, as an operator types them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals import registry
from approvals.models import ProposedAction
from tests import factories as make

pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    """The sentence on standard error of a command that ends with exit code 2."""
    with pytest.raises(CommandError) as failure:
        typed(*words)
    assert failure.value.returncode == 2
    return str(failure.value)


def test_approving_an_envelope_posts_its_lines_and_says_so():
    sheet, what, home = make.disputed_count()
    make.approver("mike")
    envelope = make.envelope_of(sheet)
    said = json.loads(typed("approve_action", str(envelope.pk), "--by", "mike", "--note", "Seen it", "--json"))
    assert said["status"] == "approved"
    assert said["lines"] == {"approved": 1}
    assert said["decided_by"] == "mike"
    assert said["run_status"] == make.run_of(sheet).status == "completed"
    assert make.on_hand(what, home) == 184
    decided = ProposedAction.objects.get(pk=envelope.lines.get().pk)
    assert (decided.decided_via, decided.reason_note) == ("command", "Seen it")


def test_rejecting_changes_no_stock_and_needs_a_reason():
    sheet, what, home = make.disputed_count()
    make.approver("mike")
    number = str(make.envelope_of(sheet).pk)
    with pytest.raises(CommandError, match="note"):
        typed("reject_action", number, "--by", "mike")
    assert "Say why" in refused("reject_action", number, "--by", "mike", "--note", " ")
    assert "rejected" in typed("reject_action", number, "--by", "mike", "--note", "Wrong shelf")
    assert make.on_hand(what, home) == 142


def test_who_counted_cannot_approve_by_command_even_as_an_approver():
    counted_and_approves = make.user("both", "counter", "approver")
    sheet, what, home = make.disputed_count(by=counted_and_approves)
    sentence = refused("approve_action", str(make.envelope_of(sheet).pk), "--by", "both")
    assert "took part in this" in sentence
    assert make.on_hand(what, home) == 142
    assert make.envelope_of(sheet).status == "pending"


@pytest.mark.parametrize("command", ["approve_action", "reject_action"])
def test_refusals_say_what_is_wrong(command):
    sheet, _, _ = make.disputed_count()
    number = str(make.envelope_of(sheet).pk)
    make.user("carla", "counter")
    make.approver("mike")
    note = ("--note", "x")
    assert "no user named nobody" in refused(command, number, "--by", "nobody", *note)
    assert "no proposed action 999999" in refused(command, "999999", "--by", "mike", *note)
    assert "approver role" in refused(command, number, "--by", "carla", *note)
    typed("approve_action", number, "--by", "mike")
    assert "already approved by mike" in refused(command, number, "--by", "mike", *note)


def test_the_second_of_two_is_told_who_was_first():
    sheet, _, _ = make.disputed_count()
    make.approver("mike")
    make.approver("dana")
    line = str(make.envelope_of(sheet).lines.get().pk)
    typed("approve_action", line, "--by", "mike")
    sentence = refused("reject_action", line, "--by", "dana", "--note", "No")
    assert "already approved by mike" in sentence


def test_tick_reports_its_figures():
    figures = json.loads(typed("tick", "--json"))
    assert set(figures) == {"slots_run", "runs_advanced", "checks_run", "emails_sent"}
    assert figures["slots_run"] == len(registry.schedules())
    assert "0 scheduled slots run" in typed("tick")
