"""The simulator's token endpoint, asked by a client that is not ours."""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from netsuite.simulator.control_client import ControlError
from netsuite.simulator.running import Running, running_simulator
from tests.netsuite.keys import key_pair
from tests.netsuite.simulator_client import RESTLET, push_body
from tests.netsuite.simulator_client import adjustment as any_adjustment

PATH = "/services/rest/auth/oauth2/v1/token"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = tmp_path_factory.mktemp("keys") / "public.pem"
    path.write_text(key_pair("secp256r1").public)
    with running_simulator(public_key=path) as running:
        yield running


@pytest.fixture
def simulator(process: Running) -> Running:
    process.control.reset()
    return process


def assertion(simulator: Running, *, algorithm: str = "ES256", key: str = "", kid: str = "", **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "sim-client-id",
        "scope": ["restlets", "rest_webservices"],
        "aud": simulator.base_url + PATH,
        "iat": now,
        "exp": now + 3600,
        "jti": str(uuid.uuid4()),
    } | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    key = key or key_pair("secp256r1").private
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid or "sim-certificate"})


def ask(simulator: Running, text: str, **form: str) -> requests.Response:
    content = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": text} | form
    return requests.post(simulator.base_url + PATH, data=content, timeout=60)


def bearer(simulator: Running, **changed: Any) -> dict[str, str]:
    token = ask(simulator, assertion(simulator, **changed)).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def last_code(simulator: Running) -> str:
    return str(simulator.control.audit_trail()[-1]["code"])


def test_a_token_opens_the_restlet_suiteql_and_the_system_surface(simulator):
    answer = ask(simulator, assertion(simulator))
    assert (answer.status_code, answer.json()["expires_in"], answer.json()["token_type"]) == (200, 3600, "bearer")
    headers = {"Authorization": "Bearer " + answer.json()["access_token"], "Content-Type": "application/json"}
    pong = requests.get(simulator.base_url + RESTLET + "&op=ping", headers=headers, timeout=60)
    assert pong.json()["user"] == "countersign-integration@example.com"
    body = push_body("CS-IA-1", any_adjustment())
    pushed = requests.post(simulator.base_url + RESTLET, json=body, headers=headers, timeout=60)
    assert pushed.json()["outcome"] == "created"
    query = {"q": "SELECT externalid FROM transaction"}
    found = requests.post(
        simulator.base_url + "/services/rest/query/v1/suiteql",
        json=query,
        headers=headers | {"Prefer": "transient"},
        timeout=60,
    )
    assert found.json()["items"][0]["externalid"] == "CS-IA-1"
    clock = requests.get(simulator.base_url + "/services/rest/system/v1/serverTime", headers=headers, timeout=60)
    assert clock.status_code == 200
    listed = simulator.control.bearer_tokens()[0]
    assert answer.json()["access_token"] not in json.dumps(listed), "only hashes are kept"


@pytest.mark.parametrize(
    ("changed", "status", "error", "audit"),
    [
        ({"kid": "unknown"}, 401, "invalid_client", "consumer_key_unknown"),
        ({"iss": "somebody"}, 401, "invalid_client", "consumer_key_unknown"),
        ({"aud": "https://other.suitetalk.api.netsuite.com" + PATH}, 400, "invalid_grant", "parameter_rejected"),
        ({"aud": None}, 400, "invalid_grant", "parameter_rejected"),
        ({"exp": 1}, 400, "invalid_grant", "InvalidTimestamp"),
        ({"exp": 9_999_999_999}, 400, "invalid_grant", "InvalidTimestamp"),
        ({"exp": None}, 400, "invalid_grant", "InvalidTimestamp"),
        ({"iat": None}, 400, "invalid_grant", "InvalidTimestamp"),
        ({"iat": 9_999_999_000, "exp": 9_999_999_999}, 400, "invalid_grant", "InvalidTimestamp"),
        ({"scope": None}, 400, "invalid_scope", "parameter_rejected"),
        ({"scope": ["restlets", "root"]}, 400, "invalid_scope", "parameter_rejected"),
        ({"key": "other"}, 400, "invalid_grant", "InvalidSignature"),
        ({"algorithm": "HS256", "key": "k" * 64}, 401, "invalid_client", "UnknownAlgorithm"),
        ({"algorithm": "RS256", "key": "rsa"}, 401, "invalid_client", "UnknownAlgorithm"),
        ({"algorithm": "PS256", "key": "rsa"}, 400, "invalid_grant", "InvalidSignature"),
    ],
)
def test_each_fault_of_an_assertion_has_its_code(simulator, changed, status, error, audit):
    keys = {"other": key_pair("secp256r1", "other").private, "rsa": key_pair("2048").private}
    changed = changed | ({"key": keys.get(changed["key"], changed["key"])} if "key" in changed else {})
    answer = ask(simulator, assertion(simulator, **changed))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert last_code(simulator) == audit
    assert not simulator.control.bearer_tokens()


