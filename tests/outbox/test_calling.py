"""What leaves the house, and what comes back: addresses, certificates, answers of every kind."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from approvals.models import Delivery
from approvals.outbox.calling import Caller
from approvals.outbox.delivering import deliver
from approvals.outbox.lanes import Lanes
from approvals.outbox.packing import Message
from approvals.outbox.signing import new_secret
from tests.ports import free_port
from tests.receivers import Answer


def call(url):
    with Caller(url, [new_secret()]) as caller:
        return caller.call("id", b"{}")


def test_an_address_inside_is_refused_after_connecting_and_before_the_first_byte(receivers, settings):
    """As when a name leads elsewhere between the look-up and the connection."""
    receiver = receivers()
    settings.EVENTS_ALLOWED_HOSTS = []
    outcome = call(receiver.url)
    assert outcome.status is None
    assert "nothing was sent" in outcome.answer
    assert receiver.received == []


@pytest.mark.django_db(transaction=True)
def test_a_host_that_is_allowed_no_longer_gets_nothing(receivers, subscribe, happened, settings):
    receiver = receivers()
    subscribe(receiver)
    happened("a", "b")
    settings.EVENTS_ALLOWED_HOSTS = []
    assert deliver().failed == 1, "one stands for all"
    assert receiver.connections == 0
    assert "by https only" in Delivery.objects.get(status="retrying").last_answer


def own_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.fromtimestamp(time.time(), UTC) - day)
        .not_valid_after(datetime.fromtimestamp(time.time(), UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "own.pem"
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("trusted", [False, True])
def test_https_needs_a_certificate_that_is_trusted(receivers, tmp_path, monkeypatch, trusted):
    receiver = receivers()
    path = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    if trusted:
        monkeypatch.setattr("approvals.outbox.calling.DEFAULT_CA_BUNDLE_PATH", str(path))
    outcome = call(f"https://localhost:{receiver.port}/events?from=us")
    if trusted:
        assert outcome.status == 204
    else:
        assert "certificate was not accepted" in outcome.answer
        assert receiver.received == []


def test_many_messages_go_over_few_connections(receivers):
    receiver = receivers()
    with Caller(receiver.url, [new_secret()], 3) as caller, Lanes(caller, time.monotonic() + 20) as lanes:
        for batch in range(3):
            messages = [Message(n, f"s{n % 9}", f"{batch}-{n}", b"{}") for n in range(40)]
            assert all(outcome.is_taken for outcome in lanes.send(messages).values())
    assert len(receiver.received) == 120
    assert receiver.connections <= 3


def test_answers_of_every_kind_leave_the_next_one_readable(receivers):
    receiver = receivers()
    long = "é" * 400_000
    answers = [Answer(200, long), Answer(500, "a\x00bö\n"), Answer(204), Answer(400, "why"), Answer(200, "ok")]
    turns = iter(answers)
    receiver.answer = lambda event: next(turns)
    with Caller(receiver.url, [new_secret()]) as caller:
        found = [caller.call(str(n), b"{}") for n in range(len(answers))]
    assert [outcome.status for outcome in found] == [200, 500, 204, 400, 200]
    assert [len(outcome.answer) for outcome in found] == [500, 4, 0, 3, 2]
    assert "\x00" not in found[1].answer


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0", 0), ("-5", None), ("soon", None), ("9" * 300, 10**8), ("", None), ("٣", None)],
)
def test_retry_after_in_seconds(receivers, text, seconds):
    receiver = receivers()
    receiver.answer = lambda event: Answer(503, headers={"Retry-After": text.encode().decode("latin-1")})
    wish = call(receiver.url).retry_after
    assert (None if wish is None else wish.total_seconds()) == seconds


def test_retry_after_as_a_date(receivers):
    receiver = receivers()
    moment = datetime.fromtimestamp(time.time() + 600, UTC)
    receiver.answer = lambda event: Answer(429, headers={"Retry-After": format_datetime(moment, usegmt=True)})
    assert 590 < call(receiver.url).retry_after.total_seconds() <= 600


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
def test_a_server_that_speaks_no_http_is_a_failure_and_one_that_breaks_off_after_its_status_is_not(said):
    listener = socket.create_server(("127.0.0.1", free_port()))

    def answer():
        taken, _ = listener.accept()
        with taken:
            taken.recv(65_536)
            taken.sendall(said)

    threading.Thread(target=answer, daemon=True).start()
    outcome = call(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    listener.close()
    assert outcome.status == (200 if said.startswith(b"HTTP") else None)
