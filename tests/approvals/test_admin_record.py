"""The record's pages: runs as stories, alerts resolved by people, tokens shown once, guardrails with versions."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.alerts import raise_alert
from approvals.models import Alert, AuditEntry, EditToken, Guardrail, RunStep, WorkflowRun
from approvals.operations import SEPARATION_OF_DUTIES
from approvals.templatetags.payload_tables import payload_table, pretty_answer
from inventory.counting.limits import LINE, seed_guardrails
from inventory.excel.limits import seed_guardrails as seed_sync_guardrails
from tests import factories as make

pytestmark = pytest.mark.django_db


def client_for(*roles: str, superuser: bool = False) -> tuple[Client, Any]:
    person = make.user("", *roles, superuser=superuser)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client, person


def text_of(answer: Any) -> str:
    """What a reader sees: no tags, single spaces."""
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def page(kind: str, row: Any, name: str = "change") -> str:
    return reverse(f"admin:{kind}_{name}", args=[row.pk])


def test_a_runs_page_tells_its_story():
    sheet, _what, _home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver("anna"), note="Recounted by hand")
    client, _ = client_for("approver")
    shown = text_of(client.get(page("approvals_workflowrun", make.run_of(sheet))))
    for said in ("1. compute_variance", "10. reflexion_write", "by anna", "Recounted by hand", "counts_logged"):
        assert said in shown
    assert "Pushes to NetSuite" in shown
    assert "inventory.adjusted" in shown


def test_a_role_without_pushes_or_journal_sees_the_run_without_them():
    sheet, _what, _home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    client, _ = client_for("integrator")
    Group.objects.get(name="integrator").permissions.remove(Permission.objects.get(codename="view_push"))
    shown = text_of(client.get(page("approvals_workflowrun", make.run_of(sheet))))
    assert "compute_variance" in shown
    assert "Pushes to NetSuite" not in shown
    assert "completed: 10 steps" not in shown, "the journal is not theirs"
    assert "1470" not in shown, "nor is money"


def failed_run() -> WorkflowRun:
    sheet, _what, _home = make.disputed_count()
    run = make.run_of(sheet)
    run.move_to("failed")
    run.save()
    run.steps.filter(name="hitl_approve").update(status=RunStep.Status.FAILED, attempts=3, error="It rained.")
    return run


def test_a_failed_run_can_be_tried_again_after_a_confirmation():
    run = failed_run()
    client, _ = client_for("approver")
    again = page("approvals_workflowrun", run, "try_again")
    assert again in client.get(page("approvals_workflowrun", run)).content.decode()
    asked = text_of(client.get(again))
    assert "hitl_approve" in asked
    run.refresh_from_db()
    assert run.status == "failed", "looking changes nothing"
    client.post(again)
    run.refresh_from_db()
    assert run.status == "waiting"


def test_a_run_that_did_not_fail_offers_no_second_try():
    sheet, _what, _home = make.disputed_count()
    client, _ = client_for("approver")
    again = page("approvals_workflowrun", make.run_of(sheet), "try_again")
    assert again not in client.get(page("approvals_workflowrun", make.run_of(sheet))).content.decode()
    assert client.get(again).status_code == 403


def test_an_alert_is_resolved_by_a_post_of_somebody_who_may():
    raise_alert(key="leak", severity="critical", message="Check the freezer.")
    alert = Alert.objects.get()
    resolve = page("approvals_alert", alert, "resolve")
    assert client_for("auditor")[0].post(resolve).status_code == 403
    client, person = client_for("approver")
    assert "Check the freezer." in text_of(client.get(resolve))
    alert.refresh_from_db()
    assert alert.resolved_at is None, "looking changes nothing"
    client.post(resolve)
    alert.refresh_from_db()
    assert alert.resolved_by == person
    assert AuditEntry.objects.filter(verb="alert.resolved", actor=person).exists()
    again = client.post(resolve)
    assert "was resolved already" in text_of(again)
    assert AuditEntry.objects.filter(verb="alert.resolved").count() == 1


def test_a_token_is_shown_once_and_works():
    client, person = client_for("approver")
    answer = client.post(reverse("admin:approvals_edittoken_add"), {"label": "nightly script"})
    found = re.search(r"cst_[\w-]+", answer.content.decode())
    assert found
    assert "no-store" in answer["Cache-Control"]
    assert EditToken.user_for(found[0]) == person
    assert EditToken.objects.count() == 1
    for path in (reverse("admin:approvals_edittoken_changelist"), page("approvals_edittoken", EditToken.objects.get())):
        assert found[0] not in client.get(path).content.decode()


def test_a_token_is_revoked_by_its_owner_or_a_superuser_only():
    client, person = client_for("approver")
    token, text = EditToken.issue(user=person, label="script")
    revoke = page("approvals_edittoken", token, "revoke")
    stranger, _ = client_for("approver")
    assert stranger.get(page("approvals_edittoken", token)).status_code == 302
    assert stranger.post(revoke).status_code == 403
    assert EditToken.user_for(text) == person
    client.post(revoke)
    assert EditToken.user_for(text) is None
    other, other_text = EditToken.issue(user=person, label="other")
    client_for(superuser=True)[0].post(page("approvals_edittoken", other, "revoke"))
    assert EditToken.user_for(other_text) is None


def guardrail_form(guardrail: Guardrail, **changes: Any) -> dict[str, Any]:
    form = {
        "explanation": guardrail.explanation,
        "percent_limit": guardrail.percent_limit if guardrail.percent_limit is not None else "",
        "value_limit": guardrail.value_limit if guardrail.value_limit is not None else "",
        "quantity_limit": guardrail.quantity_limit if guardrail.quantity_limit is not None else "",
        "is_enabled": "on",
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def test_a_changed_threshold_is_a_new_version_with_history_and_audit():
    seed_guardrails()
    guardrail = Guardrail.objects.get(name=LINE)
    client, boss = client_for(superuser=True)
    client.post(page("approvals_guardrail", guardrail), guardrail_form(guardrail, value_limit="50"))
    guardrail.refresh_from_db()
    assert (guardrail.value_limit, guardrail.version) == (50, 2)
    history = text_of(client.get(page("approvals_guardrail", guardrail, "history")))
    assert boss.username in history
    assert AuditEntry.objects.filter(verb="guardrail.changed", actor=boss).exists()
    assert "$50.00" in text_of(client.get(page("approvals_guardrail", guardrail)))


def test_a_limit_in_units_is_shown_and_edited():
    seed_sync_guardrails()
    guardrail = Guardrail.objects.get(name="excel_sync")
    client, _ = client_for(superuser=True)
    assert "40 %, $500.00 and 10 units" in text_of(client.get(reverse("admin:approvals_guardrail_changelist")))
    client.post(page("approvals_guardrail", guardrail), guardrail_form(guardrail, quantity_limit="1"))
    guardrail.refresh_from_db()
    assert (guardrail.quantity_limit, guardrail.percent_limit, guardrail.version) == (1, 40, 2)
    assert "40 %, $500.00 and 1 unit." in text_of(client.get(page("approvals_guardrail", guardrail)))


def test_an_approver_sees_guardrails_but_cannot_turn_them():
    seed_guardrails()
    guardrail = Guardrail.objects.get(name=LINE)
    client, _ = client_for("approver")
    path = page("approvals_guardrail", guardrail)
    assert client.get(path).status_code == 200
    assert client.post(path, guardrail_form(guardrail, value_limit="9999")).status_code == 403


def test_only_a_superuser_switches_the_separation_of_duties_off():
    seed_guardrails()
    guardrail = Guardrail.objects.get(name=SEPARATION_OF_DUTIES)
    path = page("approvals_guardrail", guardrail)
    off = guardrail_form(guardrail, is_enabled=None)
    client, person = client_for("approver")
    person.user_permissions.add(Permission.objects.get(codename="change_guardrail"))
    assert "Only a superuser" in text_of(client.post(path, off))
    guardrail.refresh_from_db()
    assert guardrail.is_enabled
    client_for(superuser=True)[0].post(path, off)
    guardrail.refresh_from_db()
    assert not guardrail.is_enabled


def test_stored_json_reads_as_tables_and_is_escaped():
    shown = payload_table({"gross_value": "12.50", "lines": [{"item": "<b>A</b>", "adjustQtyBy": "2"}], "none": None})
    assert "gross value" in shown
    assert "adjust qty by" in shown
    assert "&lt;b&gt;A&lt;/b&gt;" in shown
    assert "{" not in shown
    assert pretty_answer("not json <x>") == "not json <x>"
    assert payload_table([["a", None], ["b", True]]).count("<tr>") == 3


def test_the_lists_of_the_record_take_the_same_queries_for_many_rows():
    client, _ = client_for("auditor")
    paths = [
        reverse(f"admin:approvals_{name}_changelist")
        for name in ("workflowrun", "alert", "event", "journalentry", "verifycheck", "auditentry")
    ]
    few = [queries_of(client, path) for path in paths]
    for number in range(3):
        sheet, _what, _home = make.disputed_count()
        make.approve(make.envelope_of(sheet), make.approver())
        raise_alert(key=f"many-{number}", severity="info", message="x")
    some = [queries_of(client, path) for path in paths]
    for number in range(12):
        sheet, _what, _home = make.disputed_count()
        make.approve(make.envelope_of(sheet), make.approver())
        raise_alert(key=f"more-{number}", severity="info", message="x")
    assert [queries_of(client, path) for path in paths] == some
    assert max(some) <= max(few) + 3


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
