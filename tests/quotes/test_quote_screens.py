"""The page of a quote, its buttons, the PDF as it was stored, and the HTML view: for those they are for."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from approvals.models import ProposedAction
from quotes.emails import mark_sent
from quotes.models import Quote
from quotes.standing import today
from tests.factories import user
from tests.quotes.drafted import approve, district, draft, priced, wishes
from tests.quotes.screens import address, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A quote manager without the sight of cost."""
    return signed_in(user("mona", "quote manager"))


def sent(*, price: str = "40", **wanted: Any) -> Any:
    who = district()
    items = priced(who, 2, price=price, cost="35.77")
    quote = approve(draft(who, wishes(*items, quantity=10), **wanted), "A reason")
    with transaction.atomic():
        mark_sent(Quote.objects.select_for_update().get(pk=quote.pk))
    quote.refresh_from_db()
    return quote


def page(client: Client, quote: Any, name: str = "change") -> str:
    return address("quote", name, quote.pk)


def test_the_page_tells_the_story_and_offers_what_can_be_done(client):
    quote = sent()
    said = text_of(client.get(page(client, quote)))
    for part in ("Q-2026-00001 r1", "Sent", "$800.00", "“A reason”", "Record the answer", "Revise", "Extend"):
        assert part in said
    assert "Take the answer back" not in said
    for name in ("answer", "extend", "cancel"):
        assert page(client, quote, name) in client.get(page(client, quote)).content.decode()


def test_cost_and_margin_are_on_no_page_of_who_may_not_see_them(client):
    quote = sent()
    pages = [page(client, quote), f"/quotes/{quote.number}", page(client, quote, "answer"), address("quote")]
    for path in pages:
        body = client.get(path).content.decode()
        assert "35.77" not in body, path
        assert "10.6" not in body, path
    seer = signed_in(user("seer", "quote manager", "price viewer"))
    assert "10.6 %" in text_of(seer.get(page(client, quote)))
    assert "35.77" not in seer.get(f"/quotes/{quote.number}").content.decode()


def test_recording_a_partial_award_by_the_page(client):
    quote = sent()
    first, second = quote.lines.order_by("position")
    form = {
        "answered_on": today().isoformat(), "po_number": "PO-1001", "po_date": today().isoformat(),
        f"award-{first.pk}": "awarded", f"award-{second.pk}": "not_awarded", f"note-{second.pk}": "Cheaper elsewhere",
    }  # fmt: skip
    answer = client.post(page(client, quote, "answer"), form, follow=True)
    said = text_of(answer)
    assert "Recorded: Q-2026-00001 r1 is accepted." in said
    assert "Order PO-1001" in said
    assert "Cheaper elsewhere" in said
    assert "Take the answer back" in said


def test_all_awarded_with_one_click_and_taken_back_with_a_reason(client):
    quote = sent()
    client.post(page(client, quote, "answer"), {"all": "awarded"})
    assert set(quote.lines.values_list("award_status", flat=True)) == {"awarded"}
    assert "Say why" in text_of(client.post(page(client, quote, "take_back"), {"reason": ""}))
    client.post(page(client, quote, "take_back"), {"reason": "Another district"})
    quote.refresh_from_db()
    assert quote.lifecycle_status == "sent"


def test_what_was_typed_into_an_answer_stays_when_it_is_refused(client):
    quote = sent()
    first = quote.lines.order_by("position")[0]
    form = {f"award-{first.pk}": "awarded", f"note-{first.pk}": "Board letter", "po_number": "PO-7"}
    answer = client.post(page(client, quote, "answer"), form)
    html = answer.content.decode()
    assert "belong together" in text_of(answer)
    for part in ('value="PO-7"', 'value="Board letter"', 'value="awarded" checked'):
        assert part in html
    assert "is no date" in text_of(client.post(page(client, quote, "answer"), {"answered_on": "soon", **form}))


def test_extending_and_cancelling_by_their_pages(client):
    quote = sent()
    later = today() + timedelta(days=60)
    client.post(page(client, quote, "extend"), {"valid_until": later.isoformat()})
    waiting = ProposedAction.objects.get(action_type="quote_draft", status="pending")
    assert waiting.payload["valid_until"] == later.isoformat()
    answer = client.get(page(client, quote))
    assert "The next revision waits for approval" in text_of(answer)
    assert page(client, quote, "extend") not in answer.content.decode()
    client.post(page(client, quote, "cancel"), {"reason": "They closed the kitchen"})
    quote.refresh_from_db()
    assert (quote.lifecycle_status, quote.outcome_note) == ("cancelled", "They closed the kitchen")


def test_a_get_changes_nothing(client):
    quote = sent()
    for name in ("answer", "extend", "cancel", "take_back"):
        client.get(page(client, quote, name))
    quote.refresh_from_db()
    assert quote.lifecycle_status == "sent"
    assert not quote.lines.exclude(award_status="pending").exists()


def test_the_buttons_answer_only_to_those_they_are_for():
    quote = sent()
    viewer = signed_in(user("ada", "auditor"))
    assert viewer.get(page(viewer, quote)).status_code == 200
    for name in ("answer", "take_back", "extend"):
        assert viewer.post(page(viewer, quote, name), {"reason": "x", "all": "awarded"}).status_code == 403
    assert "may not cancel" in text_of(viewer.post(page(viewer, quote, "cancel"), {"reason": "x"}))
    nobody = signed_in(user("nobody"))
    for path in (page(nobody, quote), page(nobody, quote, "pdf"), f"/quotes/{quote.number}"):
        assert nobody.get(path).status_code == 403
    assert Client().get(f"/quotes/{quote.number}").status_code == 302
    quote.refresh_from_db()
    assert quote.lifecycle_status == "sent"


def test_the_pdf_is_the_stored_one_or_none(client, settings):
    quote = sent(include_pdf=True)
    answer = client.get(page(client, quote, "pdf"))
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert answer["Content-Disposition"] == 'inline; filename="Q-2026-00001-r1.pdf"'
    (stored,) = Path(settings.MEDIA_ROOT).rglob("r1-*.pdf")
    stored.write_bytes(b"%PDF-1.7 another")
    assert "was changed after it was stored" in text_of(client.get(page(client, quote, "pdf"), follow=True))


def test_no_pdf_says_why(client):
    assert "none was asked for" in text_of(client.get(page(client, sent(), "pdf"), follow=True))


def test_the_html_view_says_what_the_customer_reads_and_finds_its_number_in_any_case(client):
    quote = sent()
    said = text_of(client.get(f"/quotes/{quote.number.lower()}"))
    assert quote.customer.name in said
    assert quote.lines.first().item_code in said
    assert client.get("/quotes/Q-2026-99999").status_code == 404
    assert client.get(f"/quotes/{quote.number}", {"r": "7"}).status_code == 404


def test_prices_that_moved_since_are_told_and_change_nothing(client):
    quote = sent()
    quote.customer.prices.update(case_price=41)
    said = text_of(client.get(page(client, quote)))
    assert "The pricing master has moved since" in said
    assert "$800.00" in said
