"""Quotes on their way to NetSuite: the same queue and drain as adjustments, NetSuite's figures read back."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from netsuite import permits, queue
from netsuite.answers import read_push
from netsuite.drain import drain
from netsuite.estimates import ESTIMATE, EstimateLine, estimate, expected_subtotal
from netsuite.models import Push
from netsuite.outcomes import Confirmed, Conflict, Exchange
from netsuite.queue import ExternalIdTaken
from netsuite.records import Json, Reference, payload_hash, quantities, quantity_sum, stock_keys
from netsuite.simulator.running import Running
from tests.netsuite.contract import REQUESTS, problems
from tests.netsuite.stage import assert_no_duplicates, open_alerts, state, tries
from tests.netsuite.stage import enqueue as enqueue_adjustment

LAKESIDE = Reference("LAKESIDE", "900")
ROLLS, MILK = Reference("000123", "101"), Reference("000456", "102")
SEED: dict[str, Any] = {
    "price_levels": [{"id": "5", "name": "Contract"}],
    "customers": [{"id": "900", "entityid": "LAKESIDE", "price_level": "5"}],
    "items": [{"id": "101", "itemid": "000123", "prices": {"5": "18.50"}}, {"id": "102", "itemid": "000456"}],
}


def line(item: Reference = ROLLS, quantity: str = "12", rate: str | None = "17.2545", **more: str) -> EstimateLine:
    return EstimateLine(item, Decimal(quantity), None if rate is None else Decimal(rate), **more)


def quote(*lines: EstimateLine, **changed: Any) -> Json:
    return estimate(
        tran_date=date(2026, 11, 21),
        customer=LAKESIDE,
        lines=lines or [line(), line(MILK, "3", "2.335")],
        title="Q-2026-00017",
        due_date=date(2026, 12, 31),
        expected_close_date=date(2026, 12, 31),
        **changed,
    )


def enqueue(external_id: str = "CS-QT-1", record: Json | None = None) -> Push:
    record = record or quote()
    return queue.enqueue(
        record_type=ESTIMATE,
        external_id=external_id,
        record=record,
        label=f"Quote {external_id}",
        line_count=len(record["lines"]),
    )


class TestTheRecord:
    def test_it_fits_the_contract_and_adds_up_to_the_cent_line_by_line(self):
        record = quote()
        hashed = payload_hash(record_type=ESTIMATE, external_id="CS-QT-1", record=record)
        body = {"recordType": ESTIMATE, "externalId": "CS-QT-1", "payloadHash": hashed, "record": record}
        assert problems(REQUESTS["push"], {"op": "push", "contract": 1, "dryRun": False, **body}) == []
        assert expected_subtotal(record) == Decimal("214.06")
        assert quantity_sum(record) == Decimal("15.000")

    def test_listed_prices_are_netsuites_to_work_out(self):
        assert expected_subtotal(quote(line(), line(rate=None))) is None
        assert quote(line(rate=None, price_level="5"))["lines"][0]["priceLevel"] == {"id": "5"}

    def test_it_moves_no_stock_and_so_holds_nothing_back(self):
        assert stock_keys(quote()) == frozenset()
        assert quantities(quote()) == {}

    @pytest.mark.parametrize(
        "wrong",
        [line(quantity="0"), line(quantity="1.0005"), line(rate="1.00005"), line(rate="-1"), line(price_level="5")],
    )
    def test_what_netsuite_would_change_is_refused_by_name(self, wrong):
        with pytest.raises(ValueError, match="000123"):
            quote(wrong)

    def test_a_quote_without_lines_is_none(self):
        with pytest.raises(ValueError, match="at least one line"):
            estimate(tran_date=date(2026, 11, 21), customer=LAKESIDE, lines=[])


@pytest.fixture(autouse=True)
def without_an_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue alone: nobody who owns quotes is asked whether one may still go."""
    monkeypatch.delitem(permits._permits, ESTIMATE, raising=False)


@pytest.fixture(params=["restlet", "rest"])
def account(request: pytest.FixtureRequest, simulator: Running, settings: Any) -> Running:
    """Each way to NetSuite, and a customer with prices."""
    settings.NETSUITE_TRANSPORT = request.param
    settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "54"
    simulator.control.seed(**SEED)
    return simulator


