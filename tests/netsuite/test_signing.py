"""Signatures. The published values are in the acceptance tests."""

from netsuite.signing import TbaSigner
from tests.netsuite.signatures import ORACLE, OURS, RECORD_API, parts


def test_the_header_is_what_netsuite_asks_for():
    signed = OURS.sign(method="GET", url=f"{RECORD_API}/estimate/1")
    header = parts(signed.authorization)
    assert signed.authorization.startswith("OAuth ")
    assert header["realm"] == "1234567_SB1"
    assert header["oauth_signature_method"] == "HMAC-SHA256"
    assert header["oauth_version"] == "1.0"
    assert header["oauth_nonce"] == signed.nonce
    assert "oauth_body_hash" not in header
    assert len(signed.nonce) >= 20


def test_every_signature_has_a_nonce_of_its_own():
    nonces = {OURS.sign(method="POST", url=f"{RECORD_API}/estimate").nonce for _ in range(200)}
    assert len(nonces) == 200


def test_neither_repr_nor_fingerprint_shows_a_secret():
    for text in (repr(ORACLE), ORACLE.fingerprint()):
        assert ORACLE.consumer_secret not in text
        assert ORACLE.token_secret not in text
    assert OURS.fingerprint() != TbaSigner("1234567_sb1", "ck-0001", "cs-0001", "tk-0001", "new").fingerprint()
