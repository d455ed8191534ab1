"""kill -9 between each pair of steps: after a restart there is one quote, one PDF, one e-mail and one estimate."""

import signal

import pytest
from django.core import mail
from django.core.files.storage import storages

from approvals.failpoints import Failpoint, after_step
from approvals.models import OutboundEmail
from approvals.ticking import tick
from netsuite.drain import drain
from quotes.gate import draft_action
from quotes.models import Quote, QuoteLine, QuoteSeries
from quotes.steps import QuoteFailpoint
from quotes.workflow import CUSTOMER_QUOTE
from tests.netsuite.stage import assert_once
from tests.quotes import drafted
from tests.quotes.drafted import decide, district, draft, email_draft, priced, wishes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.kill]

PLACES = [
    Failpoint.AFTER_DECISION,
    QuoteFailpoint.PDF_STORED,
    Failpoint.BEFORE_WAKE_UP,
    *(after_step(step.name) for step in CUSTOMER_QUOTE.steps),
    Failpoint.BEFORE_SEND,
    Failpoint.AFTER_SEND_BEFORE_RECORD,
]


@pytest.mark.parametrize("place", PLACES)
def test_killed_there_and_started_again_everything_happened_once(simulator, later, forks, settings, place):
    who = district()
    run = draft(who, wishes(*priced(who, 2)), include_pdf=True)
    approver = drafted.approver()
    forks.settings |= {"MEDIA_ROOT": str(settings.MEDIA_ROOT)}

    program = forks.run(
        ["approve_action", str(draft_action(run).pk), "--by", approver.get_username()],
        ["drain_pushes"],
        COUNTERSIGN_FAILPOINT=place,
    )
    assert program.code == -signal.SIGKILL, f"{place} was never reached: {program.printed}"

    for _ in range(2):
        tick()
        assert not drain().busy
        later(61)
    decide(email_draft(run), approver)
    for _ in range(2):
        tick()
        drain()
    quote = Quote.objects.get()
    assert (quote.number, quote.lifecycle_status, quote.push.status) == ("Q-2026-00001", "sent", "confirmed")
    assert QuoteSeries.objects.get().last_number == 1
    assert QuoteLine.objects.count() == 2
    assert len(storages["quotes"].listdir(f"quotes/{quote.pk}")[1]) == 1
    assert (len(mail.outbox), OutboundEmail.objects.count()) == (1, 1)
    assert mail.outbox[0].attachments[0][1][:5] == b"%PDF-"
    assert_once(simulator, "CS-QT-Q-2026-00001-R1")
    assert list(run.steps.values_list("status", flat=True)) == ["done"] * 5
