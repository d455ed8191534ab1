"""Who is let in, what the caller is told, and what only the login audit trail knows."""

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from netsuite.simulator.running import Running, running_simulator
from tests.netsuite.simulator_client import RESTLET, ForeignClient, eventually

OPAQUE = '{"error" : {"code" : "INVALID_LOGIN_ATTEMPT", "message" : "Invalid login attempt."}}'


def last_code(simulator: Running) -> str:
    return str(simulator.control.audit_trail()[-1]["code"])


def test_a_correct_signature_is_let_in_and_leaves_no_audit_row(simulator, client):
    answer = client.ping()
    assert (answer.status_code, answer.json()["account"]) == (200, "TSTDRV1")
    assert simulator.control.audit_trail() == []


@pytest.mark.parametrize(
    ("signing", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "InvalidSignature"),
        ({"resource_owner_secret": "wrong"}, 401, "InvalidSignature"),
        ({"client_key": "nobody"}, 401, "consumer_key_unknown"),
        ({"resource_owner_key": "nothing"}, 401, "token_rejected"),
        ({"realm": "tstdrv1"}, 401, "parameter_rejected"),
        ({"realm": "OTHER"}, 401, "parameter_rejected"),
        ({"nonce": "12345"}, 401, "nonce_rejected"),
        ({"timestamp": "1000000000"}, 401, "InvalidTimestamp"),
        ({"timestamp": "soon"}, 400, "InvalidTimestamp"),
        ({"signature_method": "HMAC-SHA1"}, 400, "UnknownAlgorithm"),
    ],
)
def test_each_cause_has_its_audit_code_and_the_caller_learns_nothing(simulator, client, signing, status, code):
    answer = client.ping(signing=signing)
    assert answer.status_code == status
    assert answer.text == OPAQUE if status == 401 else answer.json()["error"]["code"] == "INVALID_REQUEST"
    assert last_code(simulator) == code


def test_an_altered_signature_is_refused(simulator, client):
    request = requests.Request(
        "GET", simulator.base_url + RESTLET + "&op=ping", headers={"Content-Type": "application/json"}
    )
    good = client.ping().request.headers["Authorization"]
    head, _, tail = good.partition('oauth_signature="')
    request.headers["Authorization"] = head + 'oauth_signature="' + ("A" if tail[0] != "A" else "B") + tail[1:]
    request.headers["Authorization"] = request.headers["Authorization"].replace('oauth_nonce="', 'oauth_nonce="x')
    with requests.Session() as session:
        assert session.send(request.prepare()).text == OPAQUE
    assert last_code(simulator) == "InvalidSignature"


def test_the_signature_covers_the_query(simulator, client):
    signed = client.ping().request
    assert signed.url is not None
    headers = {
        **signed.headers,
        "Authorization": signed.headers["Authorization"].replace('nonce="', 'nonce="x'),
    }
    assert requests.get(signed.url.replace("op=ping", "op=lookup"), headers=headers, timeout=60).status_code == 401
    assert last_code(simulator) == "InvalidSignature"


def test_a_header_sent_again_is_refused_because_its_nonce_is_used(simulator, client):
    signed = client.ping().request
    again = requests.get(str(signed.url), headers=dict(signed.headers), timeout=60)
    assert again.text == OPAQUE
    assert last_code(simulator) == "nonce_used"


def test_no_header_is_refused_in_the_words_of_each_surface(simulator):
    restlet = requests.get(simulator.base_url + RESTLET + "&op=ping", timeout=60)
    rest = requests.get(simulator.base_url + "/services/rest/system/v1/serverTime", timeout=60)
    assert (restlet.status_code, restlet.text) == (401, OPAQUE)
    assert (rest.status_code, rest.json()["o:errorDetails"][0]["o:errorCode"]) == (401, "INVALID_LOGIN")


def test_five_failures_lock_the_user_for_thirty_simulated_minutes(simulator, client):
    for _ in range(5):
        client.ping(signing={"client_secret": "wrong"})
    assert client.ping().text == OPAQUE
    assert last_code(simulator) == "temporary_locked"
    simulator.control.freeze()
    simulator.control.advance(29 * 60)
    stamp = str(int(time.time()) + 29 * 60)
    assert client.ping(signing={"timestamp": stamp}).status_code == 401
    simulator.control.advance(62)
    assert client.ping(signing={"timestamp": str(int(stamp) + 62)}).status_code == 200


def test_a_success_between_failures_starts_the_count_again(simulator, client):
    for _ in range(4):
        client.ping(signing={"client_secret": "wrong"})
    assert client.ping().status_code == 200
    for _ in range(4):
        client.ping(signing={"client_secret": "wrong"})
    assert client.ping().status_code == 200


def test_a_revoked_token_is_refused_until_it_is_restored(simulator, client):
    simulator.control.revoke_token()
    assert client.ping().status_code == 401
    assert last_code(simulator) == "token_rejected"
    simulator.control.restore_token()
    assert client.ping().status_code == 200


def test_a_skewed_clock_refuses_and_the_date_header_shows_the_skew(simulator, client):
    simulator.control.skew(-360)
    answer = client.ping()
    assert answer.status_code == 401
    assert last_code(simulator) == "InvalidTimestamp"
    assert time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp() > 300


def test_five_minutes_is_the_edge_of_the_window(simulator, client):
    simulator.control.freeze()
    server = int(parsedate_to_datetime(client.ping().headers["Date"]).timestamp())
    assert client.ping(signing={"timestamp": str(server - 299)}).status_code == 200
    assert client.ping(signing={"timestamp": str(server - 302)}).status_code == 401


def test_a_locked_user_can_be_unlocked_and_revocation_may_strike_mid_flight(simulator, client):
    simulator.control.add_fault("auth_lock")
    assert client.ping().status_code == 401
    simulator.control.unlock_user()
    assert client.ping().status_code == 200
    simulator.control.add_fault("auth_revoke", op="ping")
    assert client.ping().status_code == 401


def test_overload_looks_like_a_login_failure_but_counts_against_nobody(simulator, client):
    simulator.control.add_fault("overload_as_invalid_login", count=6)
    assert {client.ping().text for _ in range(6)} == {OPAQUE}
    assert client.ping().status_code == 200


def test_an_account_may_answer_403_instead_of_401():
    with running_simulator(restlet_auth_status=403) as running:
        assert requests.get(running.base_url + RESTLET + "&op=ping", timeout=60).status_code == 403


def test_a_lock_survives_a_restart(tmp_path):
    with running_simulator(tmp_path / "state.sqlite3") as running:
        client = ForeignClient(running.base_url)
        for _ in range(5):
            client.ping(signing={"client_secret": "wrong"})
        running.kill()
        running.restart()
        assert eventually(lambda: client.ping().status_code) == 401
        assert last_code(running) == "temporary_locked"
