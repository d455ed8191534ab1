"""The PDF is stored outside any transaction, tried three times, and lies in a bucket as well as in a folder."""

from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import InMemoryStorage
from django.db import connection

from approvals.engine import try_again
from approvals.models import Alert, RunStep, VerifyCheck
from approvals.ticking import tick
from quotes.models import Quote
from tests import factories
from tests.quotes import drafted
from tests.quotes.drafted import approve, decide, draft, email_draft

pytestmark = pytest.mark.django_db(transaction=True)


class Elsewhere(InMemoryStorage):
    """Another machine: `is_away` while it does not answer. Nobody may wait for it with a transaction open."""

    is_away = False

    def open(self, name: str, mode: str = "rb") -> Any:
        reached()
        return super().open(name, mode)

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        reached()
        return super().save(name, content, max_length)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name


def reached() -> None:
    assert not connection.in_atomic_block, "a transaction waits for another machine"
    if Elsewhere.is_away:
        raise ConnectionRefusedError("connection refused")


@pytest.fixture
def elsewhere(settings):
    settings.STORAGES = settings.STORAGES | {"quotes": {"BACKEND": "tests.quotes.test_quote_storage.Elsewhere"}}
    yield Elsewhere
    Elsewhere.is_away = False


def test_the_file_goes_elsewhere_and_the_email_takes_it_from_there(elsewhere, later):
    run = draft(include_pdf=True)
    quote = approve(run)
    decide(email_draft(run), drafted.approver())
    tick()
    assert mail.outbox[0].attachments[0][1][:5] == b"%PDF-"
    quote.refresh_from_db()
    assert (quote.lifecycle_status, len(quote.pdf_hash)) == ("sent", 64)
    later(600)
    tick()
    assert VerifyCheck.objects.get(name="pdf_stored").status == "passed"


def test_while_it_is_away_the_step_is_tried_three_times_and_a_person_is_told(elsewhere, later):
    run = draft(include_pdf=True)
    elsewhere.is_away = True
    quote = approve(run)
    step = run.steps.get(name="render_pdf")
    assert (step.attempts, step.status) == (1, RunStep.Status.PENDING)
    for _ in range(2):
        later(31)
        tick()
    run.refresh_from_db()
    assert run.status == "failed"
    assert Alert.objects.filter(key=f"run-failed-{run.pk}", resolved_at=None).exists()
    assert not run.proposed_actions.filter(action_type="propose_email_to_customer").exists()

    elsewhere.is_away = False
    try_again(run_id=run.pk, by=factories.approver())
    run.refresh_from_db()
    assert (run.status, Quote.objects.get()) == ("completed", quote)
