"""One id from the request to the log, the event and the receiver; and never anything a stranger made up in a log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.config import dictConfig
from typing import Any

import pytest
from celery.app.trace import trace_task
from django.db import connection
from django.test import Client
from django.urls import reverse

from approvals import correlation
from approvals.models import Delivery, Event
from approvals.outbox.delivering import deliver
from approvals.outbox.envelope import envelope
from approvals.outbox.subscriptions import create_subscription
from approvals.tasks import tick
from config.celery import app
from config.logs import lines_to_stderr
from inventory.models import WmsMessage
from tests import factories as make
from tests.receivers import Answer, Receiver
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db(transaction=True)
ID = "gateway-7.2026:11"
LOGGERS = {"countersign.updates", "inventory.wms.receiving", "countersign.deliveries"}


@contextmanager
def said(form: str = "json", *, each: bool = False) -> Iterator[list[str]]:
    """What our own loggers say meanwhile, line by line, as the settings would have it written."""
    config = lines_to_stderr("INFO", form, each=each)
    written = io.StringIO()
    config["handlers"]["stderr"]["stream"] = written
    before = list(logging.getLogger().handlers)
    lines: list[str] = []
    dictConfig(config)
    try:
        yield lines
    finally:
        logging.getLogger().handlers[:] = before
        dictConfig({"version": 1, "incremental": True, "loggers": lines_to_stderr("INFO")["loggers"]})
        lines += written.getvalue().splitlines()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


@pytest.fixture
def home() -> Any:
    return make.zone()


def subscribe(receiver: Receiver, *names: str) -> None:
    create_subscription(name="reader", url=receiver.url, event_names=list(names), by=make.user("", superuser=True))


def test_one_sku_is_followed_from_request_to_receiver(home, receiver):
    subscribe(receiver, "inventory.adjusted")
    wms, what = Wms(home, "main"), fed_stock(5, home=home, code="SKU-1")
    with said(each=True) as lines:
        answer = wms.send(wms.update(1, what, 7), headers={"X-Correlation-Id": ID}, message_id="msg-1")
        deliver()
    assert answer["X-Correlation-Id"] == ID
    told = [json.loads(line) for line in lines]
    ours = [line for line in told if line.get("correlation_id") == ID and line["logger"] in LOGGERS]
    assert [line["message"].split(" wms_id")[0] for line in ours] == ["wms update", "wms message", "event delivered"]
    update, _, delivered = ours
    assert update.items() >= {
        "wms_id": "main", "sku": "SKU-1", "delta": "2.000", "on_hand": "7", "result": "applied", "sequence": 1,
        "message_id": "msg-1", "level": "INFO",
    }.items()  # fmt: skip
    assert WmsMessage.objects.get().correlation_id == ID
    event = Event.objects.get(name="inventory.adjusted")
    assert (event.subject, event.correlation_id) == ("sku:SKU-1", ID)
    (received,) = receiver.taken()
    assert received.event["correlationid"] == ID
    assert delivered["event_id"] == received.event["id"]
    assert delivered["subject"] == received.event["subject"] == "sku:SKU-1"


def test_every_attempt_is_the_same_bytes_and_a_failure_names_its_cause(home, receiver, settings):
    subscribe(receiver, "inventory.adjusted")
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    wms.send(wms.update(1, what, 7), headers={"X-Correlation-Id": ID})
    receiver.answer = lambda event: Answer(500)
    with said() as lines, correlation.within("the-worker"):
        deliver()
    (failure,) = [json.loads(line) for line in lines if "sku:" in line]
    assert failure["correlation_id"] == ID
    receiver.answer = lambda event: Answer()
    settings.CLOCK_OFFSET_SECONDS += 3600
    deliver()
    first, second = receiver.received
    assert first.body == second.body
    assert first.event["correlationid"] == ID


@pytest.mark.parametrize(
    "sent", ["a b", "x" * 65, "a\tb", "é", 'a"b', "a,b", "%0a", ""], ids=lambda text: ascii(text)[:12]
)
def test_what_does_not_look_like_an_id_is_replaced(sent):
    answer = Client().get("/healthz", headers={"X-Correlation-Id": sent})
    assert len(answer["X-Correlation-Id"]) == 32
    assert answer["X-Correlation-Id"] != Client().get("/healthz")["X-Correlation-Id"]


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", False),
        ("nonsense", False),
    ],
)
def test_a_trace_lends_its_id(sent, is_taken):
    answer = Client().get("/healthz", headers={"traceparent": sent})
    assert (answer["X-Correlation-Id"] == "4bf92f3577b34da6a3ce929d0e0e4736") == is_taken


def test_refusals_are_logged_under_their_id_and_nothing_leaks_into_the_next():
    with said() as lines:
        Client().get("/health", headers={"X-Correlation-Id": ID})
        logging.getLogger("approvals").info("afterwards")
    refused, afterwards = [json.loads(line) for line in lines]
    assert (refused["message"], refused["correlation_id"]) == ("Unauthorized: /health", ID)
    assert "correlation_id" not in afterwards
    assert correlation.current() == ""


def test_text_lines_stay_one_line_whatever_is_told():
    with said("text") as lines, correlation.within(ID):
        logging.getLogger("approvals").info("said", extra={"told": {"sku": 'A" level=ERROR\nB', "n": 3}})
    (line,) = lines
    assert line.endswith(f'logger=approvals said correlation_id={ID} sku="A\\" level=ERROR\\nB" n=3')


def test_an_error_is_one_line_of_json():
    with said() as lines:
        try:
            raise ValueError("two\nlines")
        except ValueError:
            logging.getLogger("approvals").exception("failed")
    (line,) = lines
    assert "ValueError: two\nlines" in json.loads(line)["error"]


def test_updates_are_not_logged_one_by_one_unless_asked(home):
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    with said() as lines:
        wms.send(wms.update(1, what, 7))
    assert [json.loads(line)["logger"] for line in lines] == ["inventory.wms.receiving"]


def test_a_task_goes_on_under_the_id_of_what_caused_it():
    seen: list[str] = []

    @app.task(name="tests.seen")
    def note() -> None:
        seen.append(correlation.current())

    with correlation.within(ID), app.connection_for_write() as broker:
        note.apply_async(connection=broker)
        message = broker.SimpleQueue("celery").get(timeout=5)
    assert message.headers["countersign_correlation"] == ID
    trace_task(note, message.headers["id"], [], {}, request=message.headers, app=app)  # as a worker does
    note.apply(headers={"countersign_correlation": ID})
    note.apply()
    app.tasks.pop(note.name)
    assert seen[:2] == [ID, ID]
    assert len(seen[2]) == 32
    assert correlation.current() == ""


def test_events_of_a_task_carry_its_id():
    with correlation.within(ID):
        Event.objects.create(name="a", subject="s", position=1)
    event = Event.objects.get()
    assert json.loads(envelope(event))["correlationid"] == ID
    tick.apply(headers={"countersign_correlation": ID})
    event.correlation_id = ""
    assert b"correlationid" not in envelope(event)


def test_the_admin_finds_everything_of_an_id(home, receiver):
    subscribe(receiver, "inventory.adjusted")
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    wms.send(wms.update(1, what, 7), headers={"X-Correlation-Id": ID})
    wms.send(wms.update(2, what, 8))
    deliver()
    browser = Client()
    browser.force_login(make.user("", superuser=True))
    person = browser.session["_auth_user_id"]
    make.get_user_model().objects.filter(pk=person).update(is_staff=True)
    for model, page, row in [
        (WmsMessage, "inventory_wmsmessage", WmsMessage.objects.get(correlation_id=ID)),
        (Event, "approvals_event", Event.objects.get(correlation_id=ID)),
        (Delivery, "approvals_delivery", Delivery.objects.get(event__correlation_id=ID)),
    ]:
        found = browser.get(reverse(f"admin:{page}_changelist"), {"q": ID})
        assert [shown.pk for shown in found.context["cl"].result_list] == [row.pk], model
        assert ID in browser.get(reverse(f"admin:{page}_change", args=[row.pk])).content.decode()
    listed = browser.get(reverse("admin:approvals_event_changelist"), {"correlation_id__exact": ID})
    assert listed.context["cl"].result_count == 1


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plans")
def test_postgres_finds_the_events_of_an_id_by_the_index():
    Event.objects.bulk_create(Event(name="a", subject=f"s{n}", correlation_id=f"c{n // 5}") for n in range(5_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE approvals_event")
    assert "event_by_correlation" in Event.objects.filter(correlation_id="c7").order_by("-id").explain()
