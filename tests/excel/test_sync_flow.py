"""A workbook comes, is compared, posts what is small, asks about what is not, and is carried out once."""

from decimal import Decimal

import pytest

from approvals.models import Alert, OutboundEmail, ProposedAction
from approvals.ticking import tick
from inventory.models import Authority, Item, Movement, SyncLine, Upload, Zone
from inventory.stock.ledger import first_wrong_balance
from netsuite.models import Push
from tests import factories
from tests.excel.workbooks_made import ago, bring, envelope_of, kept, line_of, on_hand, outcome_of, stated, sync

pytestmark = pytest.mark.django_db
Outcome = SyncLine.Classification


@pytest.mark.parametrize(
    ("units", "outcome"),
    [
        (0, Outcome.MATCH),
        (1, Outcome.AUTO_ADJUST),
        (9, Outcome.AUTO_ADJUST),
        (10, Outcome.REVIEW),
        (100, Outcome.REVIEW),
        (101, Outcome.ALERT),
    ],
)
def test_the_tiers_at_their_boundaries(units: int, outcome: str) -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    found = sync([(what, 1000 - units)], home=home)
    assert outcome_of(found, what) == outcome
    posted = outcome in {Outcome.MATCH, Outcome.AUTO_ADJUST}
    assert on_hand(what, home) == (1000 - units if posted else 1000)
    assert first_wrong_balance() is None


def test_nine_of_ten_units_is_not_small() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(10, home=home, cost=1)
    found = sync([(what, 1)], home=home)
    assert outcome_of(found, what) == Outcome.REVIEW
    assert "90 % is more than 40 %" in line_of(found, what).why


def test_a_small_difference_posts_at_once_and_goes_to_netsuite_once() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(100, home=home, cost=1)
    found = sync([(what, 95)], home=home)
    movement = Movement.objects.get(item=what, kind=Movement.Kind.SYNC)
    assert movement.delta == -5
    assert movement.sync_line == line_of(found, what)
    assert Push.objects.count() == 1
    assert found.run is not None
    assert found.run.status == "completed"
    assert not ProposedAction.objects.filter(action_type="workflow_excel_sync").exists()


def test_an_approved_difference_posts_and_a_rejected_one_does_not() -> None:
    home = factories.zone()
    factories.ballast(home)
    right, wrong = kept(500, home=home, cost=1), kept(500, home=home, cost=1)
    found = sync([(right, 450), (wrong, 550)], home=home)
    by, envelope = factories.approver(), envelope_of(found)
    factories.reject(line_of(found, wrong).proposed_action, by)
    factories.approve(line_of(found, right).proposed_action, by)
    envelope.refresh_from_db()
    found.refresh_from_db()
    assert (on_hand(right, home), on_hand(wrong, home)) == (450, 500)
    assert envelope.status == "approved"
    assert found.run is not None
    assert found.run.status == "completed"
    assert first_wrong_balance() is None


def test_more_than_a_hundred_units_raises_an_alert_until_somebody_decides() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    found = sync([(what, 500)], home=home, auto_fix=True)
    alerts = Alert.objects.filter(key=f"sync-{found.pk}-alert", resolved_at=None)
    assert alerts.exists()
    assert on_hand(what, home) == 1000
    factories.approve(envelope_of(found), factories.approver())
    assert not alerts.exists()
    assert on_hand(what, home) == 500


def test_auto_fix_posts_the_middle_tier_and_flags_it() -> None:
    home = factories.zone()
    factories.ballast(home)
    middle, large_share = kept(1000, home=home, cost=1), kept(60, home=home, cost=1)
    found = sync([(middle, 950), (large_share, 10)], home=home, auto_fix=True)
    line = line_of(found, middle)
    assert (line.classification, line.is_flagged) == (Outcome.REVIEW, True)
    assert on_hand(middle, home) == 950
    assert on_hand(large_share, home) == 60, "beyond the percentage a person decides, auto-fix or not"


