"""A count from submission to posting: what posts by itself, what asks a person, what stands on the record after."""

from datetime import timedelta
from decimal import Decimal

import pytest

from approvals import audit
from approvals.clock import now
from approvals.models import Event, JournalEntry, OutboundEmail, ProposedAction
from approvals.operations import AlreadyDecided, ChangedSinceSeen, NotAllowedToDecide
from approvals.refusals import Refused
from inventory.counting.submission import CountedItem, CountRefused, submit_count
from inventory.models import Adjustment, Balance, CountLine, CountSheet, Movement
from inventory.stock.ledger import first_wrong_balance
from netsuite.models import Push
from tests import factories as make

pytestmark = pytest.mark.django_db
Classification = CountLine.Classification


def counted_line(*, expected, counted, cost, zone_value=1_000_000):
    """One line counted in a zone worth `zone_value` besides."""
    home = make.zone()
    if zone_value:
        make.ballast(home, zone_value)
    what = make.stock(expected, home=home, cost=cost) if expected else make.item(cost=cost)
    sheet = make.count(home, [(what, counted)])
    return sheet, make.line_of(sheet, what), home


@pytest.mark.parametrize(
    ("expected", "counted", "cost"),
    [
        (100, 102, 1),  # exactly +2 %
        (100, 98, 1),  # exactly -2 %
        (1000, 1010, 10),  # exactly +$100
        (1000, 990, 10),  # exactly -$100
        (5000, 5100, 1),  # exactly 2 % and exactly $100
    ],
)
def test_at_the_line_limits_it_posts_without_a_human(expected, counted, cost):
    sheet, line, home = counted_line(expected=expected, counted=counted, cost=cost)
    assert line.classification == Classification.WITHIN_GUARDRAIL
    assert make.on_hand(line.item, home) == counted
    assert not ProposedAction.objects.filter(action_type="inventory_adjustment").exists()
    adjustment = Adjustment.objects.get()
    assert adjustment.guardrail == "inventory_variance v1"
    assert adjustment.approved_by is None
    assert make.run_of(sheet).status == "completed"


@pytest.mark.parametrize(
    ("expected", "counted", "cost"),
    [
        (10000, 10201, "0.01"),  # 2.01 %, $2.01
        (10000, 9799, "0.01"),
        (10001, 10002, "100.01"),  # $100.01
        (10001, 10000, "100.01"),
        (0, 1, 1),  # nothing expected
        (-4, 1, 1),  # less than nothing expected
        (-4, 0, 1),
        (100, 101, None),  # no cost
    ],
)
def test_beyond_the_line_limits_a_human_decides(expected, counted, cost):
    sheet, line, home = counted_line(expected=expected, counted=counted, cost=cost)
    assert line.classification == Classification.NEEDS_REVIEW
    assert line.why
    assert Movement.objects.filter(item=line.item, kind="count").count() == 0
    assert not Push.objects.exists()
    assert make.run_of(sheet).status == "waiting"


def test_nothing_expected_and_nothing_found_is_a_match():
    sheet, line, _ = counted_line(expected=0, counted=0, cost=1)
    assert line.classification == Classification.MATCH
    assert make.run_of(sheet).status == "completed"


def test_the_worked_case():
    sheet, line, home = counted_line(expected=142, counted=184, cost=35)
    assert (line.variance, line.variance_pct, line.variance_value) == (42, Decimal("29.5775"), 1470)
    action = line.proposed_action
    assert action.action_type == "inventory_adjustment"
    assert action.risk == 3
    wanted = {"item_code": line.item.item_code, "location": "MAIN", "variance_value": "1470.00"}
    assert wanted.items() <= action.payload.items()
    assert Decimal(action.payload["on_hand"]) == 142
    assert Decimal(action.payload["physical_qty"]) == 184
    assert Decimal(action.payload["variance"]) == 42
    envelope = make.envelope_of(sheet)
    assert envelope.entity_ref == f"workflow:inventory_reconciliation:run_{sheet.run_id}"
    approver = make.approver()
    make.approve(envelope, approver)
    assert make.on_hand(line.item, home) == 184
    push = Push.objects.get()
    assert push.record_type == "inventoryadjustment"
    assert [line["adjustQtyBy"] for line in push.payload["lines"]] == ["42.000"]
    assert Adjustment.objects.get().approved_by == approver


