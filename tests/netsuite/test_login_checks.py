"""What `manage.py check` says about each signer's settings."""

import pytest

from netsuite import checks, configuration
from netsuite.drain import drain
from tests.netsuite.keys import key_pair, log_in_by_certificate


def said() -> list[str]:
    found = checks.connection_is_complete(None) + checks.key_is_strong(None) + checks.secret_files_are_closed(None)
    return [check.msg.removeprefix("NetSuite: ") for check in found]


@pytest.fixture
def m2m(simulator, settings):
    log_in_by_certificate(simulator, settings)
    return settings


def test_nothing_is_said_when_all_is_well(m2m):
    assert said() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"NETSUITE_AUTH": "oauth3"}, "NETSUITE_AUTH is 'oauth3'; set it to tba or m2m."),
        ({"NETSUITE_TRANSPORT": "soap"}, "NETSUITE_TRANSPORT is 'soap'; set it to restlet or rest."),
        ({"NETSUITE_CLIENT_ID": ""}, "NETSUITE_CLIENT_ID is empty; set it in the environment."),
        ({"NETSUITE_CERTIFICATE_ID": ""}, "NETSUITE_CERTIFICATE_ID is empty; set it in the environment."),
        ({"NETSUITE_REST_BASE_URL": ""}, "NETSUITE_REST_BASE_URL is empty; set it in the environment."),
        ({"NETSUITE_SCOPES": []}, "NETSUITE_SCOPES is empty; set it to restlets,rest_webservices."),
        ({"NETSUITE_SCOPES": ["all"]}, "NETSUITE_SCOPES names all; NetSuite has restlets, rest_webservices,"),
        ({"NETSUITE_M2M_ALGORITHM": "RS256"}, "NETSUITE_M2M_ALGORITHM is 'RS256'; NetSuite takes PS256,"),
        ({"NETSUITE_M2M_ALGORITHM": "PS256"}, "set NETSUITE_M2M_ALGORITHM=ES256."),
        ({"NETSUITE_M2M_ALGORITHM": "ES384"}, "lies on the curve secp256r1, and ES384 does not fit"),
        ({"NETSUITE_PRIVATE_KEY": ""}, "NETSUITE_PRIVATE_KEY is empty; set it, or NETSUITE_PRIVATE_KEY_FILE,"),
        ({"NETSUITE_PRIVATE_KEY": "hello"}, "NETSUITE_PRIVATE_KEY cannot be used: it is no PEM text;"),
        ({"NETSUITE_PRIVATE_KEY": key_pair("secp256r1").public}, "cannot be used: it is a public key;"),
        ({"NETSUITE_PRIVATE_KEY": key_pair("secp256r1").private[:90]}, "the PEM text is damaged or cut off."),
        ({"NETSUITE_PRIVATE_KEY": key_pair("2048").private}, "it is an RSA key, and ES256 needs an elliptic-curve one"),
        ({"NETSUITE_PRIVATE_KEY": key_pair("secp256k1").private}, "lies on the curve secp256k1; NetSuite takes P-256"),
        ({"NETSUITE_PRIVATE_KEY_FILE": "/nowhere/key.pem"}, "cannot read /nowhere/key.pem (No such file or directory)"),
    ],
)
def test_each_mistake_has_its_sentence(m2m, change, sentence):
    for name, value in change.items():
        setattr(m2m, name, value)
    found = said()
    assert len([text for text in found if sentence in text]) == 1, found
    assert "BEGIN" not in " ".join(found).replace("begins with -----BEGIN PRIVATE KEY-----", "")


def test_a_weak_key_is_refused_and_a_short_one_advised_against(m2m):
    m2m.NETSUITE_M2M_ALGORITHM = "PS256"
    m2m.NETSUITE_PRIVATE_KEY = key_pair("1024").private
    assert said() == [
        "NETSUITE_PRIVATE_KEY cannot be used: it has 1024 bits, which is too weak; NetSuite wants 3072 or 4096."
    ]
    m2m.NETSUITE_PRIVATE_KEY = key_pair("2048").private
    assert said() == [
        "NETSUITE_PRIVATE_KEY is on the short side: it has 2048 bits; make the next one with 3072 or 4096."
    ]
    m2m.NETSUITE_PRIVATE_KEY = key_pair("3072").private
    assert said() == []


def test_a_key_in_a_file_is_read_and_must_not_be_open_to_all(m2m, tmp_path, simulator):
    path = tmp_path / "key.pem"
    path.write_text(m2m.NETSUITE_PRIVATE_KEY)
    path.chmod(0o600)
    m2m.NETSUITE_PRIVATE_KEY, m2m.NETSUITE_PRIVATE_KEY_FILE = "", str(path)
    assert said() == []
    path.chmod(0o644)
    assert said() == [
        f"NETSUITE_PRIVATE_KEY_FILE: everybody on this machine may read {path}; take that right away (chmod 640)."
    ]
    path.write_bytes(b"\x30\x82\xff")
    assert f"NETSUITE_PRIVATE_KEY_FILE: {path} holds no PEM text; export the key as PEM." in said()


def test_a_key_in_one_line_of_an_environment_file_is_read(m2m):
    m2m.NETSUITE_PRIVATE_KEY = m2m.NETSUITE_PRIVATE_KEY.replace("\n", "\\n")
    assert said() == []


def test_a_signed_tokens_secret_file_must_not_be_open_to_all(simulator, monkeypatch, tmp_path):
    path = tmp_path / "token_secret"
    path.write_text("x")
    path.chmod(0o604)
    monkeypatch.setenv("NETSUITE_TOKEN_SECRET_FILE", str(path))
    assert [text for text in said() if "NETSUITE_TOKEN_SECRET_FILE: everybody" in text]


def test_settings_of_the_other_signer_are_not_asked_for(m2m):
    m2m.NETSUITE_CONSUMER_KEY = m2m.NETSUITE_TOKEN_SECRET = ""
    assert said() == []
    m2m.NETSUITE_AUTH = "tba"
    assert "NETSUITE_TOKEN_SECRET is empty; set it in the environment." in said()


def test_every_address_in_use_is_encrypted_in_production(m2m):
    m2m.PRODUCTION = True
    m2m.NETSUITE_RESTLET_BASE_URL = "https://1234567.restlets.api.netsuite.com"
    m2m.NETSUITE_REST_BASE_URL = "http://1234567.suitetalk.api.netsuite.com"
    assert [found.msg for found in checks.secrets_travel_encrypted(None)] == ["NETSUITE_REST_BASE_URL is not https."]
    m2m.NETSUITE_REST_BASE_URL = "https://1234567.suitetalk.api.netsuite.com"
    m2m.NETSUITE_RESTLET_BASE_URL = "http://1234567.restlets.api.netsuite.com"
    assert [found.msg for found in checks.secrets_travel_encrypted(None)] == ["NETSUITE_RESTLET_BASE_URL is not https."]
    m2m.NETSUITE_TRANSPORT = "rest"
    assert checks.secrets_travel_encrypted(None) == []


@pytest.mark.django_db(transaction=True)
def test_a_drain_with_an_unusable_key_sends_nothing_and_says_why(m2m, simulator):
    m2m.NETSUITE_PRIVATE_KEY = "garbage"
    assert "NETSUITE_PRIVATE_KEY cannot be used" in drain().halted
    assert not simulator.control.requests()


def test_no_secret_is_in_a_representation(m2m):
    connection = configuration.connection()
    shown = repr(connection) + repr(connection.signer(configuration.timing()))
    assert "BEGIN" not in shown
    assert m2m.NETSUITE_PRIVATE_KEY.splitlines()[1] not in shown
