"""The command on a real house: what it says is what the house believes, and what goes wrong is a sentence."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from approvals.clock import now
from approvals.models import EditToken
from inventory.demo.warehouse_system import create_demo_wms
from inventory.management.wms_house import in_this_house, stock_here
from inventory.models import Authority, Balance, Item, Movement, WmsClient, WmsGap, WmsKey, WmsUpdate
from inventory.wms.simulator import signing
from inventory.wms.simulator.backfills import MOST_UPDATES, Memory, serving
from inventory.wms.simulator.checking import check
from inventory.wms.simulator.day import live_day, newest_words, stock_drawn
from inventory.wms.simulator.faults import FAULTS, plan_messages
from inventory.wms.simulator.running import Run
from inventory.wms.simulator.sending import NotTaken, Sender
from inventory.wms.simulator.warehouse import Update
from inventory.wms.simulator.wording import WallClock, Wording
from tests import factories as make
from tests.orders.selling import assert_books_agree
from tests.ports import free_port
from tests.receivers import Answer, Receiver
from tests.wms.sending import Wms, by_wms, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("wms_http")]
SECRET = "whsec_" + "A" * 43 + "="


@pytest.fixture
def stocked() -> tuple[Any, Wms]:
    """Thirty items, two thirds of them followed."""
    home = make.zone()
    items = [make.stock(50, home=home, code=f"SIM-{n:02d}") for n in range(30)]
    by_wms(home, *items[:20])
    return home, Wms(home, "main")


def simulate(wms: Wms, house: str, *words: str, code: int | None = None) -> dict[str, Any]:
    """The figures, and the exit code as asked for."""
    arguments = ["--client", wms.client.wms_id, "--key", wms.secret, "--url", house, "--rate", "0", "--json", *words]
    return figures(arguments, code)


def figures(arguments: list[str], code: int | None = None) -> dict[str, Any]:
    told: list[str] = []

    class Out:
        def write(self, text: str) -> None:
            told.append(text)

    if code is None:
        call_command("wms_simulator", *arguments, stdout=Out())
    else:
        with pytest.raises(SystemExit) as ended:
            call_command("wms_simulator", *arguments, stdout=Out())
        assert ended.value.code == code
    return dict(json.loads("".join(told)))


def test_a_day_with_every_fault_ends_as_the_wms_says(house, stocked):
    home, wms = stocked
    told = simulate(wms, house, "--updates", "900", "--batch", "40", "--check", "--backfill", "--seed", "3")
    assert told["wrong"] == []
    assert told["check"] == {"equal": 30, "compared": 0, "different": []}
    assert {"applied", "compared", "duplicate", "superseded", "quarantined"} <= set(told["results"])
    assert {"not_sellable", "negative", "unreadable", "unknown_sku"} >= set(told["quarantined_for"])
    assert sum(told["results"].values()) == told["updates"] >= 900
    assert WmsUpdate.objects.count() in {900, 901}
    assert not WmsGap.objects.filter(closed_at=None).exists()
    followed = Balance.objects.filter(authority=Authority.WMS).values_list("item__item_code", "quantity_on_hand")
    assert dict(followed) == {code: float(told["items"][code]) for code, _ in followed}
    assert_books_agree()
    again = simulate(wms, house, "--updates", "100", "--check")
    assert again["wrong"] == []
    assert again["check"]["different"] == []


def test_without_a_backfill_what_was_lost_stays_a_gap(house, stocked):
    told = simulate(stocked[1], house, "--updates", "600", "--batch", "20", "--faults", "gaps", "--check")
    missing = sum(WmsGap.objects.filter(closed_at=None).values_list("still_missing", flat=True))
    arrived = sorted(update.sequence or 0 for update in WmsUpdate.objects.all())
    assert told["lost"] > 0
    assert missing == arrived[-1] - arrived[0] + 1 - len(arrived) > 0
    assert told["check"]["different"] == []


def test_a_house_that_believes_otherwise_is_told_of(house, stocked, monkeypatch):
    home, wms = stocked
    told = simulate(wms, house, "--updates", "100", "--faults", "none")
    words = {sku: Update(1, sku, Decimal(quantity), "available", 0.0) for sku, quantity in told["items"].items()}
    first, other = (Item.objects.get(item_code=code) for code in ("SIM-00", "SIM-01"))
    make.move(first, 7, home=home, kind=Movement.Kind.TRANSFER, at=now() - timedelta(days=2))
    make.move(other, 7, home=home, kind=Movement.Kind.TRANSFER, at=now() + timedelta(seconds=1))
    checked = check(words, in_this_house(wms.client))
    assert checked.equal == 29, "what moved after the WMS's word is no difference"
    assert [sentence.partition(":")[0] for sentence in checked.different] == ["SIM-00"]
    assert f"the WMS says {told['items']['SIM-00']} " in checked.different[0]


def test_the_api_tells_the_same(house, stocked, monkeypatch):
    words = ["--updates", "100", "--faults", "none", "--check", "--location", "MAIN", "--token-env", "STOCK_TOKEN"]
    monkeypatch.setenv("STOCK_TOKEN", EditToken.issue(user=make.user("", "auditor"), label="check")[1])
    checked = simulate(stocked[1], house, *words)["check"]
    assert checked["different"] == []
    assert checked["equal"] + checked["compared"] == 30
    assert checked["compared"] > 0, "those that the WMS does not decide"
    monkeypatch.setenv("STOCK_TOKEN", "wrong")
    assert_says(simulate(stocked[1], house, *words, code=2), "may not read stock")
    monkeypatch.delenv("STOCK_TOKEN")
    assert_says(simulate(stocked[1], house, *words, code=2), "STOCK_TOKEN is empty")


def test_a_demo_house_needs_one_command(house, stocked, settings):
    wms = stocked[1]
    wms.client.is_enabled = False
    wms.client.save()
    words = ["--demo", "--url", house, "--rate", "0", "--updates", "100", "--json", "--check"]
    assert "no demo house" in figures(words, code=2)["errors"][0]
    make.user("root", superuser=True)
    for _ in range(7):
        told = figures(words)
        assert told["check"]["different"] == []
    assert WmsKey.objects.filter(client=create_demo_wms(), retired_at=None).count() == 1
    settings.PRODUCTION = True
    assert "production" in figures(words, code=2)["errors"][0]


def test_what_is_refused_is_a_sentence_with_the_cure(house, stocked, tmp_path, monkeypatch):
    wms = stocked[1]
    before = stored()
    good = ["--client", "main", "--key", wms.secret, "--url", house, "--json"]
    none, file = tmp_path / "none.txt", tmp_path / "items.txt"
    file.write_text("SIM-00\nSIM-01\n")
    cases = [
        ([*good, "--url", f"http://127.0.0.1:{free_port()}"], "Nothing answers at .* `make run`"),
        ([*good, "--key", SECRET], "401: .* Issue a key"),
        ([*good, "--key", "whsec_é"], "Copy it whole"),
        ([*good, "--client", "nobody"], "no WMS client “nobody”. Clients: main"),
        ([*good, "--client", "nobody", "--items", str(file)], "401: .* Issue a key"),
        ([*good, "--items", str(none)], "cannot be read"),
        (["--client", "main", "--url", house, "--json"], "secret of main is missing"),
        (["--url", house, "--json"], "Say who speaks"),
        ([*good, "--url", f"{house}/admin"], "403, and not in the words .*without a path"),
    ]
    monkeypatch.delenv("WMS_SECRET", raising=False)
    for words, sentence in cases:
        assert_says(figures(words, code=2), sentence)
    WmsClient.objects.update(is_enabled=False)
    assert_says(figures([*good, "--items", str(file)], code=2), "403: .*Enable the client")
    assert stored() == before


def assert_says(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        raise Exception(" ".join(told["errors"]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--faults", "duplicates,storms"], "storms: no such fault. There are duplicates"),
        (["--batch", "1001"], "more than a message may hold"),
        (["--rate", "-1"], "no number from 0"),
        (["--updates", "0"], "no whole number from 1"),
    ],
)
def test_what_is_typed_wrongly_is_said(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("wms_simulator", *words)


@pytest.fixture
def moody() -> Any:
    """A house whose answers the test chooses, one after the other."""
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


def test_it_waits_as_it_is_told_and_sends_again_under_the_same_id(moody):
    ill = [Answer(500), Answer(429, headers={"Retry-After": "7"}), Answer(502, "<html>"), Answer(200, "no JSON")]
    answers = iter([*ill, Answer(200, '{"results": []}')])
    moody.answer = lambda event: next(answers)
    waited: list[float] = []
    sender = Sender(moody.url.removesuffix("/events"), "main", signing.key_of(SECRET), wait=waited.append)
    assert sender.send("msg_1", b"{}") == {"results": []}
    assert waited == [0.1, 7.0, 0.4, 0.8]
    assert {each.headers["webhook-id"] for each in moody.received} == {"msg_1"}
    assert all(each.is_signed_by(SECRET) for each in moody.received)
    assert sender.tried_again == {"status 500": 1, "status 429": 1, "status 502": 1, "JSONDecodeError": 1}


def test_its_patience_ends_with_a_sentence(moody):
    moody.answer = lambda event: Answer(503)
    sender = Sender(moody.url.removesuffix("/events"), "main", signing.key_of(SECRET), patience=0)
    with pytest.raises(NotTaken, match="has not taken message msg_1 for 0 s: status 503"):
        sender.send("msg_1", b"{}")
    moody.answer = lambda event: Answer(301, headers={"Location": "https://house.example"})
    with pytest.raises(NotTaken, match="301: it leads to https://house.example. Give that"):
        sender.send("msg_1", b"{}")


def test_it_answers_who_asks_for_a_backfill_signed():
    said = live_day(stock_drawn(["A", "B"], 1), updates=3_000, seed=1).said
    plan = plan_messages(said, batch=100, faults=set(FAULTS), seed=1)
    memory, key = Memory(Wording("main", WallClock(1_795_000_000.0)), plan), signing.key_of(SECRET)
    with serving(memory, key, 0) as address:

        def ask(query: str, **more: str) -> requests.Response:
            return requests.get(f"{address}?{query}", headers={**signing.headers("ask", b"", key), **more}, timeout=10)

        some = ask("from=41&to=60").json()
        assert [update["sequence"] for update in some["updates"]] == list(range(41, 61))
        assert some["updates"][0] == memory.wording.said("1", said[40])
        assert len(ask("from=1&to=99999").json()["updates"]) == MOST_UPDATES
        change = next(update.sequence for update in said if plan.versions()[update.sequence] == "2")
        mixed = ask(f"from={change - 5}&to={change + 5}").json()
        assert (mixed["schema_version"], len(mixed["updates"])) == ("1", 5), "the rest is asked for again"
        assert ask(f"from={change}&to={change + 5}").json()["schema_version"] == "2"
        assert ask("from=90000&to=90001").json()["updates"] == []
        assert ask("from=1&to=2", **{"webhook-signature": "v1,AAAA"}).status_code == 401
        assert ask("from=2&to=1").status_code == ask("").status_code == 400
    assert memory.asked[0] == (41, 60)


def test_the_house_gets_from_it_what_was_lost(house, stocked):
    """Two schema versions and several gaps: every answer holds a part, and the house asks on."""
    wms = stocked[1]
    said = live_day(stock_here(wms.client), updates=600, seed=2).said
    plan = plan_messages(said, batch=20, faults={"gaps", "schema", "reorders"}, seed=2)
    key, wording = signing.key_of(wms.secret), Wording("main", WallClock(now().timestamp(), 10**6))
    Run(Sender(house, "main", key), wording, plan, speed=0).send_all()
    assert WmsGap.objects.filter(closed_at=None).exists()
    with serving(Memory(wording, plan), key, 0) as address:
        WmsClient.objects.update(backfill_url=address)
        call_command("backfill_wms", "main", "--ask", stdout=StringIO())
    assert not WmsGap.objects.filter(closed_at=None).exists()
    assert not WmsUpdate.objects.filter(reason="key_reused").exists()
    assert check(newest_words(said), in_this_house(wms.client)).different == []
    assert_books_agree()