def zone_counted(differences, *, worth):
    """Lines of 1,000 units at $1, each off by so much; the zone is worth `worth` in all."""
    home = make.zone()
    items = [make.stock(1000, home=home, cost=1) for _ in differences]
    make.ballast(home, worth - 1000 * len(differences))
    return make.count(home, [(what, 1000 + d) for what, d in zip(items, differences, strict=True)]), items


def test_zone_at_exactly_500_dollars_posts_and_one_more_asks_for_every_line():
    sheet, _ = zone_counted([20, -20] * 12 + [20], worth=100_000)
    assert sheet.gross_value == 500
    assert make.run_of(sheet).status == "completed"
    assert Adjustment.objects.get().line_count == 25

    sheet, items = zone_counted([20, -20] * 12 + [20, 1, 0], worth=100_000)
    assert sheet.gross_value == 501
    assert sheet.net_value == 21  # netting hides nothing
    assert make.envelope_of(sheet).lines.count() == 26
    assert make.line_of(sheet, items[-1]).classification == Classification.MATCH


def test_zone_at_exactly_ten_percent_posts_and_above_asks():
    home = make.zone()
    make.set_limit("inventory_variance", percent_limit=50)
    what = make.stock(1000, home=home, cost="0.1")  # the zone is worth $100
    assert make.run_of(make.count(home, [(what, 1100)])).status == "completed"  # $10.00
    other = make.zone()
    what = make.stock(1000, home=other, cost="0.1")
    sheet = make.count(other, [(what, 1101)])  # $10.10
    assert make.run_of(sheet).status == "waiting"
    assert "10 %" in make.line_of(sheet, what).why


def test_a_shipment_between_walk_and_upload_is_no_variance():
    home = make.zone()
    what = make.stock(142, home=home, cost=35)
    walked = now() - timedelta(hours=2)
    make.move(what, -20, home=home, at=walked + timedelta(hours=1))
    sheet = make.count(home, [(what, 142)], at=walked)
    line = make.line_of(sheet, what)
    assert (line.expected, line.variance, line.classification) == (142, 0, Classification.MATCH)
    assert make.on_hand(what, home) == 122


def test_what_posts_is_the_delta_so_later_movements_survive():
    home = make.zone()
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    walked = now() - timedelta(hours=2)
    make.move(what, -300, home=home, at=walked + timedelta(hours=1))
    make.count(home, [(what, 1010)], at=walked)
    assert make.on_hand(what, home) == 710


def test_an_empty_line_and_an_unmentioned_item_stay_not_counted():
    home = make.zone()
    counted, empty, unmentioned = (make.stock(5, home=home) for _ in range(3))
    sheet = make.count(home, [(counted, 5), (empty, None)])
    for what, on_sheet in ((empty, True), (unmentioned, False)):
        line = make.line_of(sheet, what)
        assert (line.counted, line.classification) == (None, Classification.NOT_COUNTED)
        assert line.is_on_sheet is on_sheet
        assert make.on_hand(what, home) == 5
        assert Balance.objects.get(item=what).last_counted_at is None
    assert Balance.objects.get(item=counted).last_counted_at == sheet.counted_at


def test_everything_wrong_with_a_count_is_said_at_once_and_nothing_is_stored():
    home = make.zone()
    whole, twice = make.stock(5, home=home), make.stock(5, home=home)
    dear = make.stock(5, home=home, cost=10_000_000)
    lines = [
        CountedItem("no-such-code", Decimal(1), "row 4"),
        CountedItem(whole.item_code, Decimal("1.5"), "row 5"),
        CountedItem(twice.item_code, Decimal(1), "row 6"),
        CountedItem(twice.item_code, Decimal(1), "row 7"),
        CountedItem(dear.item_code, Decimal(9_999_999_999), "row 8"),
    ]
    with pytest.raises(CountRefused) as refused:
        submit_count(zone=home, counted_at=now() + timedelta(hours=1), counts=lines, by=make.user(), source="command")
    assert len(refused.value.problems) == 6
    for row in ("row 4", "row 5", "row 6", "row 7", "row 8"):
        assert any(row in problem for problem in refused.value.problems)
    assert not CountSheet.objects.exists()


@pytest.mark.parametrize("counted", ["-1", "NaN", "Infinity", "1E309", "0.0001", "10000000000"])
def test_a_quantity_that_is_none_is_refused(counted):
    home = make.zone()
    what = make.stock(5, home=home, allows_fractions=True)
    with pytest.raises(CountRefused, match=what.item_code):
        make.count(home, [(what, counted)])


