"""Approved e-mail through a real mail server: what it took, refused, put off, or took without saying so."""

import email
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path

import environ
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from approvals.mail.drafting import edit_email
from approvals.models import OutboundEmail, ProposedAction
from approvals.ticking import tick
from config.processes import port_answers
from tests import factories as make
from tests.ports import free_port

pytestmark = pytest.mark.django_db
PATIENCE = 60.0  # seconds for the server's process to listen
QUOTE = b"%PDF-1.7 the approved bytes"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    port, folder = free_port(), tmp_path_factory.mktemp("letters")
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "tests.letterbox.Letterbox"]
    process = subprocess.Popen([*command, str(folder)], cwd=Path(__file__).resolve().parents[2])
    deadline = time.monotonic() + PATIENCE
    while not port_answers(port):
        assert process.poll() is None, "the mail server ended"
        assert time.monotonic() < deadline, "the mail server does not listen"
        time.sleep(0.05)
    yield port, folder
    process.kill()
    process.wait()


@pytest.fixture
def received(server, settings, tmp_path) -> Callable[[], list[EmailMessage]]:
    port, folder = server
    for name, value in environ.Env.email_url_config(f"smtp://127.0.0.1:{port}").items():
        setattr(settings, name, value)
    settings.EMAIL_BACKEND = "approvals.mail.smtp.EmailBackend"  # what settings.py makes of it
    settings.MEDIA_ROOT = tmp_path
    for letter in folder.glob("*.eml"):
        letter.unlink()
    return lambda: [
        email.message_from_bytes(letter.read_bytes(), policy=policy.default) for letter in sorted(folder.glob("*.eml"))
    ]


def approved_for(recipient: str) -> None:
    home = make.zone()
    make.count(home, [(make.stock(5, home=home), 5)])
    draft = ProposedAction.objects.get(action_type="propose_email_to_customer")
    default_storage.save("quote.pdf", ContentFile(QUOTE))
    sha256 = hashlib.sha256(QUOTE).hexdigest()
    draft.payload |= {
        "attachments": [{"name": "Quote.pdf", "path": "quote.pdf", "sha256": sha256}],
        "reply_to": "sales@supplier.example",
    }
    draft.save()
    approver = make.approver()
    words = {"subject": "Your quote – Q-2026-00017", "body": "Dear Ms. Núñez,\nplease find it attached."}
    edit_email(action_id=draft.pk, by=approver, mailbox=recipient, cc=["buyer@district.example"], **words)
    draft.refresh_from_db()
    make.approve(draft, approver)


def test_it_arrives_once_as_it_was_approved(received):
    approved_for("director@district.example")
    for _ in range(3):
        tick()
    (letter,) = received()
    assert letter["To"] == "director@district.example"
    assert letter["Cc"] == "buyer@district.example"
    assert letter["Reply-To"] == "sales@supplier.example"
    assert letter["Subject"] == "Your quote – Q-2026-00017"
    assert "countersign." in letter["Message-ID"]
    body = letter.get_body()
    assert body is not None
    assert "Dear Ms. Núñez," in body.get_content()
    (attached,) = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Quote.pdf", QUOTE)
    assert OutboundEmail.objects.get().status == "sent"


def test_a_mailbox_that_is_refused_holds_it_back_at_once(received):
    approved_for("refused@district.example")
    OutboundEmail.objects.update(cc=[])
    tick()
    message = OutboundEmail.objects.get()
    assert (message.status, message.attempts) == ("held", 1)
    assert "550" in message.problem
    assert received() == []


def test_a_server_that_puts_it_off_is_asked_again(received, later):
    approved_for("later@district.example")
    OutboundEmail.objects.update(cc=[])
    tick()
    assert OutboundEmail.objects.get().status == "queued"
    later(minutes=1)
    tick()
    assert OutboundEmail.objects.get().status == "sent"
    assert len(received()) == 1


def test_a_message_taken_without_an_answer_is_never_sent_twice(received, later):
    approved_for("lost@district.example")
    tick()
    assert OutboundEmail.objects.get().status == "unclear"
    later(hours=5)
    tick()
    assert len(received()) == 1


def test_one_recipient_of_two_refused_is_not_called_sent(received):
    approved_for("refused@district.example")
    tick()
    message = OutboundEmail.objects.get()
    assert message.status == "unclear"
    assert "refused@district.example: 550 No such mailbox" in message.problem
    assert len(received()) == 1  # the copy