def test_scenario_1_sold_today_so_the_workbook_needs_the_update(sold_200: tuple[Item, Zone]) -> None:
    what, home = sold_200
    found = sync([(what, 1000)], home=home)
    line = line_of(found, what)
    assert (line.classification, line.unentered) == (Outcome.MATCH, 200)
    assert "200 sold are not in the workbook yet" in line.why
    assert on_hand(what, home) == 800


def test_scenario_1_not_sold_so_the_record_is_wrong() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(800, home=home, cost=1)
    found = sync([(what, 1000)], home=home)
    assert outcome_of(found, what) == Outcome.ALERT
    factories.approve(envelope_of(found), factories.approver())
    assert on_hand(what, home) == 1000


def test_sales_after_the_workbook_was_saved_are_no_difference() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    factories.move(what, -200, home=home, at=ago(hours=1))
    found = sync([(what, 1000)], home=home, as_of=ago(hours=3))
    assert outcome_of(found, what) == Outcome.MATCH
    assert on_hand(what, home) == 800


def test_scenario_2_an_item_that_is_missing_here_is_added() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(5, home=home)
    found = sync([(what, 5), ("NEWITEM001", 500)], home=home)
    new = Item.objects.get(item_code="NEWITEM001")
    assert outcome_of(found, new) == Outcome.NEW_ITEM
    assert on_hand(new, home) == 500
    assert new.balances.get().authority == Authority.EXCEL
    assert new.history.count() == 1
    assert first_wrong_balance() is None


def test_a_new_code_that_looks_like_a_known_one_is_refused_with_the_one_meant() -> None:
    home = factories.zone()
    what = kept(5, home=home, code="TBALWBL0009N")
    found = sync([(what, 5), ("TBALWBLOOO9N", 500)], home=home)
    assert outcome_of(found, "TBALWBLOOO9N") == Outcome.REFUSED
    assert "TBALWBL0009N is. Write that" in line_of(found, "TBALWBLOOO9N").why
    assert not Item.objects.filter(item_code="TBALWBLOOO9N").exists()


def test_what_the_workbook_leaves_out_is_shown_and_never_zeroed() -> None:
    home = factories.zone()
    factories.ballast(home)
    there, left_out = kept(5, home=home), kept(7, home=home)
    found = sync([(there, 5)], home=home)
    assert outcome_of(found, left_out) == Outcome.MISSING_THERE
    assert on_hand(left_out, home) == 7
    assert Alert.objects.filter(key=f"sync-missing-{home.location_id}", severity="critical").exists()


def test_a_workbook_in_which_everything_is_missing_is_refused_as_suspicious() -> None:
    home = factories.zone()
    kept(5, home=home)
    upload = bring(stated(("SOMETHING", 3), ("ELSE", 4)), home=home)
    assert upload.status == Upload.Status.REFUSED
    assert "None of the 1 items kept at MAIN is in this workbook" in upload.reason


def test_the_same_workbook_twice_changes_nothing_the_second_time() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(100, home=home, cost=1)
    content = stated((what, 95))
    from inventory.excel.committing import commit_workbook

    first = bring(content, home=home)
    commit_workbook(upload=first, by=first.uploaded_by)
    movements = Movement.objects.count()
    again = bring(content, home=home)
    assert again.status == Upload.Status.REFUSED
    assert "synced already" in again.reason
    resaved = sync([(what, 95), (what.item_code + "-X", None)], home=home)
    assert outcome_of(resaved, what) == Outcome.MATCH
    assert Movement.objects.count() == movements


def test_a_feed_that_is_not_the_authority_is_compared_and_never_applied() -> None:
    home = factories.zone()
    factories.ballast(home)
    counted = kept(100, home=home, authority=Authority.COUNT, cost=1)
    found = sync([(counted, 95)], home=home)
    line = line_of(found, counted)
    assert (line.classification, line.variance) == (Outcome.NOT_AUTHORITY, -5)
    assert on_hand(counted, home) == 100


def test_an_item_known_but_not_kept_here_waits_for_a_person() -> None:
    home = factories.zone()
    factories.ballast(home)
    here, elsewhere = kept(5, home=home), factories.item("ELSEWHERE", cost=1)
    found = sync([(here, 5), (elsewhere, 30)], home=home)
    assert outcome_of(found, elsewhere) == Outcome.MISSING_HERE
    factories.approve(envelope_of(found), factories.approver())
    assert on_hand(elsewhere, home) == 30
    assert first_wrong_balance() is None


