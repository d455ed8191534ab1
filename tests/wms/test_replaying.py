"""The stored rows go through again and change nothing; what is on the ledger follows from what was sent."""

import json
from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.models import AuditEntry, Event
from inventory.models import Balance, Movement, WmsIntake, WmsMessage, WmsStanding, WmsUpdate
from inventory.wms.applying_standings import apply_standings
from inventory.wms.rebuilding import differences
from inventory.wms.replaying import replay_rows, state_hash
from inventory.wms.retaking import retake_updates
from tests import factories as make
from tests.wms.sending import Wms, by_wms, fed_stock, stream
from tests.wms.sending import state_hash as stock_hash

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home)


def run(*arguments: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("replay_wms", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, out.getvalue()


def all_rows() -> tuple[int, ...]:
    models = (WmsMessage, WmsUpdate, Movement, Event, AuditEntry, WmsStanding)
    return tuple(model.objects.count() for model in models)


def a_days_feed(home: Any, wms: Wms) -> list[Any]:
    """Shuffled, with goods moving in between, a few in quarantine and some of another authority."""
    random = Random(7)
    items = [fed_stock(100, home=home) for _ in range(8)]
    others = [make.stock(100, home=home) for _ in range(2)]
    updates = stream(items + others, wms, 120, lambda n: 50 + n % 37)
    updates += [wms.update(200 + n, f"NEVER-{n}", 5) for n in range(3)]
    updates += [wms.update(3, items[0], 1)]
    random.shuffle(updates)
    for n in range(0, len(updates), 25):
        wms.send(*updates[n : n + 25])
        make.move(
            random.choice(items), -random.randint(1, 5), home=home, at=now() - timedelta(hours=random.random() * 5)
        )
    wms.send({"sequence": "x"}, "not even an object")
    by_wms(home, others[0])
    with transaction.atomic():
        apply_standings(client=wms.client, item_ids=[others[0].pk], at=now())
    return items


def test_the_rows_go_through_again_and_change_nothing(home, wms):
    a_days_feed(home, wms)
    before, rows, stock = state_hash(), all_rows(), stock_hash(home)
    code, said = run()
    assert code == 0, said
    assert f"{WmsUpdate.objects.count():,} updates went through again" in said
    assert "unchanged" in said
    assert (state_hash(), all_rows(), stock_hash(home)) == (before, rows, stock)
    done = replay_rows(rows=WmsUpdate.objects.all())
    assert (done.rows, done.retakable, done.problems) == (WmsUpdate.objects.count(), 0, [])
    assert done.duplicates == WmsUpdate.objects.exclude(sequence=None).exclude(reason="key_reused").count()
    assert done.waiting == 3


def test_the_state_hash_sees_whatever_an_update_changes(home, wms):
    what, hashes = fed_stock(100, home=home), [state_hash()]
    steps = (wms.update(1, what, 90), wms.update(2, what, 90), wms.update(5, "NEVER-1", 1))
    for update in steps:
        wms.send(update)
        hashes.append(state_hash())
    assert len(set(hashes)) == len(hashes)


def test_a_row_that_was_altered_is_named_by_the_replay(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    row = WmsUpdate.objects.get()
    WmsUpdate.objects.update(payload=row.payload.replace(":90", ":91"))
    code, said = run()
    assert code == 1
    assert f"Update 1 of {wms.client} ({what.item_code}, row {row.pk}) is stored as applied" in said
    assert make.on_hand(what, home) == 90


def test_it_can_be_narrowed_and_the_refusals_say_the_cure(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90), message_id="msg_a")
    wms.send(wms.update(2, what, 80), message_id="msg_b")
    assert json.loads(run("--message", "msg_b", "--json")[1])["rows"] == 1
    assert json.loads(run("--client", wms.client.wms_id, "--json")[1])["rows"] == 2
    assert json.loads(run("--since", (now() + timedelta(hours=1)).isoformat(), "--json")[1])["rows"] == 0
    assert run("--message", "nobody")[0] == 2
    code, said = run("--client", "nobody")
    assert code == 2
    assert wms.client.wms_id in said
    assert run("--verify", "--message", "msg_a")[0] == 2


def test_a_disabled_client_is_replayed_and_verified_too(home, wms):
    wms.send(wms.update(1, fed_stock(100, home=home), 90))
    type(wms.client).objects.update(is_enabled=False)
    assert run("--client", wms.client.wms_id)[0] == 0
    assert run("--client", wms.client.wms_id, "--verify")[0] == 0


def test_quarantined_ones_are_taken_again_by_command(home, wms):
    wms.send(wms.update(1, "NEW-1", 7), wms.update(2, "NEVER-1", 7))
    by_wms(home, make.stock(10, home=home, code="NEW-1"))
    code, said = run("--quarantined")
    assert code == 1
    assert "2 updates taken again: 1 applied, 1 quarantined." in said
    assert f"{wms.client}, sequence 2, NEVER-1: The item is not in the catalogue" in said
    assert AuditEntry.objects.get(verb="wms.retaken").actor_name == "system"
    by_wms(home, make.stock(10, home=home, code="NEVER-1"))
    assert run("--quarantined")[0] == 0
    assert run("--quarantined")[1].startswith("0 updates taken again: nothing waits")


# --- verifying ------------------------------------------------------------------------------------


def test_words_and_movements_follow_from_what_was_sent(home, wms):
    a_days_feed(home, wms)
    assert list(differences(wms.client)) == []
    code, said = run("--verify")
    assert code == 0
    assert "are what was sent" in said


def test_after_a_retake_they_still_do(home, wms):
    begun = now() - timedelta(hours=2)
    wms.send(wms.update(1, "NEW-1", 7, received_at=begun.isoformat()))
    what = make.stock(30, home=home, code="NEW-1")
    by_wms(home, what)
    make.move(what, -2, home=home, at=now() - timedelta(hours=1))
    retake_updates(updates=WmsUpdate.objects.all(), by=None)
    assert make.on_hand(what, home) == 5
    assert list(differences(wms.client)) == []


def found(wms: Wms) -> str:
    sentences = list(differences(wms.client))
    assert len(sentences) == 1, sentences
    return sentences[0]


def test_a_wrong_newest_word_is_found(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90), wms.update(2, what, 80))
    WmsStanding.objects.update(sequence=1, quantity=90)
    assert found(wms) == (
        f"{what.item_code}: the newest word of {wms.client} is stored as 90 (sequence 1), but by what was sent it is "
        "80 (sequence 2)."
    )
    WmsStanding.objects.all().delete()
    assert "is stored as nothing" in found(wms)


def test_a_wrong_movement_is_found_and_so_is_a_missing_one(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    Movement.objects.filter(kind="feed").update(delta=-11)
    assert f"is -11, but update 1 of {wms.client} came to -10" in found(wms)
    Movement.objects.filter(kind="feed")._raw_delete("default")
    assert "was applied, but no movement stands behind it" in found(wms)


def test_a_payload_or_a_column_that_was_altered_is_found(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    WmsUpdate.objects.update(quantity=91)
    assert f"sent was 90 of {what.item_code}, sequence 1; stored is 91" in found(wms)
    row = WmsUpdate.objects.get()
    WmsUpdate.objects.update(quantity=90, payload=row.payload.replace(":90", ":91"))
    code, said = run("--verify")
    assert code == 1
    assert "has been altered since it was stored" in said


def test_many_rows_take_as_many_statements_as_few(home, wms):
    items = [fed_stock(100, home=home) for _ in range(30)]

    def statements() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as replayed:
            replay_rows(rows=WmsUpdate.objects.all())
        with CaptureQueriesContext(connection) as verified:
            assert list(differences(wms.client)) == []
        return len(replayed), len(verified)

    wms.send(*stream(items, wms, 30, lambda n: n))
    few = statements()
    wms.send(*[wms.update(100 + n, items[n % 30], n) for n in range(300)])
    assert statements() == few
    assert Balance.objects.count() == 30
    assert WmsIntake.objects.get().highest_sequence == 399
