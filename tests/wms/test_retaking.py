"""Quarantined updates taken again: once the cause is mended they become what they would be now, and never twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from approvals.clock import now
from approvals.models import AuditEntry, Event
from approvals.refusals import Refused
from inventory.management.ledger_checks import wms_updates
from inventory.models import Item, Movement, OversellIncident, WmsClient, WmsGap, WmsIntake, WmsStanding, WmsUpdate
from inventory.wms import schemas
from inventory.wms.retaking import Retaken, retake_updates
from inventory.wms.schemas.update import Schema
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.racing import at_once
from tests.wms.sending import Wms, by_wms, fed_stock
from tests.wms.test_races import sender
from tests.wms.test_screens import address, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home)


def retake(**chosen: Any) -> Retaken:
    return retake_updates(updates=WmsUpdate.objects.filter(**chosen), by=make.user("", "integrator"))


def add_item(code: str, home: Any, on_hand: int = 10) -> Item:
    what = make.stock(on_hand, home=home, code=code)
    by_wms(home, what)
    return what


def test_an_unknown_item_is_taken_once_it_was_added_with_all_that_follows(home, wms):
    assert wms.told(wms.update(3, "NEW-1", 7)) == ["quarantined"]
    what = add_item("NEW-1", home)
    place(home, (what, 9))
    assert retake().tally == {"applied": 1}
    row = WmsUpdate.objects.get()
    assert (row.state, row.reason, row.why, row.item, row.delta, row.on_hand) == ("applied", "", "", what, -3, 7)
    assert row.retaken_at is not None
    assert make.on_hand(what, home) == 7
    assert Movement.objects.get(kind="feed").wms_update == row
    assert Event.objects.get(name="inventory.adjusted").payload["sequence"] == 3
    assert OversellIncident.objects.get(closed_at=None).shortfall == 2
    assert WmsStanding.objects.get(item=what).sequence == 3
    assert AuditEntry.objects.get(verb="wms.retaken").details["updates"] == {"applied": [row.pk]}
    assert wms_updates().problem is None
    assert wms.told(wms.update(3, "NEW-1", 6)) == ["quarantined"]  # the sequence stays used
    assert_books_agree()


def test_a_second_time_changes_nothing_and_says_so(home, wms):
    update = wms.update(1, "NEW-1", 7)
    wms.send(update)
    what = add_item("NEW-1", home)
    retake()
    with pytest.raises(Refused, match="quarantine any more"):
        retake()
    assert wms.told(update) == ["duplicate"]
    assert Movement.objects.filter(kind="feed", item=what).count() == 1


def test_what_still_fails_keeps_waiting_with_why_it_fails_now(home, wms):
    wms.send(wms.update(1, "NEW-1", 1.5), wms.update(2, "NEVER-1", 5))
    make.item("NEW-1")
    assert retake().tally == {"quarantined": 2}
    found = {row.sku: (row.reason, row.why) for row in WmsUpdate.objects.all()}
    assert found["NEW-1"] == ("not_whole", "1.5 is not whole, but the item comes in whole units.")
    assert found["NEVER-1"][0] == "unknown_sku"
    Item.objects.filter(item_code="NEW-1").update(allows_fractions=True)
    assert retake(sku="NEW-1").tally == {"compared": 1}


def test_what_has_been_said_since_stands(home, wms):
    wms.send(wms.update(1, "NEW-1", 3))
    what = add_item("NEW-1", home)
    wms.send(wms.update(2, what, 8))
    assert retake().tally == {"superseded": 1}
    assert make.on_hand(what, home) == 8


def test_several_of_one_item_are_judged_in_order_and_goods_moved_since_are_netted(home, wms):
    begun = now() - timedelta(hours=2)
    said = [
        wms.update(n, "NEW-1", quantity, received_at=begun.isoformat()) for n, quantity in ((5, 50), (4, 40), (6, 60))
    ]
    wms.send(*said)
    what = add_item("NEW-1", home, on_hand=100)
    make.move(what, -10, home=home, at=now() - timedelta(minutes=1))
    assert retake().tally == {"applied": 3}
    assert make.on_hand(what, home) == 50
    assert list(Movement.objects.filter(kind="feed").order_by("pk").values_list("wms_update__sequence", flat=True)) == [
        4, 5, 6,
    ]  # fmt: skip
    assert_books_agree()


def test_below_zero_is_taken_when_goods_came_in(home, wms):
    what = fed_stock(100, home=home)
    hour_ago = now() - timedelta(hours=1)
    make.move(what, -50, home=home, at=now() - timedelta(minutes=10))
    assert wms.told(wms.update(1, what, 20, received_at=hour_ago.isoformat())) == ["quarantined"]
    assert retake().tally == {"quarantined": 1}
    make.move(what, 40, home=home, kind=Movement.Kind.RECEIPT)
    assert retake().tally == {"applied": 1}
    assert make.on_hand(what, home) == 10


@pytest.fixture
def version_3(monkeypatch) -> Any:
    """An upgrade: from now on a third schema is known."""

    def upgrade() -> None:
        one = schemas.SCHEMAS["1"]
        monkeypatch.setitem(schemas.SCHEMAS, "3", Schema("3", one.read, one.key_of, one.sku_of))

    return upgrade


def test_an_unknown_schema_is_read_after_an_upgrade_and_fills_its_gap(home, wms, version_3):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    assert wms.told(wms.update(2, what, 80), version="3") == ["quarantined"]
    assert WmsUpdate.objects.get(state="quarantined").sequence is None
    other = fed_stock(5, home=home)
    wms.send(wms.update(3, other, 5))
    assert WmsGap.objects.get().closed_at is None
    version_3()
    assert retake().tally == {"applied": 1}
    assert make.on_hand(what, home) == 80
    assert WmsGap.objects.get().closed_at is not None
    assert WmsIntake.objects.get().highest_sequence == 3


def test_one_that_came_again_meanwhile_is_not_taken_twice(home, wms, version_3):
    what = fed_stock(100, home=home)
    update = wms.update(1, what, 90)
    wms.send(update, version="3")
    wms.send(update)
    version_3()
    assert retake().tally == {"quarantined": 1}
    row = WmsUpdate.objects.get(state="quarantined")
    assert (row.reason, row.sequence) == ("key_reused", 1)
    assert "nothing is left to take" in row.why
    assert Movement.objects.filter(kind="feed").count() == 1


def test_one_that_holds_its_sequence_goes_before_one_that_could_not_be_read(home, wms, version_3):
    wms.send(wms.update(1, "NEW-1", 9), version="3")
    wms.send(wms.update(1, "NEW-1", 4))
    add_item("NEW-1", home)
    version_3()
    assert retake().tally == {"applied": 1, "quarantined": 1}
    assert WmsUpdate.objects.get(reason="key_reused").schema_version == "3"
    assert WmsUpdate.objects.get(state="applied").quantity == 4


def test_a_sequence_used_twice_cannot_be_retaken_and_the_refusal_says_why(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    wms.send(wms.update(1, what, 50))
    with pytest.raises(Refused, match="new sequence"):
        retake()
    wms.send(wms.update(2, "NEW-1", 1))
    done = retake()
    assert (done.tally, done.passed_over) == ({"quarantined": 1}, 2)


@pytest.mark.django_db(transaction=True)
def test_two_retakes_and_a_message_at_once_take_it_once():
    home = make.zone()
    wms = Wms(home)
    update = wms.update(1, "NEW-1", 7)
    wms.send(update)
    what = add_item("NEW-1", home)
    person = make.user("", "integrator")

    def again() -> Retaken:
        return retake_updates(updates=WmsUpdate.objects.all(), by=person)

    ends = at_once(again, again, sender(wms, [update]), sender(wms, [wms.update(2, what, 6)]), again)
    taken = [end for end in (ends[0], ends[1], ends[4]) if isinstance(end, Retaken) and end.results]
    assert len(taken) == 1
    assert all(isinstance(end, Retaken | Refused | list) for end in ends), ends
    assert make.on_hand(what, home) == 6
    assert Movement.objects.filter(kind="feed", wms_update__sequence=1).count() == (taken[0].tally == {"applied": 1})
    assert_books_agree()


# --- sequences far ahead --------------------------------------------------------------------------


def test_a_sequence_far_ahead_waits_and_moves_nothing(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(10, what, 90))
    result = wms.send(wms.update(2_000_000, what, 80), wms.update(11, what, 85)).json()["results"]
    assert [(one["result"], one["code"]) for one in result] == [("quarantined", "too_far_ahead"), ("applied", None)]
    assert "raise the furthest jump" in result[0]["reason"]
    assert WmsIntake.objects.get().highest_sequence == 11
    assert not WmsGap.objects.exists()
    assert make.on_hand(what, home) == 85
    assert WmsStanding.objects.get().sequence == 11


def test_a_person_raises_the_number_and_retakes_it(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(10, what, 90))
    wms.send(wms.update(2_000_000, what, 80))
    assert retake().tally == {"quarantined": 1}
    WmsClient.objects.update(furthest_jump=3_000_000)
    assert retake().tally == {"applied": 1}
    assert make.on_hand(what, home) == 80
    assert WmsIntake.objects.get().highest_sequence == 2_000_000
    gap = WmsGap.objects.get()
    assert (gap.first_missing, gap.last_missing) == (11, 1_999_999)


def test_the_first_message_sets_the_start_and_the_limit_itself_is_let_through(home, wms):
    what = fed_stock(100, home=home)
    assert wms.told(wms.update(7 * 10**12, what, 90)) == ["applied"]
    assert wms.told(wms.update(7 * 10**12 + 10**6, what, 80)) == ["applied"]
    assert wms.told(wms.update(7 * 10**12 + 2 * 10**6 + 1, what, 70)) == ["quarantined"]


def test_within_the_first_message_the_lowest_sets_the_start(home, wms):
    what = fed_stock(100, home=home)
    assert wms.told(wms.update(2**62, what, 1), wms.update(1, what, 90)) == ["quarantined", "applied"]


# --- in the admin ----------------------------------------------------------------------------------


def choose(browser: Any, rows: Any, **more: Any) -> Any:
    form = {"action": "retake", ACTION_CHECKBOX_NAME: [row.pk for row in rows], **more}
    return browser.post(address("wmsupdate") + "?state=quarantined", form, follow=True)


def test_chosen_rows_are_asked_about_and_taken_again(home, wms):
    wms.send(wms.update(1, "NEW-1", 7), wms.update(2, "NEVER-1", 5))
    add_item("NEW-1", home)
    browser, rows = signed_in("integrator"), list(WmsUpdate.objects.all())
    shown = choose(browser, rows)
    assert "Take 2 quarantined updates again?" in text_of(shown)
    assert "unknown item (2)" in text_of(shown)
    assert WmsUpdate.objects.filter(state="quarantined").count() == 2
    done = text_of(choose(browser, rows, apply="1"))
    assert "2 updates taken again: 1 applied, 1 quarantined." in done
    assert "NEVER-1: The item is not in the catalogue" in done


def test_one_is_taken_again_from_its_page(home, wms):
    wms.send(wms.update(1, "NEW-1", 7))
    add_item("NEW-1", home)
    browser, row = signed_in("approver"), WmsUpdate.objects.get()
    page = address("wmsupdate", "change", row.pk)
    button = page.replace("/change/", "/retake/")
    assert button in browser.get(page).content.decode()
    assert "again?" in text_of(browser.get(button))
    assert "1 applied" in text_of(browser.post(button, follow=True))
    assert button not in browser.get(page).content.decode()
    assert browser.post(button).status_code == 409


def test_who_may_not_is_turned_away_on_the_server(home, wms):
    wms.send(wms.update(1, "NEW-1", 7))
    add_item("NEW-1", home)
    row = WmsUpdate.objects.get()
    button = address("wmsupdate", "change", row.pk).replace("/change/", "/retake/")
    for role in ("auditor", "counter"):
        browser = signed_in(role)
        assert browser.post(button).status_code == 403
        choose(browser, [row], apply="1")
    with pytest.raises(Refused, match="may not"):
        retake_updates(updates=WmsUpdate.objects.all(), by=make.user("", "auditor"))
    assert WmsUpdate.objects.get().state == "quarantined"
