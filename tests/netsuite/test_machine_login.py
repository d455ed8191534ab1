"""OAuth 2.0 client credentials against the simulator, which reads our assertions with code of its own."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from approvals.models import Alert
from netsuite import configuration
from netsuite.client import Client, client_for
from netsuite.drain import drain
from netsuite.halts import LOGIN_ALERT, SETUP_ALERT
from netsuite.machine_login import InsideTransaction
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.outcomes import AuthStop, ConfigStop, Pong, Refused, Throttled
from tests.netsuite.keys import key_pair, log_in_by_certificate
from tests.netsuite.stage import assert_once, enqueue, sends, token_requests


def client() -> Client:
    return client_for(configuration.connection(), configuration.timing())


def refused_logins(simulator) -> list[str]:
    return [row["code"] for row in simulator.control.audit_trail()]


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("PS256", "2048"),
        ("PS384", "2048"),
        ("PS512", "2048"),
        ("ES256", "secp256r1"),
        ("ES384", "secp384r1"),
        ("ES512", "secp521r1"),
    ],
)
def test_each_algorithm_is_let_in(simulator, settings, algorithm, kind):
    log_in_by_certificate(simulator, settings, algorithm=algorithm, kind=kind)
    pong = client().ping()
    assert isinstance(pong, Pong)
    assert (pong.account, pong.role) == ("TSTDRV1", "Countersign Integration")
    assert not simulator.control.audit_trail()


def test_scopes_may_also_be_sent_as_text(simulator, settings):
    log_in_by_certificate(simulator, settings)
    settings.NETSUITE_SCOPE_AS_TEXT = True
    assert isinstance(client().ping(), Pong)
    assert simulator.control.bearer_tokens()[0]["scopes"] == '["restlets", "rest_webservices"]'


def test_a_token_is_fetched_once_for_many_calls_and_many_clients(simulator, settings):
    log_in_by_certificate(simulator, settings)
    for _ in range(5):
        assert isinstance(client().ping(), Pong)
    assert len(token_requests(simulator)) == 1


def test_threads_that_begin_together_fetch_one_token(simulator, settings):
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault("slow", route="token", seconds=0.3)
    shared, answers = client(), []
    threads = [threading.Thread(target=lambda: answers.append(shared.ping())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [type(answer) for answer in answers] == [Pong] * 4
    assert len(token_requests(simulator)) == 1


def test_another_credential_fetches_its_own_token(simulator, settings):
    log_in_by_certificate(simulator, settings)
    client().ping()
    settings.NETSUITE_SCOPES = ["restlets"]
    client().ping()
    assert len(token_requests(simulator)) == 2


def test_shortly_before_its_end_a_token_is_fetched_anew(simulator, settings, monkeypatch):
    log_in_by_certificate(simulator, settings)
    client().ping()
    import netsuite.machine_login as module

    real = module.time.monotonic
    for moved, requests in ((3600 - 361, 1), (3600 - 359, 2)):
        monkeypatch.setattr(module.time, "monotonic", lambda moved=moved: real() + moved)
        assert isinstance(client().ping(), Pong)
        assert len(token_requests(simulator)) == requests


def test_an_ended_token_is_renewed_once_and_the_call_succeeds(simulator, settings):
    log_in_by_certificate(simulator, settings)
    client().ping()
    assert simulator.control.expire_bearer_tokens() == 1
    pong = client().ping()
    assert isinstance(pong, Pong)
    assert pong.exchange.logins == 1
    assert len(token_requests(simulator)) == 2
    assert refused_logins(simulator) == ["token_rejected"]


def test_a_fresh_token_that_is_refused_is_not_tried_again(simulator, settings):
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault("auth_revoke", op="ping")
    outcome = client().ping()
    assert isinstance(outcome, AuthStop)
    assert outcome.exchange.logins == 1
    assert len(token_requests(simulator)) == 1
    assert isinstance(client().ping(), Pong), "the refused token was forgotten"


def test_a_scope_too_narrow_is_a_refused_login(simulator, settings):
    log_in_by_certificate(simulator, settings)
    settings.NETSUITE_SCOPES = ["rest_webservices"]
    assert isinstance(client().ping(), AuthStop)
    assert refused_logins(simulator) == ["permission_denied"]


@pytest.mark.parametrize(
    ("change", "outcome", "code", "audit", "said"),
    [
        ({"NETSUITE_CLIENT_ID": "other"}, AuthStop, "INVALID_CLIENT", "consumer_key_unknown", "NETSUITE_CLIENT_ID"),
        ({"NETSUITE_CERTIFICATE_ID": "no"}, AuthStop, "INVALID_CLIENT", "consumer_key_unknown", "CERTIFICATE_ID"),
        ({"NETSUITE_PRIVATE_KEY": None}, AuthStop, "INVALID_GRANT", "InvalidSignature", "NETSUITE_PRIVATE_KEY"),
        ({"NETSUITE_SCOPES": ["everything"]}, ConfigStop, "INVALID_SCOPE", "parameter_rejected", "NETSUITE_SCOPES"),
    ],
)
def test_what_the_token_endpoint_refuses_names_what_to_check(simulator, settings, change, outcome, code, audit, said):
    log_in_by_certificate(simulator, settings)
    for name, value in change.items():
        setattr(settings, name, value or key_pair("secp256r1", "another").private)
    refused = client().ping()
    assert isinstance(refused, outcome)
    assert refused.code == code
    assert said in refused.message
    assert refused_logins(simulator) == [audit]


def test_a_skewed_clock_is_named_in_the_sentence(simulator, settings):
    log_in_by_certificate(simulator, settings)
    simulator.control.skew(400)
    refused = client().ping()
    assert isinstance(refused, AuthStop)
    assert "NetSuite's clock is 400 s ahead of this machine's" in refused.message.replace("399 s", "400 s")


def test_a_token_endpoint_that_is_not_there_is_a_set_up_error(simulator, settings):
    log_in_by_certificate(simulator, settings)
    settings.NETSUITE_REST_BASE_URL = simulator.base_url + "/elsewhere"
    outcome = client().ping()
    assert isinstance(outcome, ConfigStop)
    assert "NETSUITE_REST_BASE_URL" in outcome.message


@pytest.mark.parametrize(
    ("effect", "outcome"),
    [
        ("throttle", Throttled),
        ("http_503", Throttled),
        ("html_502", Refused),
        ("http_500_before", Refused),
        ("reset_before_commit", Refused),
        ("hang_before_commit", Refused),
        ("garbage_html_200", Refused),
        ("truncated_body", Refused),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_trouble_at_the_token_endpoint_leaves_the_push_unsent(simulator, settings, effect, outcome):
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault(effect, route="token")
    failed = client().ping()
    assert isinstance(failed, outcome)
    assert not failed.may_be_recorded
    assert [row["route"] for row in simulator.control.requests()] == ["token"]
    assert isinstance(client().ping(), Pong)


def test_nobody_at_the_token_endpoint(simulator, settings, free_port):
    log_in_by_certificate(simulator, settings)
    settings.NETSUITE_REST_BASE_URL = f"http://127.0.0.1:{free_port()}"
    failed = client().ping()
    assert isinstance(failed, Refused)
    assert failed.unreachable
    assert not simulator.control.requests()


@pytest.mark.django_db(transaction=True)
def test_no_token_is_fetched_inside_a_transaction(simulator, settings):
    log_in_by_certificate(simulator, settings)
    with transaction.atomic(), pytest.raises(InsideTransaction):
        client().ping()
    assert not simulator.control.requests()


@pytest.mark.django_db(transaction=True)
def test_a_queue_is_written_once_while_tokens_end_under_way(simulator, settings):
    """Acceptance 15: a token that ends within a drain is renewed, and no push fails."""
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault("token_expire", op="push", nth=2)
    simulator.control.add_fault("auth_revoke", op="push", nth=5)
    numbers = [f"CS-IA-{number}" for number in range(1, 6)]
    for number in numbers:
        enqueue(number, "000123")
    assert drain().confirmed == 5
    assert_once(simulator, *numbers)
    assert not PushAttempt.objects.exclude(outcome="created").exists()
    assert len(token_requests(simulator)) == 3
    assert not simulator.control.unused_faults()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("effect", ["hang_after_commit", "reset_after_commit", "http_500_after_commit"])
@pytest.mark.usefixtures("hurried")
def test_an_answer_lost_after_the_commit_is_found_by_look_up(simulator, settings, effect):
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault(effect, op="push")
    enqueue("CS-IA-1")
    assert drain().confirmed == 1
    assert_once(simulator, "CS-IA-1")


@pytest.mark.django_db(transaction=True)
def test_a_revoked_certificate_stops_the_drain_after_two_tries_and_nothing_is_lost(simulator, settings, later):
    log_in_by_certificate(simulator, settings)
    enqueue("CS-IA-0")
    assert drain().confirmed == 1
    simulator.control.register_certificate(revoked=True)
    simulator.control.revoke_bearer_tokens()
    for number in range(1, 51):
        enqueue(f"CS-IA-{number}", f"I{number}")
    report = drain()
    assert "NetSuite refused our login" in report.halted
    assert "OAuth 2.0 Client Credentials" in report.halted
    assert "NETSUITE_CERTIFICATE_ID" in report.halted
    assert len(refused_logins(simulator)) == 2, "the kept token, then the certificate"
    later(61)
    assert drain().halted
    assert len(refused_logins(simulator)) == 2, "the half hour holds"
    assert Alert.objects.get(key=LOGIN_ALERT).resolved_at is None
    row = DrainLease.objects.get()
    assert row.halted_until - row.last_drained_at > timedelta(minutes=20)
    simulator.control.register_certificate(revoked=False)
    later(1800)
    assert drain().confirmed == 50
    assert Alert.objects.get(key=LOGIN_ALERT).resolved_at is not None
    assert not Push.objects.exclude(status="confirmed").exists()
    assert_once(simulator, *(f"CS-IA-{number}" for number in range(51)))


@pytest.mark.django_db(transaction=True)
def test_a_first_refusal_is_probed_once_after_a_minute(simulator, settings, later):
    log_in_by_certificate(simulator, settings)
    simulator.control.register_certificate(revoked=True)
    enqueue("CS-IA-1")
    assert drain().halted
    assert drain().halted
    assert len(refused_logins(simulator)) == 1
    later(61)
    assert drain().halted
    assert drain().halted
    assert len(refused_logins(simulator)) == 2
    assert Push.objects.get().attempts == 0
    assert not sends(simulator)


@pytest.mark.django_db(transaction=True)
def test_a_new_key_is_tried_at_once(simulator, settings):
    pair = log_in_by_certificate(simulator, settings)
    settings.NETSUITE_PRIVATE_KEY = key_pair("secp256r1", "another").private
    enqueue("CS-IA-1")
    assert drain().halted
    settings.NETSUITE_PRIVATE_KEY = pair.private
    assert drain().confirmed == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_token_the_queue_waits_and_no_login_is_blamed(simulator, settings, later):
    log_in_by_certificate(simulator, settings)
    simulator.control.add_fault("html_502", route="token")
    enqueue("CS-IA-1")
    assert "could be fetched" in drain().halted
    assert Push.objects.get().status == "retry"
    assert not sends(simulator)
    assert not Alert.objects.filter(key__in=(SETUP_ALERT, LOGIN_ALERT)).exists()
    later(3)
    assert drain().confirmed == 1
