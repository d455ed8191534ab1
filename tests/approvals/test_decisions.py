"""The gate: who may decide, what a decision is bound to, and what is refused."""

import pytest

from approvals.models import AuditEntry, ProposedAction
from approvals.operations import NotAllowedToDecide, decide, with_live_numbers
from approvals.refusals import Refused
from tests import factories as make

pytestmark = pytest.mark.django_db


def ways_to_decide(sheet):
    """Every door `decide` has: whole, line by line, through the line itself; with and without a hash."""
    envelope = make.envelope_of(sheet)
    lines = list(envelope.lines.filter(status="pending"))
    each = {line.pk: "approved" for line in lines}
    for seen_hash in (None, make.seen(envelope)):
        yield {"action_id": envelope.pk, "verdict": "approved", "seen_hash": seen_hash}
        yield {"action_id": envelope.pk, "verdicts": each, "seen_hash": seen_hash}
        yield {"action_id": lines[0].pk, "verdict": "approved", "seen_hash": seen_hash}
        yield {"action_id": envelope.pk, "verdict": "rejected", "note": "No", "seen_hash": seen_hash}


def test_the_counter_cannot_decide_however_asked():
    counter = make.user("", "counter", "approver")
    sheet, what, home = make.disputed_count(by=counter)
    for way in ways_to_decide(sheet):
        for via in ("admin", "api", "command"):
            with pytest.raises(NotAllowedToDecide, match="took part"):
                decide(by=counter, via=via, **way)
    with pytest.raises(NotAllowedToDecide):
        make.approve(make.sign_off_of(sheet), counter)
    assert make.on_hand(what, home) == 142
    assert not ProposedAction.objects.exclude(status="pending").exists()


def test_a_superuser_who_took_part_cannot_either_until_the_guardrail_is_off():
    superuser = make.user(superuser=True)
    sheet, what, home = make.disputed_count(by=superuser)
    with pytest.raises(NotAllowedToDecide):
        make.approve(make.envelope_of(sheet), superuser)
    make.switch_off("separation_of_duties")
    make.approve(make.envelope_of(sheet), superuser)
    assert make.on_hand(what, home) == 184


def test_separation_holds_even_before_the_guardrail_row_exists():
    from approvals.models import Guardrail

    counter = make.approver()
    sheet, _, _ = make.disputed_count(by=counter)
    Guardrail.objects.filter(name="separation_of_duties").delete()
    with pytest.raises(NotAllowedToDecide):
        make.approve(make.envelope_of(sheet), counter)


@pytest.mark.parametrize("roles", [[], ["counter"], ["auditor"], ["integrator"], ["quote manager"]])
def test_without_the_approver_role_nothing_is_decided(roles):
    sheet, _, _ = make.disputed_count()
    with pytest.raises(NotAllowedToDecide, match="approver role"):
        make.approve(make.envelope_of(sheet), make.user("", *roles))


def test_a_person_who_left_decides_nothing():
    sheet, _, _ = make.disputed_count()
    approver = make.approver()
    approver.is_active = False
    approver.save()
    with pytest.raises(NotAllowedToDecide):
        make.approve(make.envelope_of(sheet), approver)


@pytest.mark.parametrize("verdict", ["rejected", "sent_back"])
@pytest.mark.parametrize("note", ["", "   "])
def test_a_refusal_needs_a_reason(verdict, note):
    sheet, _, _ = make.disputed_count()
    with pytest.raises(Refused, match="Say why"):
        make.approve(make.envelope_of(sheet), make.approver(), verdict=verdict, note=note)
    assert make.envelope_of(sheet).lines.filter(status="pending").count() == 1


@pytest.mark.parametrize("verdict", ["pending", "posted", ""])
def test_a_verdict_that_is_none_is_refused(verdict):
    sheet, _, _ = make.disputed_count()
    with pytest.raises(Refused, match="is not a decision"):
        make.approve(make.envelope_of(sheet), make.approver(), verdict=verdict, note="x")


def test_nothing_chosen_is_refused():
    sheet, _, _ = make.disputed_count()
    with pytest.raises(Refused, match="Nothing was chosen"):
        make.approve(make.envelope_of(sheet), make.approver(), verdict=None, verdicts={})


def test_an_envelope_is_not_decided_past_its_lines():
    sheet, what, home = make.disputed_count()
    envelope = make.envelope_of(sheet)
    chosen = {envelope.pk: "approved"}
    with pytest.raises(Refused, match="does not belong"):
        make.approve(envelope, make.approver(), verdict=None, verdicts=chosen, seen_hash=None)
    envelope.refresh_from_db()
    assert envelope.status == "pending"


def test_a_line_of_another_envelope_is_refused():
    one, _, _ = make.disputed_count()
    other, what, home = make.disputed_count()
    stranger = make.envelope_of(other).lines.get()
    with pytest.raises(Refused, match="does not belong"):
        make.approve(
            make.envelope_of(one), make.approver(), verdict=None, verdicts={stranger.pk: "approved"},
            seen_hash=None,
        )  # fmt: skip
    assert make.on_hand(what, home) == 142


def test_a_refused_mixture_changes_nothing_of_it():
    home = make.zone()
    one, two = (make.stock(100, home=home) for _ in range(2))
    sheet = make.count(home, [(one, 150), (two, 160)])
    envelope, approver = make.envelope_of(sheet), make.approver()
    first, second = envelope.lines.order_by("pk")
    make.approve(first, approver)
    chosen = {first.pk: "approved", second.pk: "approved"}
    with pytest.raises(Refused, match="already approved by"):
        make.approve(envelope, make.approver(), verdict=None, verdicts=chosen, seen_hash=None)
    second.refresh_from_db()
    assert second.status == "pending"
    assert make.on_hand(two, home) == 100


def test_a_decision_is_stored_whole_and_audited():
    sheet, _, _ = make.disputed_count()
    approver = make.approver("Ada")
    envelope = make.envelope_of(sheet)
    bound_to = make.seen(envelope)
    make.approve(envelope, approver, note="Seen it")
    line = envelope.lines.get()
    assert (line.approved_by, line.reason_note, line.decided_via) == (approver, "Seen it", "test")
    assert line.approved_at is not None
    assert line.decided_hash == bound_to
    entry = AuditEntry.objects.get(verb="action.decided")
    assert entry.actor == approver
    assert entry.details["approved"] == [line.pk]
    assert entry.details["content_hash"] == bound_to


def test_many_lines_are_looked_up_together(django_assert_max_num_queries):
    home = make.zone()
    sheet = make.count(home, [(make.stock(100, home=home), 150) for _ in range(12)])
    lines = list(make.envelope_of(sheet).lines.all())
    with django_assert_max_num_queries(6):
        found = with_live_numbers(lines)
    assert [numbers[line.pk]["physical_qty"] for line, numbers in found] == ["150.000"] * 12
