"""What an operator types."""

import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from netsuite.checks import connection_is_complete, secrets_travel_encrypted
from netsuite.drain import drain
from netsuite.models import DrainLease
from tests.forking import PROJECT
from tests.netsuite.keys import log_in_by_certificate
from tests.netsuite.stage import enqueue

pytestmark = pytest.mark.django_db(transaction=True)


def test_ping_shows_contract_account_role_and_clock(simulator, capsys):
    call_command("netsuite_ping", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["contract"] == 1
    assert figures["account"] == "TSTDRV1"
    assert abs(figures["clock_skew_seconds"]) < 5
    assert figures["signer"] == "OAuth 1.0a (token-based authentication)"
    assert figures["role"] == "Countersign Integration"
    call_command("netsuite_ping")
    shown = capsys.readouterr().out
    for said in (
        "clock skew seconds",
        "signer: OAuth 1.0a",
        "contract: 1",
        "inventory yes, multiLocation yes, lots yes",
    ):
        assert said in shown


def test_ping_over_the_record_api_says_so(simulator, settings, capsys):
    log_in_by_certificate(simulator, settings)
    settings.NETSUITE_TRANSPORT, settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "rest", "54"
    simulator.control.skew(-90)
    call_command("netsuite_ping", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["contract"] == "none: REST record API"
    assert figures["signer"] == "OAuth 2.0 client credentials (certificate)"
    assert (figures["account"], figures["role"]) == ("TSTDRV1", "Countersign Integration")
    assert figures["features"] == {"inventoryAdjustments": True, "estimates": True}
    assert -95 < figures["clock_skew_seconds"] < -85
    assert figures["server_time"]
    call_command("netsuite_ping")
    assert "inventoryAdjustments yes" in capsys.readouterr().out


def test_ping_says_why_it_failed(simulator, settings):
    settings.NETSUITE_TOKEN_SECRET = "canary-secret"
    with pytest.raises(CommandError, match="INVALID_LOGIN_ATTEMPT") as failed:
        call_command("netsuite_ping")
    assert "canary" not in str(failed.value)
    settings.NETSUITE_TOKEN_SECRET = ""
    with pytest.raises(CommandError, match="NETSUITE_TOKEN_SECRET is empty"):
        call_command("netsuite_ping")


def test_resume_lets_a_halted_drain_probe_at_once(simulator, operator, capsys):
    enqueue("CS-IA-1")
    simulator.control.revoke_token()
    assert drain().halted
    simulator.control.restore_token()
    assert drain().halted, "the minute is not over"
    with pytest.raises(CommandError, match="no user named nobody"):
        call_command("resume_netsuite", "--by", "nobody")
    call_command("resume_netsuite", "--by", "olga")
    assert "resumes" in capsys.readouterr().out
    assert drain().confirmed == 1


def test_resume_refuses_somebody_without_permission(django_user_model):
    django_user_model.objects.create_user("sam")
    with pytest.raises(CommandError, match="may not resume"):
        call_command("resume_netsuite", "--by", "sam")
    assert not DrainLease.objects.filter(failed_logins__gt=0).exists()


def test_checks_say_what_is_misconfigured_in_a_sentence(settings):
    settings.NETSUITE_CONSUMER_KEY = ""
    settings.NETSUITE_RESTLET_BASE_URL = "ftp://example.com"
    assert [check.msg for check in connection_is_complete(None)] == [
        "NetSuite: NETSUITE_CONSUMER_KEY is empty; set it in the environment.",
        "NetSuite: NETSUITE_RESTLET_BASE_URL must begin with https://.",
    ]
    settings.PRODUCTION = True
    settings.NETSUITE_RESTLET_BASE_URL = "http://1234567.restlets.api.netsuite.com"
    settings.NETSUITE_REST_BASE_URL = "http://1234567.suitetalk.api.netsuite.com"
    found = secrets_travel_encrypted(None)
    assert {check.id for check in found} == {"netsuite.E001"}
    assert [check.msg.split()[0] for check in found] == ["NETSUITE_REST_BASE_URL", "NETSUITE_RESTLET_BASE_URL"]


@pytest.mark.slow
def test_without_its_database_the_drain_says_so_in_a_sentence(process_environment, free_port):
    nowhere = f"postgres://countersign:none@127.0.0.1:{free_port()}/countersign"
    ended = subprocess.run(
        [sys.executable, "manage.py", "drain_pushes"],
        cwd=PROJECT,
        env=process_environment | {"DATABASE_URL": nowhere, "PRODUCTION": "false"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "The database went away" in ended.stderr
    assert "Traceback" not in ended.stderr
