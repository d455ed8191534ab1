"""Who is let in. Whatever is refused leaves nothing behind, and no answer is an error of ours."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.clock import at, now
from approvals.outbox.signing import new_secret
from approvals.refusals import Refused
from inventory.models import WmsClient, WmsMessage
from inventory.wms.clients import issue_key, retire_key
from inventory.wms.signatures import Unsigned, verify
from tests import factories as make
from tests.wms.sending import Wms, fed_stock, new_key, signed, stored

pytestmark = pytest.mark.django_db

# The vector of the standard's own tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
THEN = datetime.fromtimestamp(1614265330, UTC)


def test_the_published_vector_fits():
    with at(THEN):
        assert verify(HEADERS, BODY, [SECRET]) == HEADERS["webhook-id"]
        assert verify(HEADERS, BODY, [new_secret(), SECRET, new_secret()]) == HEADERS["webhook-id"]
        several = {**HEADERS, "webhook-signature": f"v1,AAAA v2,x v1a,{'A' * 40} {HEADERS['webhook-signature']}"}
        assert verify(several, BODY, [SECRET]) == HEADERS["webhook-id"]


@pytest.mark.parametrize("seconds", [-301, 301])
def test_five_minutes_either_way(seconds):
    with at(THEN + timedelta(seconds=seconds)), pytest.raises(Unsigned, match="five minutes"):
        verify(HEADERS, BODY, [SECRET])
    with at(THEN + timedelta(seconds=seconds - seconds // abs(seconds))):
        verify(HEADERS, BODY, [SECRET])


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home)


@pytest.fixture
def body(home, wms) -> bytes:
    updates = [wms.update(1, fed_stock(100, home=home), 90)]
    return json.dumps({"schema_version": 1, "updates": updates}).encode()


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    problems = answer.json()["problems"]
    assert all(problem.endswith(".") for problem in problems)
    return " ".join(problems)


def altered(headers: dict[str, str], name: str, value: str | None) -> dict[str, str | None]:
    return {**headers, name: value}


def test_the_table_of_refusals(wms, body):
    sound = signed(body, wms.secret)
    before = stored()
    cases: list[tuple[int, bytes, dict[str, Any]]] = [
        (401, body[:-2] + b" }", sound),
        (401, body, signed(body, new_secret())),
        (401, body, signed(body, wms.secret, at=now() - timedelta(minutes=6))),
        (401, body, signed(body, wms.secret, at=now() + timedelta(minutes=6))),
        *(
            (401, body, altered(sound, name, value))
            for name in sound
            for value in (None, "", "x", "v1,", "é", "9" * 99)
        ),
        (401, body, altered(sound, "webhook-timestamp", "nan")),
        (401, body, altered(sound, "webhook-timestamp", str(int(sound["webhook-timestamp"]) + 1))),
        (401, body, altered(sound, "webhook-id", "another")),
        (401, body, altered(sound, "X-WMS-Client", "nobody")),
        (401, body, altered(sound, "X-WMS-Client", None)),
        (401, body, altered(sound, "X-WMS-Client", "\x00")),
        (401, b"\xff\xfe", signed(b"\xff\xfe", new_secret())),
        (401, b"", sound),
    ]
    for status, sent, headers in cases:
        refused(wms.post(sent, headers=headers), status)
    assert stored() == before
    assert wms.post(body, headers=sound).status_code == 200


def test_a_disabled_client_is_told_so_only_when_it_signs(wms, body):
    WmsClient.objects.update(is_enabled=False)
    before = stored()
    assert "disabled" in refused(wms.post(body), 403)
    refused(wms.post(body, headers={"webhook-signature": "v1,AAAA"}), 401)
    assert stored() == before


def test_a_key_is_changed_without_a_gap(wms, body):
    old, boss = wms.secret, make.user("", "integrator")
    new = new_key(wms.client)
    for secret in (old, new):
        wms.secret = secret
        assert wms.post(body).status_code == 200
    retire_key(key=wms.client.keys.order_by("pk")[0], by=boss)
    wms.secret = old
    refused(wms.post(body), 401)
    wms.secret = new
    assert wms.post(body).status_code == 200


def test_a_client_without_a_key_is_a_stranger(wms, body):
    wms.client.keys.all().delete()
    refused(wms.post(body), 401)


def test_a_message_sent_again_gets_the_answer_it_got(wms, body):
    first = wms.post(body, message_id="msg_1")
    before = stored()
    again = wms.post(body, message_id="msg_1")
    assert (again.status_code, again.content) == (200, first.content)
    other = body.replace(b"90", b"80")
    assert "another body" in refused(wms.post(other, message_id="msg_1"), 409)
    assert stored() == before


def test_two_clients_may_use_the_same_message_id(home, wms, body):
    other = Wms(make.zone(location="EAST"))
    assert wms.post(body, message_id="msg_1").status_code == 200
    assert other.post(body, message_id="msg_1").json()["results"][0]["code"] == "wrong_client"
    assert WmsMessage.objects.count() == 2


def test_too_long_a_body_is_not_read(wms, body):
    before = stored()
    for size in (WmsClient.objects.get().body_limit + 1, 10 * 1024 * 1024):
        refused(wms.post(b" " * size), 413)
    wms.browser.post("/api/inventory/sync", b" " * 10_485_760, content_type="application/json")
    assert stored() == before


NO_LISTS = [
    b"", b"[]", b"{}", b"null", b"{", b"\xff", b'{"schema_version": 1}', b'{"schema_version": 1, "updates": []}',
    b'{"schema_version": 1, "updates": {}}', b'{"updates": [1]}', b'{"schema_version": true, "updates": [1]}',
    b'{"schema_version": [], "updates": [1]}', b'{"schema_version": 1, "updates": [NaN]}', b"[" * 100_000,
    b'{"schema_version": 1, "updates": [' + b"1," * 1000 + b"1]}",
    b'{"schema_version": 1, "updates": [' + b"9" * 5000 + b"]}",
]  # fmt: skip


@pytest.mark.parametrize("content", NO_LISTS, ids=range(len(NO_LISTS)))
def test_what_is_no_list_of_updates_is_refused_whole(wms, content):
    before = stored()
    answer = wms.post(content)
    refused(answer, 401 if content == b"\xff" else 400)
    assert stored() == before


def test_above_its_rate_a_client_is_told_when_to_come_again(home):
    wms = Wms(home, updates_per_minute=1000)
    what = fed_stock(100, home=home)
    first = [wms.update(n, what, n + 1) for n in range(600)]
    with at(now()):
        assert wms.send(*first, message_id="one").status_code == 200
        before = stored()
        late = wms.send(*[wms.update(600 + n, what, n) for n in range(600)])
        assert "Send this message again in 12 s" in refused(late, 429)
        assert late["Retry-After"] == "12"
        assert stored() == before
        assert wms.send(*first, message_id="one").status_code == 200, "a repeat costs nothing"
    with at(now() + timedelta(seconds=13)):
        assert wms.send(*[wms.update(600 + n, what, n) for n in range(600)]).status_code == 200


def test_a_secret_is_in_no_log_and_no_answer(wms, body, caplog):
    caplog.set_level("DEBUG")
    answers = [wms.post(body), wms.post(body[:-1]), wms.post(body, headers={"webhook-id": None})]
    said = caplog.text + " ".join(answer.content.decode() for answer in answers)
    assert "wms message" in caplog.text
    assert wms.secret not in said
    assert wms.secret.removeprefix("whsec_") not in said


def test_keys_are_for_those_who_may_manage_them(wms):
    with pytest.raises(Refused, match="may not manage"):
        issue_key(client=wms.client, label="mine", by=make.user("", "counter"))
    with pytest.raises(Refused, match="80 characters"):
        issue_key(client=wms.client, label=" ", by=make.user("", "integrator"))


def test_under_another_secret_key_its_keys_open_nothing_and_say_so(wms, body, settings, caplog):
    settings.SECRET_KEY = "changed without SECRET_KEY_FALLBACKS" * 2
    settings.SECRET_KEY_FALLBACKS = []
    refused(wms.post(body), 401)
    assert "cannot be opened: SECRET_KEY was changed" in caplog.text