def test_a_bar_code_typed_as_a_quantity_goes_to_a_human_and_breaks_nothing():
    home = make.zone()
    what = make.stock("0.001", home=home, cost=1, allows_fractions=True)
    sheet = make.count(home, [(what, 9_999_999_999)])
    assert make.run_of(sheet).status == "waiting"
    assert make.line_of(sheet, what).classification == Classification.NEEDS_REVIEW


def test_nothing_counted_is_refused():
    home = make.zone()
    what = make.stock(5, home=home)
    with pytest.raises(Refused, match="Nothing was counted"):
        make.count(home, [(what, None)])
    assert not CountSheet.objects.exists()


def test_a_late_count_and_a_push_on_its_way_are_warned_of_and_shown_to_the_approver():
    home = make.zone()
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    make.count(home, [(what, 1010)])
    sheet = make.count(home, [(what, 500)], at=now() - timedelta(hours=25))
    warnings = make.run_of(sheet).warnings
    assert [word in " ".join(warnings) for word in ("25 hours old", "not reached NetSuite")] == [True, True]
    assert make.envelope_of(sheet).payload["warnings"] == warnings


def test_a_planned_sheet_is_answered_once_and_by_its_own_zone():
    home, elsewhere = make.zone(), make.zone()
    what = make.stock(5, home=home)
    planned = CountSheet.objects.create(zone=home)
    with pytest.raises(CountRefused, match="was printed for zone"):
        make.count(elsewhere, [(what, 5)], sheet=planned)
    make.count(home, [(what, 5)], sheet=planned)
    with pytest.raises(CountRefused, match="already"):
        make.count(home, [(what, 5)], sheet=planned)
    assert CountSheet.objects.count() == 1


def test_a_movement_between_page_and_click_refuses_the_approval_with_the_new_numbers():
    sheet, what, home = make.disputed_count()
    envelope, approver = make.envelope_of(sheet), make.approver()
    page = make.seen(envelope)
    make.move(what, -10, home=home)
    with pytest.raises(ChangedSinceSeen) as refused:
        make.approve(envelope, approver, seen_hash=page)
    assert "142.000 → 132.000" in str(refused.value)
    assert make.line_of(sheet, what).decision == ""
    make.approve(envelope, approver, seen_hash=refused.value.new_hash)
    assert make.on_hand(what, home) == 132 + 42


def test_a_backdated_movement_changes_the_variance_and_refuses_likewise():
    sheet, what, home = make.disputed_count()
    envelope, approver = make.envelope_of(sheet), make.approver()
    page = make.seen(envelope)
    make.move(what, 40, home=home, at=now() - timedelta(hours=3), kind="receipt")
    with pytest.raises(ChangedSinceSeen, match=r"variance 42\.000 → 2\.000"):
        make.approve(envelope, approver, seen_hash=page)
    make.approve(envelope, approver)
    assert make.on_hand(what, home) == 184
    assert make.line_of(sheet, what).variance == 2


def test_single_lines_are_decided_and_the_rest_stays_open():
    home, approver = make.zone(), make.approver()
    one, two, three = (make.stock(100, home=home) for _ in range(3))
    sheet = make.count(home, [(one, 110), (two, 120), (three, 130)])
    envelope = make.envelope_of(sheet)
    ids = {what: make.line_of(sheet, what).proposed_action_id for what in (one, two, three)}
    make.approve(envelope, approver, verdict=None, verdicts={ids[one]: "approved", ids[two]: "rejected"}, note="Split")
    assert [make.on_hand(what, home) for what in (one, two, three)] == [110, 100, 100]
    assert make.run_of(sheet).status == "waiting"
    make.reject(envelope, approver)
    assert make.run_of(sheet).status == "completed"
    assert [make.on_hand(what, home) for what in (one, two, three)] == [110, 100, 100]
    assert make.line_of(sheet, three).decision == "rejected"


def test_every_line_rejected_ends_the_run_and_posts_nothing():
    sheet, what, home = make.disputed_count()
    make.reject(make.envelope_of(sheet), make.approver())
    assert make.run_of(sheet).status == "completed"
    assert make.on_hand(what, home) == 142
    assert make.sign_off_of(sheet).status == "rejected"
    assert not Push.objects.exists()


