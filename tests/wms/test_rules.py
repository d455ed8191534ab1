"""What becomes of an update: by its sequence, its content, and whose word counts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.clock import at, now
from approvals.models import Alert, AuditEntry, Event, Guardrail
from inventory.models import Authority, Balance, Movement, OversellIncident, WmsGap, WmsMessage, WmsStanding, WmsUpdate
from inventory.stock.incidents import watch_incidents
from inventory.stock.ledger import first_wrong_balance
from inventory.wms.gaps import watch_gaps
from inventory.wms.limits import limits
from tests import factories as make
from tests.orders.selling import assert_books_agree, place, stock_of
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home, "main-wms")


def first(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return answer.json()["results"][0]


def test_an_update_of_its_authority_is_posted_as_the_difference(home, wms):
    what = fed_stock(100, home=home)
    result = first(wms.send(wms.update(7, what, 88)))
    assert (result["result"], result["delta"], result["on_hand"]) == ("applied", "-12", "88")
    assert make.on_hand(what, home) == 88
    movement = Movement.objects.get(kind="feed")
    assert (movement.delta, movement.wms_update.sequence, movement.reference) == (-12, 7, "main-wms 7")
    event = Event.objects.get(name="inventory.adjusted")
    assert event.subject == f"sku:{what.item_code}"
    assert event.payload | {"delta": "", "on_hand": ""} == {
        "item_code": what.item_code, "location": home.location.code, "delta": "", "on_hand": "", "source": "wms",
        "wms_id": "main-wms", "sequence": 7,
    }  # fmt: skip
    assert (Decimal(event.payload["delta"]), Decimal(event.payload["on_hand"])) == (-12, 88)
    assert AuditEntry.objects.filter(verb="wms.message").count() == 1
    assert first_wrong_balance() is None


def test_what_is_as_it_was_moves_nothing_and_tells_nobody(home, wms):
    what = fed_stock(100, home=home)
    assert wms.told(wms.update(1, what, 100)) == ["unchanged"]
    assert not Movement.objects.filter(kind="feed").exists()
    assert not Event.objects.exists()


def test_the_same_update_again_is_a_duplicate_with_its_first_result(home, wms):
    what = fed_stock(100, home=home)
    update = wms.update(1, what, 90)
    wms.send(update)
    again = first(wms.send(update))
    assert (again["result"], again["first_result"], again["delta"]) == ("duplicate", "applied", "-10")
    assert wms.told(update, update) == ["duplicate", "duplicate"]
    assert WmsUpdate.objects.count() == 1
    assert Movement.objects.filter(kind="feed").count() == 1


def test_a_sequence_used_for_another_update_is_quarantined_and_nothing_is_overwritten(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    result = first(wms.send(wms.update(1, what, 50)))
    assert (result["result"], result["code"]) == ("quarantined", "key_reused")
    assert make.on_hand(what, home) == 90
    assert WmsUpdate.objects.count() == 2
    assert wms.told(wms.update(2, what, 1), wms.update(2, what, 3)) == ["applied", "quarantined"]


def test_an_older_sequence_is_kept_and_not_applied_whatever_its_clock_says(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(5, what, 90))
    later = (now() + timedelta(seconds=5)).isoformat()
    assert wms.told(wms.update(4, what, 10, received_at=later)) == ["superseded"]
    assert make.on_hand(what, home) == 90
    assert WmsUpdate.objects.get(sequence=4).state == "superseded"


def test_within_a_message_the_sequence_decides_not_the_place(home, wms):
    what = fed_stock(100, home=home)
    assert wms.told(wms.update(3, what, 70), wms.update(2, what, 80)) == ["applied", "applied"]
    assert make.on_hand(what, home) == 70
    assert sorted(Movement.objects.filter(kind="feed").values_list("delta", flat=True)) == [-20, -10]
    assert_books_agree()


def test_goods_that_left_since_the_wms_looked_are_taken_off(home, wms):
    what = fed_stock(100, home=home)
    looked = now() - timedelta(minutes=10)
    make.move(what, -30, home=home, at=now() - timedelta(minutes=5))
    result = first(wms.send(wms.update(1, what, 95, received_at=looked.isoformat())))
    assert (result["on_hand"], result["delta"]) == ("65", "-5")
    assert make.on_hand(what, home) == 65


def test_a_clock_ahead_of_ours_does_not_swallow_what_leaves_later(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90, received_at=(now() + timedelta(hours=2)).isoformat()))
    assert WmsUpdate.objects.get().as_of <= now()


BAD = {
    "negative": {"quantity": -1},
    "not_whole": {"quantity": 1.5},
    "too_large": {"quantity": 10**12},
    "unknown_sku": {"sku": "NOBODY-KNOWS"},
    "not_sellable": {"status": "damaged"},
    "wrong_client": {"wms_id": "another"},
    "unreadable": {"quantity": "a dozen"},
}


@pytest.mark.parametrize("code", BAD)
def test_one_bad_update_does_not_hold_the_others_back(home, wms, code):
    what, other = fed_stock(100, home=home), fed_stock(100, home=home)
    answer = wms.send(wms.update(1, what, 90), wms.update(2, other, 5) | BAD[code], wms.update(3, other, 7))
    results = answer.json()["results"]
    assert [result["result"] for result in results] == ["applied", "quarantined", "applied"]
    assert results[1]["code"] == code
    assert results[1]["reason"].endswith(".")
    kept = WmsUpdate.objects.get(sequence=2)
    assert (kept.state, kept.reason) == ("quarantined", code)
    assert (make.on_hand(what, home), make.on_hand(other, home)) == (90, 7)


@pytest.mark.parametrize("broken", [None, 5, "text", [], {}, {"sequence": True, "sku": "\x00\ud800"}, {"sku": {}}])
def test_whatever_stands_in_the_list_is_kept_word_for_word(home, wms, broken):
    what = fed_stock(100, home=home)
    assert wms.told(broken, wms.update(1, what, 90)) == ["quarantined", "applied"]
    assert WmsUpdate.objects.filter(state="quarantined", reason="unreadable", sequence=None).count() == 1


def test_more_left_since_than_it_says_is_not_made_a_negative(home, wms):
    what = fed_stock(100, home=home)
    looked = now() - timedelta(minutes=10)
    make.move(what, -30, home=home, at=now() - timedelta(minutes=5))
    result = first(wms.send(wms.update(1, what, 10, received_at=looked.isoformat())))
    assert (result["result"], result["code"]) == ("quarantined", "below_zero")
    assert make.on_hand(what, home) == 70


@pytest.mark.parametrize("authority", [Authority.COUNT, Authority.EXCEL])
def test_who_has_no_authority_is_compared_and_changes_nothing(home, wms, authority):
    what = make.stock(100, home=home)
    Balance.objects.filter(item=what).update(authority=authority)
    result = first(wms.send(wms.update(1, what, 90)))
    assert (result["result"], result["delta"], result["on_hand"]) == ("compared", "-10", "90")
    assert make.on_hand(what, home) == 100
    assert not Event.objects.exists()
    assert WmsStanding.objects.get().quantity == 90
    assert wms.told(wms.update(0, what, 80)) == ["superseded"]


def test_an_item_without_a_balance_here_is_compared_with_nothing(home, wms):
    what = make.item()
    result = first(wms.send(wms.update(1, what, 90)))
    assert (result["result"], result["delta"]) == ("compared", "90")
    assert not Balance.objects.filter(item=what).exists()


# -- gaps -----------------------------------------------------------------------------------------------------


def test_a_gap_that_fills_in_time_disturbs_nobody(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 99))
    wms.send(wms.update(5, what, 95))
    gap = WmsGap.objects.get()
    assert (gap.first_missing, gap.last_missing, gap.still_missing) == (2, 4, 3)
    wms.send(wms.update(4, what, 96))
    watch_gaps()
    wms.send(wms.update(2, what, 98), wms.update(3, what, 97))
    gap.refresh_from_db()
    assert gap.still_missing == 0
    assert gap.closed_at is not None
    with at(now() + timedelta(hours=1)):
        watch_gaps()
    assert not Alert.objects.exists()
    assert make.on_hand(what, home) == 95


def test_a_gap_that_stays_is_told_of_once_until_it_is_filled(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 99), wms.update(4, what, 96))
    with at(now() + timedelta(minutes=11)):
        watch_gaps()
        watch_gaps()
    alert = Alert.objects.get()
    assert "2 updates of main-wms never came, the first of them sequence 2" in alert.message
    assert alert.times_raised == 1
    wms.send(wms.update(2, what, 98), wms.update(3, what, 97))
    watch_gaps()
    alert.refresh_from_db()
    assert alert.resolved_at is not None


# -- more promised than there is ------------------------------------------------------------------------------


def test_on_hand_below_what_is_promised_is_stored_and_told_of_until_it_is_over(home, wms):
    what = fed_stock(10, home=home)
    place(home, (what, 8))
    assert wms.told(wms.update(1, what, 5)) == ["applied"]
    assert stock_of(what, home) == (5, 8, -3)
    incident = OversellIncident.objects.get()
    assert (incident.shortfall, incident.closed_at) == (3, None)
    assert "3 each short" in Alert.objects.get(resolved_at=None).message
    wms.send(wms.update(2, what, 2))
    wms.send(wms.update(3, what, 7))
    incident.refresh_from_db()
    assert (incident.shortfall, incident.worst) == (1, 6)
    wms.send(wms.update(4, what, 8))
    incident.refresh_from_db()
    assert (incident.shortfall, incident.closed_at is None) == (0, False)
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_goods_that_come_in_otherwise_end_an_incident_too(home, wms):
    what = fed_stock(10, home=home)
    place(home, (what, 8))
    wms.send(wms.update(1, what, 5))
    make.move(what, 5, home=home, kind="receipt")
    watch_incidents()
    assert OversellIncident.objects.get().closed_at is not None
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_jump_beyond_the_guardrail_is_applied_and_told_of(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 50))
    assert not Alert.objects.exists()
    limits()
    make.set_limit("wms_feed", percent_limit=10)
    Guardrail.objects.filter(name="wms_feed").update(is_enabled=True)
    wms.send(wms.update(2, what, 20))
    assert make.on_hand(what, home) == 20
    assert "from 50 to 20" in Alert.objects.get().message


# -- statements ---------------------------------------------------------------------------------------------------


def test_a_thousand_updates_take_as_many_statements_as_ten(home, wms):
    items = [fed_stock(100, home=home) for _ in range(50)]
    wms.send(wms.update(0, items[0], 100))

    def statements(first: int, size: int) -> int:
        updates = [wms.update(first + n, items[n % 50], 200 + n + first) for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert set(wms.told(*updates)) == {"applied"}
        return len(queries)

    wms.send(*[wms.update(n, items[n % 50], n) for n in range(1, 101)])
    few, many = statements(101, 10), statements(200, 1000)
    assert many <= few + 1, (few, many)  # COPY is no statement Django counts; a gap is noted in the second
    assert WmsMessage.objects.latest("pk").applied == 1000
    assert_books_agree()
