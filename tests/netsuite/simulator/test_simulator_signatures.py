"""The verifier against published values: Oracle's samples and vectors two implementations agreed on."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from netsuite.signing import TbaSigner
from netsuite.simulator.oauth1 import (
    MalformedHeader,
    base_string,
    base_string_uri,
    hmac_sha256,
    parse_authorization,
)
from tests.netsuite.signatures import ORACLE, ORACLE_MOMENT, VECTORS


def sign(signer: TbaSigner, moment: dict[str, Any], method: str, url: str, **extra: str) -> str:
    parts = urlsplit(url)
    oauth = {
        "oauth_consumer_key": signer.consumer_key,
        "oauth_token": signer.token,
        "oauth_nonce": moment["nonce"],
        "oauth_timestamp": str(moment["timestamp"]),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_version": "1.0",
    } | extra
    text = base_string(method, base_string_uri(parts.scheme, parts.netloc, parts.path), parts.query, oauth.items())
    return hmac_sha256(text, signer.consumer_secret, signer.token_secret)


@pytest.mark.parametrize(("signer", "moment", "method", "url", "expected"), VECTORS)
def test_published_signatures_are_reproduced(signer, moment, method, url, expected):
    assert sign(signer, moment, method, url) == expected


def test_realm_signature_default_port_and_letter_case_of_the_host_do_not_change_the_signature():
    signer, moment, method, url, expected = VECTORS[0]
    shouted = url.replace("123456.restlets.api.netsuite.com", "123456.RESTLETS.api.NetSuite.com:443")
    assert sign(signer, moment, method, shouted, realm="123456", oauth_signature="anything") == expected


def test_the_soap_passport_sample_of_oracle_uses_the_same_key_and_digest():
    moment = (ORACLE_MOMENT["nonce"], str(ORACLE_MOMENT["timestamp"]))
    text = "&".join((ORACLE.account, ORACLE.consumer_key, ORACLE.token, *moment))
    signature = hmac_sha256(text, ORACLE.consumer_secret, ORACLE.token_secret)
    assert signature == "tIcC5zyKUmycB5Ml/cNxOHDusw03Y5KPQiXVNUHHp4U="


@pytest.mark.parametrize("header", ["", "Bearer abc", "OAuth", "OAuth realm=TSTDRV1", 'OAuth a="1",,b="2"'])
def test_an_unreadable_header_is_malformed(header):
    with pytest.raises(MalformedHeader):
        parse_authorization(header)
