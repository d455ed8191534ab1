"""The next revision, the same offer for longer, and next year's quotes as drafts."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from approvals.models import ProposedAction
from approvals.refusals import Refused
from quotes.emails import mark_sent
from quotes.gate import draft_action
from quotes.models import Quote
from quotes.renewal import plan_renewal
from quotes.revising import extend_quote, renew_quotes, revise_quote
from quotes.school_years import SchoolYear
from quotes.standing import today
from tests.factories import user
from tests.quotes import factories as make
from tests.quotes.drafted import approve, district, draft, priced, quoter, wishes

pytestmark = pytest.mark.django_db


def sent(quote: Any) -> Any:
    with transaction.atomic():
        mark_sent(Quote.objects.select_for_update().get(pk=quote.pk))
    quote.refresh_from_db()
    return quote


def lines_of(run: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = draft_action(run).payload["lines"]
    return found


def test_a_revision_takes_todays_prices_and_keeps_prices_of_its_own():
    who = district()
    items = priced(who, 2, price=40)
    asked = wishes(*items, quantity=7)
    asked[1] = replace(asked[1], case_price=Decimal("37.5"), reason="Their bid")
    quote = sent(approve(draft(who, asked)))
    who.prices.update(case_price=44)
    one, two = lines_of(revise_quote(quote_id=quote.pk, by=quoter()))
    assert (one["case_price"], one["quantity"], one["price_source"]) == ("44.0000", "7.000", "master")
    assert (Decimal(two["case_price"]), two["override_reason"]) == (Decimal("37.5"), "Their bid")


def test_an_extension_changes_the_last_day_and_no_price():
    who = district()
    (item,) = priced(who, price=40)
    quote = sent(approve(draft(who, wishes(item))))
    who.prices.update(case_price=44)
    later = today() + timedelta(days=90)
    run = extend_quote(quote_id=quote.pk, valid_until=later, by=quoter())
    (line,) = lines_of(run)
    assert (Decimal(line["case_price"]), line["override_reason"]) == (40, "As quoted in Q-2026-00001 r1")
    extended = approve(run)
    assert (extended.revision, extended.valid_until, extended.number) == (2, later, quote.number)
    quote.refresh_from_db()
    assert quote.lifecycle_status == "sent", "until the extension itself is sent"
    sent(extended)
    quote.refresh_from_db()
    assert (quote.lifecycle_status, extended.lifecycle_status) == ("superseded", "sent")


def test_an_extension_goes_forward_only():
    quote = sent(approve(draft()))
    with pytest.raises(Refused, match="Give a later day"):
        extend_quote(quote_id=quote.pk, valid_until=quote.valid_until, by=quoter())
    with pytest.raises(Refused, match="no quote 999"):
        extend_quote(quote_id=999, valid_until=today(), by=quoter())


# -- next year -------------------------------------------------------------------------------------------------


@pytest.fixture
def last_year() -> Any:
    """Two districts quoted last year; the second has no price for one item yet; a third is on hold."""
    districts = [district(code="ELM"), district(code="BIRCH"), make.customer("OAK", status="hold")]
    items = [make.spec_item("A1"), make.spec_item("B2"), make.spec_item("C3", discontinued=True)]
    for who in districts:
        quote = make.quote(who, status="accepted", year=2025)
        for item in items:
            make.line(quote, item, 38, quantity=100)
    for who, priced_items in zip(districts, (items, items[:1], items), strict=True):
        for item in priced_items:
            make.master_price(who, item, 40)
    return districts


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("renew_quotes", *arguments, stdout=out)
    return out.getvalue()


def test_renewing_drafts_one_quote_a_district_once(last_year):
    by = quoter()
    plan = plan_renewal(SchoolYear(2026))
    elm, birch = sorted(renew_quotes(plan=plan, by=by), key=lambda each: each.customer.code, reverse=True)
    assert (elm.lines, elm.left_out, birch.lines, birch.left_out) == (2, ("C3",), 2, ("C3",))
    drafts = ProposedAction.objects.filter(action_type="quote_draft")
    assert drafts.count() == 2
    assert {line["quantity"] for each in drafts for line in each.payload["lines"]} == {"100.000"}
    again = renew_quotes(plan=plan, by=by)
    assert [each.run_id for each in again] == [None, None]
    assert "is open already for 2026-27" in again[0].refused[0]
    assert drafts.count() == 2


def test_the_command_plans_with_dry_run_and_drafts_without(last_year):
    user("quinn", "quoter")
    assert "Dry run: nothing was stored." in run_command("--year", "2026-27", "--dry-run")
    assert not ProposedAction.objects.exists()
    with pytest.raises(CommandError, match="--by USER") as refusal:
        run_command("--year", "2026-27")
    assert refusal.value.returncode == 2
    told = json.loads(run_command("--year", "2026-27", "--by", "quinn", "--json"))
    assert sorted(each["customer"] for each in told["renewed"]) == ["BIRCH", "ELM"]
    assert ProposedAction.objects.filter(action_type="quote_draft").count() == 2


# -- the other commands ----------------------------------------------------------------------------------------


def test_draft_quote_command():
    user("quinn", "quoter")
    who = district(code="ELM")
    first, _ = priced(who, 2)
    make.spec_item("NEW")
    out = StringIO()
    arguments = ["--customer", "ELM", "--year", "2026-27", "--items", f"{first.item_code},NEW", "--by", "quinn"]
    call_command("draft_quote", *arguments, "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["lines"], told["unpriced"], told["status"]) == (2, ["NEW"], "pending")
    for change, sentence in (
        (["--year", "2026"], "Write both years"),
        (["--customer", "NONE"], "no customer NONE"),
        (["--by", "nobody"], "no user named nobody"),
        (["--items", ""], "Nothing is asked for"),
    ):
        with pytest.raises(CommandError, match=sentence) as refusal:
            call_command("draft_quote", *arguments, *change)
        assert refusal.value.returncode == 2


def test_render_quote_command_writes_the_stored_bytes_and_refuses_damaged_ones(tmp_path, settings):
    quote = approve(draft(include_pdf=True))
    out, file = StringIO(), tmp_path / "quote.pdf"
    call_command("render_quote", "q-2026-00001", "--out", str(file), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["sha256"], told["stored"], told["bytes"]) == (quote.pdf_hash, True, file.stat().st_size)
    (stored,) = Path(settings.MEDIA_ROOT).rglob("r1-*.pdf")
    stored.write_bytes(stored.read_bytes() + b" ")
    with pytest.raises(CommandError, match="was changed after it was stored"):
        call_command("render_quote", "Q-2026-00001", "--out", str(file))
    with pytest.raises(CommandError, match="There is no quote"):
        call_command("render_quote", "Q-2026-00009", "--out", str(file))
