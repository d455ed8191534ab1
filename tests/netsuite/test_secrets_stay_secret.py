"""Canaries: every secret is a marker, a drain meets success and failure at DEBUG, and no marker is found anywhere."""

import logging
import logging.config
import traceback

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from approvals.models import Alert
from netsuite import machine_login
from netsuite.drain import drain
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.simulator.running import running_simulator
from tests import factories as make
from tests.netsuite.echo import echoing_server
from tests.netsuite.keys import key_pair, log_in_by_certificate
from tests.netsuite.stage import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

MARKS = {
    "NETSUITE_CONSUMER_KEY": "canary-consumer-key",
    "NETSUITE_CONSUMER_SECRET": "canary-consumer-secret",
    "NETSUITE_TOKEN": "canary-token-id",
    "NETSUITE_TOKEN_SECRET": "canary-token-secret",
}
TROUBLE = ("http_500_after_commit", "hang_before_commit", "truncated_body", "period_close", "auth_revoke")


def everything_written(caplog: pytest.LogCaptureFixture) -> str:
    """Logs with their tracebacks, every row of the rooms' tables, and the admin's pages of them."""
    rows = [*Push.objects.all(), *PushAttempt.objects.all(), *DrainLease.objects.all(), *Alert.objects.all()]
    person = make.user("", "approver", "auditor")
    person.is_staff = person.is_superuser = True
    person.save()
    admin = Client()
    admin.force_login(person)
    paths = [reverse("admin:netsuite_push_changelist"), reverse("admin:netsuite_push_resume")]
    paths += [reverse("admin:netsuite_push_change", args=[push.pk]) for push in Push.objects.all()]
    pages = [admin.get(path) for path in paths]
    assert {page.status_code for page in pages} == {200}
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    logged = [formatter.format(record) + repr(record.__dict__) for record in caplog.records]
    return "\n".join([*logged, serializers.serialize("json", rows), *(page.content.decode() for page in pages)])


def listen(settings, caplog) -> None:
    """As LOG_LEVEL=DEBUG would have it, with the levels the settings pin."""
    levels = settings.LOGGING["loggers"]
    logging.config.dictConfig({"version": 1, "incremental": True, "loggers": levels})
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)


def assert_drained_with_trouble(simulator) -> None:
    for number in range(1, 8):
        enqueue(f"CS-IA-{number}", f"I{number}")
    for nth, effect in enumerate(TROUBLE, start=2):
        simulator.control.add_fault(effect, op="push", nth=nth)
    drain()
    drain()
    states = set(Push.objects.values_list("status", flat=True))
    assert "confirmed" in states
    assert states - {"confirmed"}
    assert PushAttempt.objects.exclude(code="").exists()
    assert Alert.objects.exists()


def test_signed_tokens(settings, caplog):
    names = {name.removeprefix("NETSUITE_").lower(): mark for name, mark in MARKS.items()}
    with running_simulator(**names) as simulator:
        settings.NETSUITE_RESTLET_BASE_URL = settings.NETSUITE_REST_BASE_URL = simulator.base_url
        settings.NETSUITE_CONNECT_TIMEOUT = settings.NETSUITE_READ_TIMEOUT = 2
        for name, mark in MARKS.items():
            setattr(settings, name, mark)
        listen(settings, caplog)
        assert_drained_with_trouble(simulator)
        with pytest.raises(CommandError) as failed:
            call_command("netsuite_ping")
    written = everything_written(caplog) + "".join(traceback.format_exception(failed.value))
    assert "CS-IA-1" in written, "the search looks where something is"
    assert "canary" not in written


@pytest.mark.usefixtures("hurried")
def test_certificate_and_bearer_tokens(simulator, settings, caplog, monkeypatch):
    pair = log_in_by_certificate(simulator, settings)
    seen: list[str] = []
    real = machine_login.M2mSigner.assertion

    def remembered(signer: machine_login.M2mSigner) -> str:
        seen.append(real(signer))
        return seen[-1]

    monkeypatch.setattr(machine_login.M2mSigner, "assertion", remembered)
    listen(settings, caplog)
    assert_drained_with_trouble(simulator)
    seen += [token.text for token in machine_login._tokens.values()]
    simulator.control.register_certificate(revoked=True)
    machine_login.forget_tokens()
    with pytest.raises(CommandError) as failed:
        call_command("netsuite_ping")
    written = everything_written(caplog) + "".join(traceback.format_exception(failed.value))
    assert "CS-IA-1" in written
    assert len(seen) >= 4
    for secret in (*seen, *pair.private.splitlines()[1:-1]):
        assert secret not in written
    assert "BEGIN PRIVATE KEY" not in written


def test_an_answer_that_echoes_the_token_is_kept_without_it(simulator, settings, caplog):
    """The simulator's proxy page is not so talkative; a server of our own is."""
    log_in_by_certificate(simulator, settings)
    with echoing_server() as address:
        settings.NETSUITE_RESTLET_BASE_URL = address
        enqueue("CS-IA-1")
        listen(settings, caplog)
        drain()
    kept = PushAttempt.objects.get().raw_answer
    assert "authorization: bearer [secret]" in kept.lower()
    assert next(iter(machine_login._tokens.values())).text not in everything_written(caplog)


def test_a_key_that_cannot_be_used_is_in_no_message(simulator, settings, caplog):
    log_in_by_certificate(simulator, settings)
    body = key_pair("secp256r1").private.splitlines()[1]
    settings.NETSUITE_PRIVATE_KEY = f"-----BEGIN PRIVATE KEY-----\n{body}x\n-----END PRIVATE KEY-----"
    listen(settings, caplog)
    enqueue("CS-IA-1")
    halted = drain().halted
    with pytest.raises(CommandError) as failed:
        call_command("netsuite_ping")
    assert body not in halted + everything_written(caplog) + "".join(traceback.format_exception(failed.value))