def large_count():
    """A sheet of $5,001 gross."""
    return make.disputed_count(expected=10, counted=5011, cost=1)


def test_at_exactly_5000_one_person_is_enough():
    sheet, what, home = make.disputed_count(expected=10, counted=5010, cost=1)
    make.approve(make.envelope_of(sheet), make.approver())
    assert make.on_hand(what, home) == 5010


def test_above_5000_nothing_posts_before_a_second_person_signs():
    sheet, what, home = large_count()
    first, second = make.approver(), make.approver()
    with pytest.raises(Refused, match="comes last"):
        make.approve(make.sign_off_of(sheet), second)
    make.approve(make.envelope_of(sheet), first)
    assert make.on_hand(what, home) == 10
    assert make.run_of(sheet).status == "waiting"
    with pytest.raises(NotAllowedToDecide):
        make.approve(make.sign_off_of(sheet), first)
    make.approve(make.sign_off_of(sheet), second)
    assert make.on_hand(what, home) == 5011
    assert make.run_of(sheet).status == "completed"
    assert make.sign_off_of(sheet).decided_by == second
    assert Adjustment.objects.get().sign_off == make.sign_off_of(sheet)


def test_the_second_person_is_another_even_with_separation_switched_off():
    make.switch_off("separation_of_duties")
    sheet, what, home = large_count()
    first = make.approver()
    make.approve(make.envelope_of(sheet), first)
    with pytest.raises(Refused, match="second person"):
        make.approve(make.sign_off_of(sheet), first)
    assert make.on_hand(what, home) == 10


def test_a_sign_off_refused_posts_nothing():
    sheet, what, home = large_count()
    make.approve(make.envelope_of(sheet), make.approver())
    make.reject(make.sign_off_of(sheet), make.approver(), note="Count again")
    assert make.on_hand(what, home) == 10
    assert make.line_of(sheet, what).decision == "rejected"
    assert make.run_of(sheet).status == "completed"


def test_a_sign_off_cannot_be_sent_back():
    sheet, what, home = large_count()
    make.approve(make.envelope_of(sheet), make.approver())
    with pytest.raises(Refused, match="cannot be sent back"):
        make.approve(make.sign_off_of(sheet), make.approver(), verdict="sent_back", note="Hm")
    assert make.run_of(sheet).status == "waiting"


def test_one_posting_leaves_its_whole_story():
    sheet, what, home = make.disputed_count()
    approver = make.approver("Ada")
    make.approve(make.envelope_of(sheet), approver, note="Seen it")
    adjustment = Adjustment.objects.get()
    assert Movement.objects.get(adjustment=adjustment).count_line == make.line_of(sheet, what)
    assert Balance.objects.get(item=what).last_counted_at == sheet.counted_at
    assert (
        Event.objects.get(name="inventory.adjusted").payload["external_id"]
        == Push.objects.get(adjustment=adjustment).external_id
    )
    assert Event.objects.get(name="workflow.completed").payload["adjusted"] == 1
    assert any("decided by Ada" in entry.narrative for entry in JournalEntry.objects.all())
    run = make.run_of(sheet)
    assert run.summary["gross_value"] == "1470.00"
    assert set(run.steps.values_list("status", flat=True)) <= {"done", "skipped"}
    draft = ProposedAction.objects.get(action_type="propose_email_to_customer")
    assert draft.payload["template"] == "weekly_variance_summary"
    assert what.item_code in draft.payload["body"]
    assert not OutboundEmail.objects.exists()
    assert first_wrong_balance() is None
    assert audit.first_bad_entry() is None


def test_two_sheets_of_the_same_shelf_do_not_adjust_it_twice():
    home, approver = make.zone(), make.approver()
    what = make.stock(142, home=home, cost=35)
    first, second = (make.count(home, [(what, 184)]) for _ in range(2))
    page = make.seen(make.envelope_of(second))
    make.approve(make.envelope_of(first), approver)
    with pytest.raises(ChangedSinceSeen):
        make.approve(make.envelope_of(second), approver, seen_hash=page)
    make.approve(make.envelope_of(second), approver)
    assert make.on_hand(what, home) == 184
    assert Push.objects.count() == 1


def test_a_decided_envelope_tells_who_and_when():
    sheet, _, _ = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver("Ada"))
    with pytest.raises(AlreadyDecided, match=r"already approved by Ada at \d{4}-"):
        make.approve(make.envelope_of(sheet), make.approver("Bob"))
