"""A client that is not ours: requests and requests-oauthlib, as any other integration would use them."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import requests
from requests_oauthlib import OAuth1

RESTLET = "/app/site/hosting/restlet.nl?script=customscript_countersign_push&deploy=customdeploy_countersign_push"
SUITEQL = "/services/rest/query/v1/suiteql"
CREDENTIALS = {
    "client_key": "sim-consumer-key",
    "client_secret": "sim-consumer-secret",
    "resource_owner_key": "sim-token",
    "resource_owner_secret": "sim-token-secret",
    "signature_method": "HMAC-SHA256",
    "realm": "TSTDRV1",
}


class ForeignClient:
    """One connection per call; nothing is retried."""

    restlet = RESTLET

    def __init__(self, base_url: str, **credentials: Any) -> None:
        self.base_url = base_url
        self.credentials = CREDENTIALS | credentials

    def call(self, method: str, target: str, **given: Any) -> requests.Response:
        signer = OAuth1(**(self.credentials | given.pop("signing", {})), decoding=None)
        headers = {"Content-Type": "application/json"} | given.pop("headers", {})
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self.base_url + target,
                auth=signer,
                headers=headers,
                timeout=given.pop("timeout", 60),
                **given,
            )

    def ping(self, **given: Any) -> requests.Response:
        return self.call("GET", f"{RESTLET}&op=ping", **given)

    def lookup(self, external_id: str, record_type: str = "inventoryadjustment", **given: Any) -> dict[str, Any]:
        target = f"{RESTLET}&op=lookup&recordtype={record_type}&externalid={external_id}"
        return dict(self.call("GET", target, **given).json())

    def send(self, external_id: str, record: Any = None, **given: Any) -> requests.Response:
        body = push_body(external_id, record or adjustment()) | given.pop("changed", {})
        return self.call("POST", RESTLET, json=body, **given)

    def push(self, external_id: str, record: Any = None, **given: Any) -> dict[str, Any]:
        return dict(self.send(external_id, record, **given).json())

    def query(self, statement: str, *params: Any, page: str = "", **given: Any) -> requests.Response:
        headers = given.pop("headers", {"Prefer": "transient"})
        return self.call(
            "POST", SUITEQL + page, json={"q": statement, "params": list(params)}, headers=headers, **given
        )


def adjustment(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "tranDate": "2026-11-21",
        "memo": "Cycle count A-01",
        "account": None,
        "subsidiary": None,
        "adjLocation": {"name": "MAIN"},
        "lines": list(lines) or [line("000123", "-3.000")],
    } | header


def line(itemid: str, quantity: str, **more: Any) -> dict[str, Any]:
    return {"item": {"itemid": itemid}, "location": {"name": "MAIN"}, "adjustQtyBy": quantity} | more


CUSTOM = {"id": "-1"}


def estimate(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "tranDate": "2026-11-21",
        "entity": {"entityid": "LAKESIDE"},
        "dueDate": "2026-12-31",
        "expectedCloseDate": "2026-12-31",
        "title": "Q-2026-00017",
        "memo": "",
        "lines": list(lines) or [estimate_line("000123", "12.000", rate="17.2500")],
    } | header


def estimate_line(itemid: str, quantity: str, **more: Any) -> dict[str, Any]:
    return {"item": {"itemid": itemid}, "quantity": quantity} | more


def quote_body(external_id: str, record: Any) -> dict[str, Any]:
    return push_body(external_id, record, "estimate")


def push_body(external_id: str, record: Any, record_type: str = "inventoryadjustment") -> dict[str, Any]:
    hashed = {"recordType": record_type, "externalId": external_id, "record": record}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"op": "push", "contract": 1, "payloadHash": digest, "dryRun": False, **hashed}


def eventually(condition: Callable[[], Any], seconds: float = 90.0) -> Any:
    """The first true answer, asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return answer
