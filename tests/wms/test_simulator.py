"""The simulated WMS: a day that is like one, faults that are faults, and a house that agrees with it at the end."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from approvals.outbox.signing import new_secret
from inventory.wms.bodies import read_body
from inventory.wms.signatures import verify
from inventory.wms.simulator import signing
from inventory.wms.simulator.day import DAY, HOUR, OPEN_HOURS, live_day, newest_words, stock_drawn
from inventory.wms.simulator.faults import FAULTS, OUTAGE, Plan, plan_messages
from inventory.wms.simulator.items import NoItems, read_items
from inventory.wms.simulator.wording import WallClock, Wording

SKUS = [f"SKU-{n:03d}" for n in range(60)]
ALL = set(FAULTS)


def day(updates: int = 2_000, seed: int = 1, **more: Any) -> Any:
    return live_day(stock_drawn(SKUS, seed), updates=updates, seed=seed, **more)


def plan(seed: int = 1, faults: set[str] = ALL, batch: int = 50, **more: Any) -> Plan:
    return plan_messages(day(seed=seed).said, batch=batch, faults=faults, seed=seed, **more)


def sequences(messages: Any) -> list[int]:
    return [update.sequence for message in messages for update in message.updates]


def test_a_day_opens_and_closes_with_a_full_listing_and_has_no_hole():
    said = day().said
    assert [update.sequence for update in said] == list(range(1, len(said) + 1))
    assert 2_000 <= len(said) <= 2_001
    assert [update.sku for update in said[:60]] == [update.sku for update in said[-60:]] == SKUS
    assert [update.at for update in said] == sorted(update.at for update in said)
    assert (said[0].at, said[-1].at) == (0.0, DAY)


def test_a_day_is_like_one():
    """A few items sell most, the middle of the day is busy, and what lies there is never less than nothing."""
    said = day(updates=5_000).said
    work = [update for update in said if 0 < update.at < DAY and not update.is_bad]
    sold = [number for _, number in Counter(update.sku for update in work).most_common()]
    assert sum(sold[:12]) > len(work) / 2
    by_hour = Counter(int(update.at // HOUR) for update in work)
    assert len(by_hour) == OPEN_HOURS
    assert by_hour[4] > 3 * by_hour[0]
    assert all(Decimal(str(update.quantity)) >= 0 for update in work)
    assert {update.status for update in said} == {"available", "damaged"}
    assert 0.01 < sum(update.is_bad for update in said) / len(said) < 0.06
    assert newest_words(said) == {update.sku: update for update in said[-60:]}


def test_the_same_seed_is_the_same_day():
    assert day().said == day().said
    assert plan() == plan()
    assert day().said != day(seed=2).said
    assert plan() != plan(seed=2)


def test_without_faults_everything_leaves_once_and_in_order():
    calm = plan(faults=set())
    assert sequences(calm.messages) == list(range(1, len(sequences(calm.messages)) + 1))
    assert {message.version for message in calm.messages} == {"1"}
    assert calm.lost == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_fault_is_there(seed):
    calm, everything = plan(seed, set()), sequences(plan(seed, set()).messages)
    assert len(sequences(plan(seed, {"duplicates"}).messages)) > len(everything)
    assert sorted(sequences(plan(seed, {"reorders"}).messages)) == everything
    assert sequences(plan(seed, {"reorders"}).messages) != everything
    assert any(message.answer_is_lost for message in plan(seed, {"resends"}).messages)
    begins, ends = OUTAGE
    assert any(begins <= message.due < ends for message in calm.messages)
    assert not any(begins <= message.due < ends for message in plan(seed, {"outage"}).messages)
    assert [each.version for each in plan(seed, {"schema"}).messages] == sorted(
        each.version for each in plan(seed, {"schema"}).messages
    )
    assert {message.version for message in plan(seed, {"schema"}).messages} == {"1", "2"}


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_is_lost_is_missing_or_comes_in_the_evening(seed):
    everything = sequences(plan(seed, set()).messages)
    missing, late = plan(seed, {"gaps"}), plan(seed, {"gaps"}, backfill=True)
    assert missing.lost
    assert sorted(sequences(missing.messages) + sequences(missing.lost)) == everything
    assert set(everything[-60:]) <= set(sequences(missing.messages)), "the evening's listing always leaves"
    assert late.lost == []
    assert sorted(sequences(late.messages)) == everything


def test_a_message_is_due_no_earlier_than_what_it_says():
    for message in plan().messages:
        assert message.due >= max(update.at for update in message.updates)


def test_its_clock_is_ahead_and_goes_back():
    clock = WallClock.unreliable(1_795_000_000.0, 1.0, 1)
    moments = [clock.read(float(second)) for second in range(0, int(DAY), 5)]
    assert moments != sorted(moments)
    assert WallClock(1_795_000_000.0, 60.0).read(60.0) == "2026-11-18T11:06:41.000+00:00"


def test_the_house_reads_both_of_its_wordings_the_same():
    wording = Wording("main", WallClock(1_795_000_000.0))
    said = [update for update in day().said if not update.is_bad]
    first, second = (read_body(wording.body(version, said[:900]), "main") for version in ("1", "2"))
    assert [read.update for read in first.updates] == [read.update for read in second.updates]
    assert None not in [read.update for read in first.updates]
    bad = [update for update in day().said if update.is_bad and not update.sku.endswith("GHOST")]
    for version in ("1", "2"):
        assert not [each for each in read_body(wording.body(version, bad), "main").updates if each.update]


def test_its_signature_is_the_standards():
    secret, body = new_secret(), b'{"a": "\xc3\xa9"}'
    headers = signing.headers("msg_1", body, signing.key_of(secret))
    assert verify(headers, body, [secret]) == "msg_1"
    assert signing.is_signed(headers, body, signing.key_of(secret))
    assert not signing.is_signed(headers, body, signing.key_of(new_secret()))
    assert not signing.is_signed(headers, body + b" ", signing.key_of(secret))
    old = signing.headers("msg_1", body, signing.key_of(secret), at=1_600_000_000)
    assert not signing.is_signed(old, body, signing.key_of(secret))
    for garbage in ("", "whsec_", "whsec_é", "whsec_A"):
        with pytest.raises(signing.BadSecret, match="Copy it whole"):
            signing.key_of(garbage)


def test_items_come_from_a_table_or_a_list(tmp_path):
    listed, table, empty = tmp_path / "list", tmp_path / "table.csv", tmp_path / "empty"
    listed.write_text("A-1\n\nB-2\n")
    table.write_text("sku,on_hand\nA-1,12\nB-2,many\n")
    empty.write_text("\n")
    assert read_items(listed) == {"A-1": None, "B-2": None}
    assert read_items(table) == {"A-1": Decimal(12), "B-2": None}
    for path, why in ((empty, "names no item"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(NoItems, match=why):
            read_items(path)
