"""What never came is named, asked for, brought by a file, or given up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import call_command

from approvals.clock import at, now
from approvals.models import Alert, AuditEntry
from approvals.refusals import Refused
from inventory.models import WmsGap, WmsKey, WmsMessage, WmsUpdate
from inventory.wms.backfill_due import ask_due
from inventory.wms.backfill_ranges import in_words
from inventory.wms.backfill_requests import request_backfill, watch_backfill
from inventory.wms.gaps import watch_gaps
from inventory.wms.giving_up import give_up_gaps
from tests import factories as make
from tests.wms.backfilling import Book
from tests.wms.sending import Wms, fed_stock, new_key
from tests.wms.test_screens import LIMITS, address, signed_in, text_of

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home)


@pytest.fixture
def book(wms) -> Iterator[Book]:
    made = Book(wms)
    yield made
    made.stop()


def feed(home: Any, wms: Wms, *, lost: Any, until: int) -> Any:
    """Sequences 1 to `until` of one item, those of `lost` not sent; all of them are returned, by sequence."""
    what = fed_stock(1_000, home=home)
    updates = {n: wms.update(n, what, 1_000 - n) for n in range(1, until + 1)}
    wms.send(*[update for n, update in updates.items() if n not in lost])
    return updates


def run(wms: Wms, *arguments: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("backfill_wms", wms.client.wms_id, *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, out.getvalue()


def test_missing_sequences_are_listed_as_ranges_to_be_sent_on(home, wms):
    assert run(wms) == (0, f"Nothing of {wms.client} is missing.\n")
    updates = feed(home, wms, lost={5, 20, 21, 22, 23}, until=40)
    wms.send(updates[22])
    code, said = run(wms)
    assert code == 1
    assert f"4 updates of {wms.client} are missing: sequence 5, 20 to 21, 23." in said
    assert "sequence 20 to 21." in run(wms, "--from", "6", "--to", "22")[1]
    assert json.loads(run(wms, "--json")[1])["missing"] == [[5, 5], [20, 21], [23, 23]]
    assert in_words([(1, 2), (4, 4), (6, 6)], shown=1) == "1 to 2 and 2 more ranges"


def test_a_file_fills_gaps_and_the_report_says_what_is_left(home, wms, tmp_path: Path):
    updates = feed(home, wms, lost={5, 20, 21}, until=40)
    lines = [json.dumps({"schema_version": "1", **updates[n]}) for n in (5, 21)]
    (tmp_path / "missing.jsonl").write_text("\n".join(lines))
    code, said = run(wms, "--file", str(tmp_path / "missing.jsonl"))
    assert code == 1
    assert "2 updates: 2 superseded." in said
    assert "Gap 5 to 5 is filled." in said
    assert "1 updates of" in said
    assert "are missing: sequence 20." in said
    assert run(wms, "--file", str(tmp_path / "none.jsonl"))[0] == 2


def test_the_wms_is_asked_with_a_signature_and_all_of_it_comes(home, wms, book):
    book.updates = feed(home, wms, lost=set(range(10, 15)) | {30}, until=40)
    code, said = run(wms, "--ask")
    assert code == 0, said
    assert f"{wms.client} was asked 2 times: 6 superseded." in said
    assert "Gap 10 to 14 is filled." in said
    assert (book.asked, book.unsigned) == ([(10, 14), (30, 30)], 0)
    ids = set(WmsMessage.objects.filter(source="ask").values_list("webhook_id", flat=True))
    assert {name.rsplit("-", 1)[0] for name in ids} == {"backfill-10-14", "backfill-30-30"}
    assert run(wms, "--ask") == (
        0,
        f"{wms.client} was asked 0 times: no update.\nNothing of {wms.client} is missing.\n",
    )


def test_an_outage_s_end_is_applied_when_it_is_the_newest_word(home, wms, book):
    """What was lost of another item is its newest word, so it moves stock."""
    book.updates = feed(home, wms, lost={7, 8}, until=9)
    other = fed_stock(100, home=home)
    book.updates[7], book.updates[8] = wms.update(7, other, 60), wms.update(8, other, 55)
    assert run(wms, "--ask")[0] == 0
    assert make.on_hand(other, home) == 55


def test_long_ranges_are_paged_and_half_answers_are_followed_up(home, wms, book):
    what = fed_stock(1_000, home=home)
    wms.send(wms.update(1, what, 1))
    wms.send(wms.update(2_502, what, 2))
    book.page = 700
    book.updates = {n: wms.update(n, what, n % 900) for n in range(2, 2_502)}
    assert run(wms, "--ask")[0] == 0
    assert book.asked == [(2, 1001), (702, 1701), (1402, 2401), (2102, 2501)]
    assert WmsUpdate.objects.count() == 2_502
    assert WmsGap.objects.get().closed_at is not None


def test_what_the_wms_has_not_itself_stays_missing_with_the_cure(home, wms, book):
    updates = feed(home, wms, lost={5, 6, 7}, until=10)
    book.updates = {6: updates[6]}
    code, said = run(wms, "--ask")
    assert code == 1
    assert "the WMS answered, but 2 of its updates, the first of them sequence 5, were not in it" in said
    assert "give up on the gap" in WmsGap.objects.get().last_answer


JUNK = {
    "not_200": ((503, b"busy"), "The WMS answered 503."),
    "no_json": ((200, b"<html>"), "cannot be read as JSON"),
    "no_object": ((200, b"[1]"), "no JSON object"),
    "no_updates": ((200, b'{"schema_version": "1"}'), "updates is missing or empty"),
    "too_long": ((200, b" " * (5 * 1024 * 1024 + 1)), "longer than 5,242,880 bytes"),
    "redirect": ((302, b""), "The WMS answered 302."),
}


@pytest.mark.parametrize("kind", JUNK)
def test_what_cannot_be_taken_is_told_with_its_gap_and_nothing_is_lost(home, wms, book, kind):
    feed(home, wms, lost={5, 8}, until=10)
    reply, told = JUNK[kind]
    book.reply = lambda first, last: reply
    before = WmsUpdate.objects.count()
    code, said = run(wms, "--ask")
    assert code == 1
    assert told in said
    assert f"Gap {wms.client}: 5 to 5:" in said
    assert "then ask again" in said
    assert (len(book.asked), WmsUpdate.objects.count()) == (1, before)
    assert WmsGap.objects.filter(closed_at=None).count() == 2


def test_a_wms_that_is_down_is_told_as_such(home, wms, book):
    feed(home, wms, lost={5}, until=10)
    book.stop()
    code, said = run(wms, "--ask")
    assert code == 1
    assert "No answer: the connection failed" in said


def test_who_cannot_be_asked_is_refused_with_the_cure(home, wms, book, settings):
    feed(home, wms, lost={5}, until=10)
    WmsKey.objects.update(retired_at=now())
    assert run(wms, "--ask") == (2, f"{wms.client} has no valid key to sign with. Issue one for it in the admin.\n")
    wms.secret = new_key(wms.client)
    settings.EVENTS_ALLOWED_HOSTS = []
    assert "Correct the backfill address" in run(wms, "--ask")[1]
    wms.client.backfill_url = ""
    wms.client.save()
    assert "has no backfill address" in run(wms, "--ask")[1]
    assert book.asked == []


def test_an_address_inside_a_network_is_refused_when_it_is_typed(home, wms, settings):
    settings.EVENTS_ALLOWED_HOSTS = []
    page, browser = address("wmsclient", "change", wms.client.pk), signed_in("integrator")
    form = {"name": "Main", "is_enabled": "on", **LIMITS, "backfill_url": "https://10.0.0.7/missing"}
    assert "is an address inside a network" in text_of(browser.post(page, form))
    browser.post(page, form | {"backfill_url": "https://wms.example.com/missing"})
    wms.client.refresh_from_db()
    assert wms.client.backfill_url == "https://wms.example.com/missing"


# --- asked for by the worker ----------------------------------------------------------------------


def test_the_program_asks_by_itself_once_a_gap_is_older_than_the_window(home, wms, book):
    book.updates = feed(home, wms, lost={5}, until=10)
    watch_backfill()
    assert ask_due() == []
    with at(now() + LATER):
        watch_backfill()
        assert [asked.calls for asked in ask_due()] == [1]
        assert ask_due() == []
    assert WmsGap.objects.get().closed_at is not None


def test_after_a_failure_it_waits_longer_each_time_and_then_leaves_it(home, wms, book):
    feed(home, wms, lost={5}, until=10)
    book.reply = lambda first, last: (500, b"")
    moment, calls = now() + LATER, []
    for _ in range(60):
        with at(moment):
            watch_backfill()
            ask_due()
        calls.append(len(book.asked))
        moment += timedelta(minutes=15)
    assert calls[-1] == 5
    assert [calls.count(n) for n in range(1, 5)] == [1, 2, 8, 24]
    assert "The WMS answered 500." in WmsGap.objects.get().last_answer


def test_what_the_wms_said_it_has_not_is_not_asked_for_again_by_itself(home, wms, book):
    feed(home, wms, lost={5}, until=10)
    for hours in range(1, 4):
        with at(now() + hours * LATER):
            watch_backfill()
            ask_due()
    assert len(book.asked) == 1


def test_a_person_has_it_asked_for_in_the_admin(home, wms, book):
    book.updates = feed(home, wms, lost={5, 8}, until=10)
    browser, gaps = signed_in("approver"), list(WmsGap.objects.all())
    form = {"action": "ask_for", ACTION_CHECKBOX_NAME: [gap.pk for gap in gaps]}
    assert "Ask the WMS for 2 updates of 2 gaps?" in text_of(browser.post(address("wmsgap"), form, follow=True))
    assert book.asked == []
    done = browser.post(address("wmsgap"), form | {"apply": "1"}, follow=True)
    assert "2 gaps will be asked for within seconds" in text_of(done)
    ask_due()
    assert not WmsGap.objects.filter(closed_at=None).exists()
    assert AuditEntry.objects.get(verb="wms_gap.asked_for").details["gaps"] == sorted(gap.pk for gap in gaps)
    page = address("wmsgap", "change", gaps[0].pk)
    assert "ask-for" not in browser.get(page).content.decode()
    assert browser.post(page.replace("/change/", "/ask-for/")).status_code == 409


def test_without_an_address_the_admin_says_what_to_do(home, wms):
    feed(home, wms, lost={5}, until=10)
    page = address("wmsgap", "change", WmsGap.objects.get().pk).replace("/change/", "/ask-for/")
    answer = signed_in("integrator").post(page)
    assert answer.status_code == 409
    assert "has no backfill address" in answer.content.decode()


# --- giving up ------------------------------------------------------------------------------------


def test_a_gap_is_given_up_with_a_reason_and_its_alert_ends(home, wms):
    updates = feed(home, wms, lost={5, 6}, until=10)
    with at(now() + LATER):
        watch_gaps()
    assert Alert.objects.filter(key=f"wms-gap-{wms.client.pk}", resolved_at=None).exists()
    browser, gap = signed_in("integrator"), WmsGap.objects.get()
    page = address("wmsgap", "change", gap.pk)
    button = page.replace("/change/", "/give-up/")
    assert "Give up on 2 updates of 1 gap?" in text_of(browser.get(button))
    assert browser.post(button, {"reason": " "}).status_code == 409
    browser.post(button, {"reason": "The WMS was set up anew"})
    gap.refresh_from_db()
    assert gap.closed_at is not None
    assert gap.given_up_reason == "The WMS was set up anew"
    shown = text_of(browser.get(page))
    assert "Given up" in shown
    assert str(gap.given_up_by) in shown
    assert not Alert.objects.filter(key=f"wms-gap-{wms.client.pk}", resolved_at=None).exists()
    assert AuditEntry.objects.get(verb="wms_gap.given_up").details["reason"] == "The WMS was set up anew"
    assert run(wms)[0] == 0
    assert wms.told(updates[5]) == ["superseded"]  # late all the same
    assert browser.post(button, {"reason": "Again"}).status_code == 409


def test_who_may_not_is_turned_away_on_the_server(home, wms, book):
    feed(home, wms, lost={5}, until=10)
    gap, auditor = WmsGap.objects.get(), make.user("", "auditor")
    browser = signed_in("auditor")
    for name in ("ask-for", "give-up"):
        page = address("wmsgap", "change", gap.pk).replace("/change/", f"/{name}/")
        assert browser.post(page, {"reason": "So"}).status_code == 403
    with pytest.raises(Refused, match="may not"):
        request_backfill(gaps=WmsGap.objects.all(), by=auditor)
    with pytest.raises(Refused, match="may not"):
        give_up_gaps(gaps=WmsGap.objects.all(), reason="So", by=auditor)
    assert WmsGap.objects.get().closed_at is None