def test_a_newer_workbook_takes_back_what_the_older_one_still_asks() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    older = sync([(what, 950)], home=home, as_of=ago(hours=2))
    newer = sync([(what, 1000)], home=home, as_of=ago(hours=1))
    asked = line_of(older, what).proposed_action
    assert asked.status == "withdrawn"
    assert f"in sync {newer.pk}" in asked.reason_note

    tick()
    older.refresh_from_db()
    assert older.run is not None
    assert older.run.status == "completed"


def test_a_difference_of_an_older_workbook_than_the_last_goes_to_a_person() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=1)
    sync([(what, 1000)], home=home, as_of=ago(hours=1))
    late = sync([(what, 999)], home=home, as_of=ago(hours=2))
    assert outcome_of(late, what) == Outcome.REVIEW
    assert "newer workbook" in line_of(late, what).why


def test_a_count_after_the_workbook_was_saved_is_not_undone_silently() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(100, home=home, cost=1)
    counted = factories.count(home, [(what, 98)])
    factories.approve(factories.envelope_of(counted), factories.approver())
    found = sync([(what, 100)], home=home, as_of=ago(hours=3))
    assert outcome_of(found, what) == Outcome.REVIEW
    assert "corrected after the workbook's time" in line_of(found, what).why


def test_the_manager_is_written_to_only_when_something_is_pending() -> None:
    home = factories.zone()
    factories.ballast(home)
    small, large = kept(100, home=home, cost=1), kept(1000, home=home, cost=1)
    sync([(small, 100), (large, 1000)], home=home)
    drafts = ProposedAction.objects.filter(entity_type="email")
    assert not drafts.exists()
    sync([(small, 100), (large, 950)], home=home)
    assert "1 to review" in drafts.get().payload["subject"]
    assert not OutboundEmail.objects.exists(), "a draft is sent only after its own approval"


def test_everything_of_a_wildly_different_workbook_goes_to_a_person() -> None:
    home = factories.zone()
    items = [kept(100, home=home, cost=1) for _ in range(3)]
    found = sync([(what, 91) for what in items] + [(kept(100, home=home, cost=1), 91)], home=home)
    assert found.tally == {Outcome.AUTO_ADJUST: 4}
    others = sync([(what, 150) for what in items], home=home, auto_fix=True)
    assert others.tally[Outcome.REVIEW] == 3
    assert {line.is_flagged for line in others.lines.all() if line.counted} == {False}


def test_the_second_person_signs_above_the_limit() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(1000, home=home, cost=100)
    found = sync([(what, 900)], home=home)
    factories.approve(envelope_of(found), factories.approver())
    assert on_hand(what, home) == 1000
    sign_off = ProposedAction.objects.get(workflow_run=found.run_id, action_type="excel_sync_approval")
    factories.approve(sign_off, factories.approver())
    assert on_hand(what, home) == 900


def test_a_row_that_leaves_less_than_is_promised_goes_to_a_person() -> None:
    home = factories.zone()
    factories.ballast(home)
    what = kept(100, home=home, cost=1)
    what.balances.update(quantity_reserved=Decimal(98))
    found = sync([(what, 95)], home=home)
    assert outcome_of(found, what) == Outcome.REVIEW
    factories.approve(envelope_of(found), factories.approver())
    assert f"{what.item_code}: 3 {what.unit} short" in Alert.objects.get(key=f"oversell-{home.location_id}").message
    what.balances.update(quantity_reserved=Decimal(90))
    tick()
    assert not Alert.objects.filter(key=f"oversell-{home.location_id}", resolved_at=None).exists()


def test_whoever_brought_the_workbook_cannot_approve_it() -> None:
    home = factories.zone()
    factories.ballast(home)
    what, by = kept(1000, home=home, cost=1), factories.approver()
    found = sync([(what, 950)], home=home, by=by)
    from approvals.operations import NotAllowedToDecide

    with pytest.raises(NotAllowedToDecide):
        factories.approve(envelope_of(found), by)
