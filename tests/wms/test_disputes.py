"""A person's word against a WMS's: the feed does not undo it silently, and somebody's next step ends it."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.models import Alert, AuditEntry
from approvals.refusals import Refused
from inventory.checking.disputing import accept_word, foresee
from inventory.checking.reconciling import reconcile
from inventory.management.ledger_checks import wms_updates
from inventory.models import (
    Authority,
    Balance,
    ExcelSync,
    Item,
    Movement,
    SyncLine,
    WmsDispute,
    WmsStanding,
    WmsUpdate,
)
from inventory.wms.applying_standings import apply_standings
from inventory.wms.disputes import watch_disputes
from inventory.wms.intake import hold_intake
from inventory.wms.rebuilding import differences
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.racing import at_once
from tests.wms.sending import Wms, fed_stock
from tests.wms.test_races import sender
from tests.wms.test_screens import address, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    make.ballast(home)
    return Wms(home)


@pytest.fixture
def disputed(home, wms) -> Item:
    """The WMS said 88 (sequence 7); a person found 90."""
    what = fed_stock(100, home=home)
    wms.send(wms.update(7, what, 88))
    state(what, home, 90)
    return what


def state(what: Item, home: Any, found: int, by: Any = None) -> SyncLine:
    return reconcile(
        item=what, location=home.location, quantity=Decimal(found), reason="Counted twice", by=by or make.approver()
    )


def outcome() -> str:
    return WmsDispute.objects.get().outcome


def test_stating_another_quantity_opens_a_dispute_with_both_sides(home, disputed):
    dispute = WmsDispute.objects.get()
    said = (dispute.quantity, dispute.wms_sequence, dispute.wms_quantity, dispute.wms_on_hand, dispute.reason)
    assert said == (Decimal(90), 7, Decimal(88), Decimal(88), "Counted twice")
    assert WmsDispute.objects.filter(closed_at=None, sync=ExcelSync.objects.get()).exists()
    assert make.on_hand(disputed, home) == 90


def test_the_same_figure_again_is_kept_and_does_not_undo_the_persons_word(home, wms, disputed):
    result = wms.send(wms.update(8, disputed, 88)).json()["results"][0]
    assert (result["result"], result["delta"]) == ("compared", "-2")
    assert result["reason"].startswith("Disputed: 90 were found there")
    assert make.on_hand(disputed, home) == 90
    assert WmsStanding.objects.get().sequence == 8
    assert outcome() == ""
    assert list(differences(wms.client)) == []


def test_goods_that_move_meanwhile_change_neither_sides_point(home, wms, disputed):
    make.move(disputed, -5, home=home)
    assert wms.told(wms.update(8, disputed, 83)) == ["compared"]
    assert make.on_hand(disputed, home) == 85
    assert wms.told(wms.update(9, disputed, 85)) == ["unchanged"]
    assert outcome() == "agreed"


def test_a_wms_that_says_the_same_ends_it_and_is_believed_again(home, wms, disputed):
    assert wms.told(wms.update(8, disputed, 90), wms.update(9, disputed, 88)) == ["unchanged", "applied"]
    dispute = WmsDispute.objects.get()
    assert (dispute.outcome, dispute.closing_sequence) == ("agreed", 8)
    assert make.on_hand(disputed, home) == 88


def test_a_third_figure_is_applied_and_told_of(home, wms, disputed):
    assert wms.told(wms.update(8, disputed, 70)) == ["applied"]
    assert make.on_hand(disputed, home) == 70
    assert outcome() == "overtaken"
    alert = Alert.objects.get(key=f"wms-dispute-{wms.client.pk}")
    assert f"{disputed.item_code} was 88 by the WMS and 90 by" in alert.message
    assert_books_agree()


def test_what_was_true_before_the_person_looked_does_not_undo_it(home, wms, disputed):
    before = (now() - timedelta(hours=1)).isoformat()
    assert wms.told(wms.update(8, disputed, 60, received_at=before)) == ["compared"]
    assert make.on_hand(disputed, home) == 90


def test_other_items_and_undisputed_words_are_applied_as_ever(home, wms, disputed):
    other = fed_stock(50, home=home)
    assert wms.told(wms.update(8, other, 40), wms.update(9, disputed, 88)) == ["applied", "compared"]
    assert state(other, home, 40).variance == 0
    assert WmsDispute.objects.count() == 1  # it said what the WMS says


def test_where_the_wms_has_no_say_or_said_nothing_nothing_is_disputed(home, wms):
    counted, silent = make.stock(100, home=home), fed_stock(100, home=home)
    wms.send(wms.update(1, counted, 80))
    state(counted, home, 97)
    state(silent, home, 97)
    assert not WmsDispute.objects.exists()
    assert Balance.objects.get(item=counted).authority == Authority.COUNT


def test_stated_anew_it_is_disputed_anew_and_stating_the_wms_figure_ends_it(home, wms, disputed):
    state(disputed, home, 89)
    assert list(WmsDispute.objects.order_by("pk").values_list("outcome", flat=True)) == ["restated", ""]
    state(disputed, home, 88)
    assert not WmsDispute.objects.filter(closed_at=None).exists()
    assert make.on_hand(disputed, home) == 88


def test_a_refused_statement_leaves_no_dispute(home, wms, disputed):
    person = make.approver()
    WmsDispute.objects.all().delete()
    with pytest.raises(Refused, match="whole"):
        reconcile(item=disputed, location=home.location, quantity=Decimal("1.5"), reason="So", by=person)
    disputed.is_active = False
    disputed.save()
    with pytest.raises(Refused, match="switched off"):
        state(disputed, home, 91)
    assert not WmsDispute.objects.exists()


def test_a_word_that_is_not_approved_does_not_hold(home, wms):
    what = fed_stock(1_000, home=home)
    wms.send(wms.update(1, what, 900))
    line = state(what, home, 500)
    assert line.proposed_action is not None
    assert wms.told(wms.update(2, what, 900)) == ["compared"]
    make.reject(line.proposed_action, make.approver())
    watch_disputes()
    assert outcome() == "rejected"
    assert make.on_hand(what, home) == 900
    assert wms.told(wms.update(3, what, 880)) == ["applied"]


# --- the WMS was right ----------------------------------------------------------------------------


def test_accepting_the_wms_word_applies_what_it_repeated(home, wms, disputed):
    wms.send(wms.update(8, disputed, 88))
    assert accept_word(dispute_id=WmsDispute.objects.get().pk, by=make.approver()) is None
    assert make.on_hand(disputed, home) == 88
    assert WmsUpdate.objects.get(sequence=8).state == "applied"
    dispute = WmsDispute.objects.get()
    assert (dispute.outcome, dispute.closed_by is not None) == ("accepted", True)
    assert AuditEntry.objects.filter(verb="wms_dispute.accepted").count() == 1
    assert wms_updates().problem is None
    assert list(differences(wms.client)) == []
    assert_books_agree()
    with pytest.raises(Refused, match="over already"):
        accept_word(dispute_id=dispute.pk, by=make.approver())


def test_a_word_applied_before_is_restated_in_the_persons_name(home, wms, disputed):
    line = accept_word(dispute_id=WmsDispute.objects.get().pk, by=make.approver())
    assert line is not None
    assert make.on_hand(disputed, home) == 88
    assert Movement.objects.filter(item=disputed, kind="feed").count() == 1
    assert wms.told(wms.update(8, disputed, 88)) == ["unchanged"]


def test_accepting_takes_back_what_still_waits_for_an_approver(home, wms):
    what = fed_stock(1_000, home=home)
    wms.send(wms.update(1, what, 900))
    line = state(what, home, 500)
    accept_word(dispute_id=WmsDispute.objects.get().pk, by=make.approver())
    assert line.proposed_action is not None
    line.proposed_action.refresh_from_db()
    assert line.proposed_action.status == "withdrawn"
    assert make.on_hand(what, home) == 900


def test_while_it_is_disputed_a_standing_is_not_applied(home, wms, disputed):
    wms.send(wms.update(8, disputed, 88))
    with transaction.atomic():
        hold_intake(wms.client)
        assert apply_standings(client=wms.client, item_ids=[disputed.pk], at=now()) == 0
    assert make.on_hand(disputed, home) == 90


def test_an_ingest_takes_as_many_queries_with_many_disputes_as_with_few(home, wms):
    items = [fed_stock(100, home=home) for _ in range(12)]
    wms.send(*[wms.update(n, what, 88) for n, what in enumerate(items)])

    def queries(first: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert wms.told(*[wms.update(first + n, what, 88) for n, what in enumerate(items)])
        return len(seen)

    state(items[0], home, 90)
    state(items[1], home, 91)
    few = queries(100)
    for what in items[2:-1]:  # one is undisputed, as before
        state(what, home, 90)
    assert queries(200) == few


@pytest.mark.django_db(transaction=True)
def test_stating_while_the_wms_repeats_itself_never_loses_the_persons_word():
    home = make.zone()
    make.ballast(home)
    wms, person = Wms(home), make.approver()
    for turn in range(4):
        what = fed_stock(100, home=home)
        wms.send(wms.update(100 * turn, what, 88))
        repeats = [sender(wms, [wms.update(100 * turn + n, what, 88)]) for n in (1, 2, 3)]
        ends = at_once(partial(state, what, home, 90, person), *repeats)
        assert not [end for end in ends if isinstance(end, Exception)], ends
        assert make.on_hand(what, home) == 90
    assert_books_agree()


# --- in the admin ----------------------------------------------------------------------------------


def test_the_preview_is_what_stating_it_does(home, wms, disputed):
    small = foresee(item=disputed, location=home.location, quantity=Decimal(92))
    assert small.posts_at_once
    assert small.sentences[0].startswith("+2")
    assert "the WMS, which says 88" in small.sentences[1]
    large = foresee(item=disputed, location=home.location, quantity=Decimal(20))
    assert not large.posts_at_once
    assert "wait for an approver, who cannot be you" in large.sentences[0]
    assert foresee(item=disputed, location=home.location, quantity=Decimal(90)).sentences[0].startswith("It is what is")
    assert "says the same" in foresee(item=disputed, location=home.location, quantity=Decimal(88)).sentences[1]
    assert ExcelSync.objects.count() == 1


def test_a_quantity_is_stated_from_the_balances_page(home, wms):
    what = fed_stock(100, home=home)
    place(home, (what, 90))
    wms.send(wms.update(7, what, 88))
    browser = signed_in("approver")
    page = address("balance", "state_quantity", Balance.objects.get(item=what).pk)
    assert page in browser.get(address("balance", "change", Balance.objects.get(item=what).pk)).content.decode()
    shown = text_of(browser.get(page))
    for told in ("88 (sequence 7", "Reserved 90", "WMS, update 7 of", "short by 2"):
        assert told in shown
    assert "not a quantity" in browser.post(page, {"quantity": "many", "reason": "So"}).content.decode()
    form = {"quantity": "91", "reason": "Looked myself"}
    assert "+3" in text_of(browser.post(page, form))
    browser.post(page, form | {"quantity": "12", "apply": "1", "seen": "91"})  # changed after the preview
    assert not ExcelSync.objects.exists()
    done = browser.post(page, form | {"apply": "1", "seen": "91"}, follow=True)
    assert f"{what.item_code}: 91" in text_of(done)
    assert done.redirect_chain[-1][0] == address("excelsync", "change", ExcelSync.objects.get().pk)
    assert make.on_hand(what, home) == 91
    assert "replaces it" in text_of(browser.get(page))


def test_the_button_stands_on_item_update_and_incident(home, wms):
    what = fed_stock(100, home=home)
    place(home, (what, 90))
    wms.send(wms.update(7, what, 88))
    wms.send(wms.update(8, "NEVER-1", 1))
    browser = signed_in("approver")
    goal = address("balance", "state_quantity", Balance.objects.get(item=what).pk)
    for model, pk in (("item", what.pk), ("wmsupdate", WmsUpdate.objects.get(item=what).pk), ("oversellincident", 1)):
        pk = what.oversell_incidents.get().pk if model == "oversellincident" else pk
        button = address(model, "state_quantity", pk)
        assert button in browser.get(address(model, "change", pk)).content.decode()
        assert browser.get(button)["Location"] == goal
    nowhere = address("wmsupdate", "state_quantity", WmsUpdate.objects.get(item=None).pk)
    assert "There is no balance" in text_of(browser.get(nowhere, follow=True))


def test_disputes_are_listed_open_first_and_one_is_ended_by_a_button(home, wms, disputed):
    other = fed_stock(100, home=home)
    wms.send(wms.update(8, other, 50))
    state(other, home, 51)
    wms.send(wms.update(9, other, 51))
    browser = signed_in("approver")
    listed = text_of(browser.get(address("wmsdispute")))
    assert listed.index(disputed.item_code) < listed.index(other.item_code)
    dispute = WmsDispute.objects.get(closed_at=None)
    page = address("wmsdispute", "change", dispute.pk)
    button = page.replace("/change/", "/accept/")
    assert "88" in text_of(browser.get(button))
    shown = browser.get(page).content.decode()
    assert re.search(r'<span class="[^"]*\bbg-red-100\b[^"]*"[^>]*>\s*Open\s*</span>', shown), "red, as in the list"
    assert "The WMS&#x27;s word stands" in browser.post(button, follow=True).content.decode()
    assert make.on_hand(disputed, home) == 88
    assert button not in browser.get(page).content.decode()
    assert re.search("over already", browser.post(button).content.decode())


def test_who_may_not_is_turned_away_on_the_server(home, wms, disputed):
    state_it = address("balance", "state_quantity", Balance.objects.get(item=disputed).pk)
    accept = address("wmsdispute", "accept", WmsDispute.objects.get().pk)
    for role in ("auditor", "integrator", "counter"):
        browser = signed_in(role)
        assert browser.post(state_it, {"quantity": "1", "reason": "x", "apply": "1", "seen": "1"}).status_code == 403
        assert browser.post(accept).status_code == 403
    with pytest.raises(Refused, match="may not"):
        accept_word(dispute_id=WmsDispute.objects.get().pk, by=make.user("", "auditor"))
    assert outcome() == ""


def test_lists_take_as_many_queries_for_many_disputes(home, wms, django_assert_max_num_queries):
    items = [fed_stock(100, home=home) for _ in range(12)]
    wms.send(*[wms.update(n, what, 88) for n, what in enumerate(items)])
    for what in items:
        state(what, home, 90)
    browser = signed_in("auditor")
    with django_assert_max_num_queries(14):
        browser.get(address("wmsdispute"))