@pytest.mark.django_db(transaction=True)
class TestTheQueue:
    def test_a_quote_is_pushed_and_netsuites_figures_are_read_back(self, account):
        enqueue()
        assert drain().confirmed == 1
        push = Push.objects.get()
        assert (push.tran_id, push.remote_subtotal, push.remote_total) == ("EST1", Decimal("214.06"), Decimal("214.06"))
        held = account.control.transactions("CS-QT-1")[0]
        assert (held["entity"], held["due"], held["expected_close"]) == ("900", "2026-12-31", "2026-12-31")
        sold = [(row["price_level"], Decimal(row["rate"])) for row in held["lines"]]
        assert sold == [("-1", Decimal("17.2545")), ("-1", Decimal("2.335"))]

    def test_a_listed_price_is_netsuites_and_comes_back_in_the_total(self, account):
        enqueue(record=quote(line(quantity="2", rate=None)))
        assert drain().confirmed == 1
        assert Push.objects.get().remote_total == Decimal("37.00")

    def test_a_lost_answer_is_looked_up_and_the_figures_come_with_it(self, account):
        account.control.add_fault("reset_after_commit", op="push")
        enqueue()
        assert drain().confirmed == 1
        assert tries("CS-QT-1") == [("send", "unknown"), ("lookup", "existing")]
        assert Push.objects.get().remote_total == Decimal("214.06")
        assert_no_duplicates(account)

    def test_what_somebody_changed_in_netsuite_meanwhile_is_a_conflict(self, account):
        account.control.add_fault("reset_after_commit", op="push")
        account.control.add_fault("foreign_write", op="lookup", value="record")
        enqueue(record=quote(line(quantity="1", rate="10")))
        assert drain().conflict == 1
        assert "quantity of 2" in Push.objects.get().last_outcome

    def test_an_inactive_item_needs_a_person_and_the_next_quote_goes_on(self, account):
        account.control.seed(items=[{"id": "102", "itemid": "000456", "inactive": True}])
        enqueue("CS-QT-1")
        enqueue("CS-QT-2", quote(line()))
        report = drain()
        assert (report.needs_human, report.confirmed) == (1, 1)
        assert "line 2" in Push.objects.get(external_id="CS-QT-1").last_outcome

    def test_a_stuck_adjustment_of_the_same_item_does_not_hold_a_quote_back(self, account, settings):
        settings.NETSUITE_TRANSPORT = "restlet"
        account.control.add_fault("lot_required", op="push", record_type="inventoryadjustment")
        enqueue_adjustment("CS-IA-1", "000123")
        enqueue()
        assert drain().needs_human == 1
        assert (state("CS-IA-1"), state("CS-QT-1")) == ("needs_human", "confirmed")
        assert open_alerts() == ["netsuite-push-CS-IA-1"]

    def test_one_namespace_with_adjustments(self, account):
        enqueue_adjustment("CS-X-1")
        with pytest.raises(ExternalIdTaken):
            enqueue("CS-X-1")


@pytest.mark.parametrize("subtotal", ["200.00", "214.06"])
def test_another_subtotal_than_ours_is_a_conflict(subtotal):
    """A script of the account that adds a surcharge would make the document we gave the customer wrong."""
    record, digest = quote(), "a" * 64
    answer = {"contract": 1, "outcome": "created", "internalId": "1", "tranId": "EST1", "externalId": "CS-QT-1"}
    answer |= {"payloadHash": digest, "lineCount": 2, "quantitySum": "15.000", "subtotal": subtotal, "total": "235.47"}
    body = json.dumps(answer)
    outcome = read_push(Exchange(200), body, external_id="CS-QT-1", payload_hash=digest, record=record)
    if subtotal == "214.06":
        assert isinstance(outcome, Confirmed)
    else:
        assert isinstance(outcome, Conflict)
        assert outcome.message == "NetSuite worked out a subtotal of 200.00, our lines add up to 214.06."


@pytest.mark.django_db(transaction=True)
def test_the_push_page_shows_price_and_figures(simulator, admin_client):
    simulator.control.seed(**SEED)
    push = enqueue()
    drain()
    page = admin_client.get(reverse("admin:netsuite_push_change", args=(push.pk,))).content.decode()
    assert "subtotal 214.06, total 214.06" in page
    assert "17.2545" in page
    assert "<th>Location</th>" not in page