def test_an_unsigned_or_altered_assertion_is_refused(simulator):
    head, claims, mark = assertion(simulator).split(".")
    altered = base64.urlsafe_b64encode(b'{"iss":"sim-client-id"}').decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"sim-certificate"}').decode().rstrip("=")
    flipped = ("A" if mark[0] != "A" else "B") + mark[1:]
    for text in (f"{head}.{altered}.{mark}", f"{head}.{claims}.{flipped}", f"{head}.{claims}.AAAA"):
        assert ask(simulator, text).json()["error"] == "invalid_grant"
        assert last_code(simulator) == "InvalidSignature"
    assert ask(simulator, f"{none}.{claims}.{mark}").json()["error"] == "invalid_client"
    simulator.control.unlock_user()
    for text in ("", "a.b", f"{head}.{claims}.", "..", "é.é.é", f"{head}.{claims}.{mark}="):
        assert ask(simulator, text).json()["error"] == "invalid_request"


def test_the_form_must_be_the_documented_one(simulator):
    good = assertion(simulator)
    assert ask(simulator, good, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert ask(simulator, good, client_assertion_type="basic").json()["error"] == "invalid_request"
    as_json = requests.post(simulator.base_url + PATH, json={"client_assertion": good}, timeout=60)
    assert as_json.status_code == 415
    assert requests.get(simulator.base_url + PATH, timeout=60).status_code == 405


def test_an_assertion_is_good_for_one_token(simulator):
    text = assertion(simulator)
    assert ask(simulator, text).status_code == 200
    assert ask(simulator, text).json()["error"] == "invalid_grant"
    assert last_code(simulator) == "nonce_used"


def test_a_refused_bearer_gets_the_documented_challenge(simulator):
    headers = bearer(simulator)
    for end in (simulator.control.expire_bearer_tokens, simulator.control.revoke_bearer_tokens):
        end()
        answer = requests.get(simulator.base_url + RESTLET + "&op=ping", headers=headers, timeout=60)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == (
            'Bearer realm="TSTDRV1", error="invalid_token", error_description="Invalid login attempt."'
        )
    malformed = requests.get(
        simulator.base_url + RESTLET, headers=headers | {"Authorization": "Bearer a b"}, timeout=60
    )
    assert malformed.status_code == 400
    assert 'error="invalid_request"' in malformed.headers["WWW-Authenticate"]


def test_a_token_ends_by_the_simulated_clock(simulator):
    headers = bearer(simulator)
    simulator.control.advance(3599)
    url = simulator.base_url + "/rest/tokeninfo"
    assert requests.get(url, headers=headers, timeout=60).status_code == 200
    simulator.control.advance(2)
    assert requests.get(url, headers=headers, timeout=60).status_code == 401


def test_five_refused_assertions_lock_the_user(simulator):
    headers = bearer(simulator)
    for _ in range(5):
        ask(simulator, assertion(simulator, aud="elsewhere"))
    assert ask(simulator, assertion(simulator)).json()["error"] == "invalid_grant"
    assert requests.get(simulator.base_url + "/rest/tokeninfo", headers=headers, timeout=60).status_code == 401
    assert last_code(simulator) == "temporary_locked"
    simulator.control.unlock_user()
    assert ask(simulator, assertion(simulator)).status_code == 200


def test_certificates_and_tokens_survive_a_kill(tmp_path):
    with running_simulator(tmp_path / "state.sqlite3") as running:
        running.control.register_certificate(public_key=key_pair("secp256r1").public)
        headers = bearer(running)
        running.kill()
        running.restart()
        assert requests.get(running.base_url + "/rest/tokeninfo", headers=headers, timeout=60).status_code == 200
        assert ask(running, assertion(running)).status_code == 200


def test_a_weak_key_is_not_registered(simulator):
    with pytest.raises(ControlError, match="2048 bits and more"):
        simulator.control.register_certificate(public_key=key_pair("1024").public)
    with pytest.raises(ControlError, match="neither a PEM public key"):
        simulator.control.register_certificate(public_key="nothing")
