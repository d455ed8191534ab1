"""The verifier against published values: Oracle's samples and vectors two implementations agreed on."""

from urllib.parse import urlsplit

import pytest

from netsuite.simulator.oauth1 import (
    MalformedHeader,
    base_string,
    base_string_uri,
    hmac_sha256,
    parse_authorization,
)

ORACLE = {
    "consumer_key": "ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
    "consumer_secret": "d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
    "token": "2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
    "token_secret": "c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
    "nonce": "fjaLirsIcCGVZWzBX0pg",
    "timestamp": "1508242306",
}
OWN = {
    "consumer_key": "ck-0001",
    "consumer_secret": "cs-0001",
    "token": "tk-0001",
    "token_secret": "ts-0001",
    "nonce": "n0nce0123456789abcde",
    "timestamp": "1767225600",
}
SANDBOX = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/estimate"
BO_PUSH = "/app/site/hosting/restlet.nl?script=customscript_bo_push&deploy=customdeploy_bo_push"
VECTORS = [
    (
        ORACLE,
        "POST",
        "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
        "?script=6&deploy=1&customParam=someValue&testParam=someOtherValue",
        "+KK4SKNgz4ZiILGLwOMtfYlgcXSy1eis8ldE9X90azQ=",
    ),
    (
        ORACLE,
        "GET",
        "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40",
        "B5OIWznZ2YP0OB7VrJrGkYsTh+8H+5T9Hag+o92q0zY=",
    ),
    (
        OWN,
        "POST",
        f"https://1234567-sb1.restlets.api.netsuite.com{BO_PUSH}",
        "lj+B4CNVafmEDqttxyQ2T/vQ4MC+jiiN8kRq370Aj/4=",
    ),
    (
        OWN,
        "GET",
        f"http://127.0.0.1:8099{BO_PUSH}&recordtype=estimate&externalid=BO-Q-000017",
        "jroJPol0nH+PkPTnl0qJoyOqaM3qq7SlJ/5NWwihX+M=",
    ),
    (
        OWN,
        "GET",
        f"{SANDBOX}?q=externalId%20IS%20%22a%20b%2Bc%22&limit=2",
        "nTRUE0dR6Y6qzXZLU1gVOe41gcWkD2kH0VFqy5GV0jY=",
    ),
    (OWN, "PUT", f"{SANDBOX}/eid:BO-Q-000017?replace=item", "6bTHIlU6/oFwWedaesAXu1wMB85HJscux1wXIWp/1KM="),
]


def sign(keys: dict[str, str], method: str, url: str, **extra: str) -> str:
    parts = urlsplit(url)
    oauth = {
        "oauth_consumer_key": keys["consumer_key"],
        "oauth_token": keys["token"],
        "oauth_nonce": keys["nonce"],
        "oauth_timestamp": keys["timestamp"],
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_version": "1.0",
    } | extra
    text = base_string(method, base_string_uri(parts.scheme, parts.netloc, parts.path), parts.query, oauth.items())
    return hmac_sha256(text, keys["consumer_secret"], keys["token_secret"])


@pytest.mark.parametrize(("keys", "method", "url", "expected"), VECTORS)
def test_published_signatures_are_reproduced(keys, method, url, expected):
    assert sign(keys, method, url) == expected


def test_realm_signature_default_port_and_letter_case_of_the_host_do_not_change_the_signature():
    keys, method, url, expected = VECTORS[0]
    shouted = url.replace("123456.restlets.api.netsuite.com", "123456.RESTLETS.api.NetSuite.com:443")
    assert sign(keys, method, shouted, realm="123456", oauth_signature="anything") == expected


def test_the_soap_passport_sample_of_oracle_uses_the_same_key_and_digest():
    text = "&".join(("123456", ORACLE["consumer_key"], ORACLE["token"], ORACLE["nonce"], ORACLE["timestamp"]))
    signature = hmac_sha256(text, ORACLE["consumer_secret"], ORACLE["token_secret"])
    assert signature == "tIcC5zyKUmycB5Ml/cNxOHDusw03Y5KPQiXVNUHHp4U="


@pytest.mark.parametrize("header", ["", "Bearer abc", "OAuth", "OAuth realm=TSTDRV1", 'OAuth a="1",,b="2"'])
def test_an_unreadable_header_is_malformed(header):
    with pytest.raises(MalformedHeader):
        parse_authorization(header)
