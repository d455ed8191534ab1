"""Drafting: prices from the master, every objection at once, nothing stored beside the proposal."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ProposedAction, WorkflowRun
from approvals.refusals import Refused
from quotes.drafting import Frame, draft_quote, preview_quote, redraft_quote
from quotes.gate import draft_action, live_drafts
from quotes.models import Catalog, CatalogItem, Quote
from quotes.pricing import PriceBasis
from quotes.wishes import LineWish
from tests.quotes import drafted
from tests.quotes import factories as make
from tests.quotes.drafted import approve, district, draft, priced, wishes

pytestmark = pytest.mark.django_db


def lines_of(run):
    return draft_action(run).payload["lines"]


class TestPrices:
    def test_a_line_is_priced_from_the_master_of_its_year(self):
        who = district()
        (item,) = priced(who, price="41.2500")
        make.master_price(who, item, 99, year=2025)
        (line,) = lines_of(draft(who, wishes(item)))
        assert (line["case_price"], line["net_price"], line["price_source"]) == ("41.2500", "41.2500", "master")

    def test_a_price_is_never_invented(self):
        who, item = district(), make.spec_item()
        make.master_price(who, item, 40, year=2025)
        make.master_price(district(contact="lee@other.example.org"), item, 40)
        (line,) = lines_of(draft(who, wishes(item)))
        assert line["price_source"] == "missing"
        assert "case_price" not in line

    def test_an_item_on_two_bases_becomes_two_lines(self):
        who = district()
        (item,) = priced(who, price=50)
        make.master_price(who, item, 50, basis="noi", pass_through="12.3450")
        nets = {line["price_basis"]: line["net_price"] for line in lines_of(draft(who, wishes(item)))}
        assert nets == {"commercial": "50.0000", "noi": "37.6550"}

    def test_a_quantity_that_fits_two_prices_is_asked_about(self):
        who = district()
        (item,) = priced(who, price=50)
        make.master_price(who, item, 50, basis="noi", pass_through=12)
        with pytest.raises(Refused, match=r"is priced as Commercial and Net off invoice \(NOI\)"):
            draft(who, wishes(item, quantity=5))
        run = draft(who, [LineWish(item.item_code, Decimal(5), PriceBasis.NOI)])
        assert [(line["price_basis"], line["quantity"]) for line in lines_of(run)] == [("noi", "5")]

    def test_an_override_keeps_its_reason_and_a_prior_price_its_name(self):
        who = district()
        (item,) = priced(who, price=40)
        run = draft(who, [LineWish(item.item_code, case_price=Decimal("38.5"), reason="Matches a bid")])
        (line,) = lines_of(run)
        assert (line["price_source"], line["case_price"]) == ("override", "38.5")
        assert line["override_reason"] == "Matches a bid"
        assert approve(run).lines.get().cost_basis == 30, "the cost is still known"

    def test_a_catalog_adds_its_items_once(self):
        who = district()
        first, second = priced(who, 2)
        catalog = Catalog.objects.create(code="BREAKFAST", name="Breakfast")
        for position, item in enumerate((second, first)):
            CatalogItem.objects.create(catalog=catalog, spec_item=item, position=position)
        run = draft(who, wishes(first), catalog="BREAKFAST")
        assert [line["item_code"] for line in lines_of(run)] == [first.item_code, second.item_code]


class TestRefusals:
    def test_every_sentence_comes_at_once_and_nothing_is_stored(self):
        who = district(status="hold")
        lines = [LineWish("A", Decimal(-1)), LineWish("B", case_price=Decimal(5)), LineWish("")]
        with pytest.raises(Refused) as refusal:
            draft(who, lines, catalog="NONE", revises=77, frame=Frame(valid_until=date(2020, 1, 1)))
        said = " ".join(refusal.value.problems)
        for part in ("Line 1 (A)", "Line 2 (B)", "Line 3", "“NONE”", "no quote 77", "valid until", "is on hold"):
            assert part in said
        assert not WorkflowRun.objects.exists()
        assert not ProposedAction.objects.exists()

    def test_a_lone_year_is_refused_with_both_readings(self):
        with pytest.raises(Refused, match="could be the school year 2025-26 or 2026-27"):
            draft(year="2026")

    @pytest.mark.parametrize("status", ["hold", "inactive", "unknown"])
    def test_only_an_active_customer_is_quoted(self, status):
        with pytest.raises(Refused, match="Nothing is quoted|Set it to active"):
            draft(district(status=status))
        assert not WorkflowRun.objects.exists()

    def test_a_customer_that_does_not_exist(self):
        with pytest.raises(Refused, match="Customer 999 does not exist"):
            draft_quote(customer_id=999, school_year="2026-27", lines=[LineWish("A")], by=drafted.quoter())

    def test_nobody_drafts_without_the_permission(self):
        with pytest.raises(Refused, match="may not draft quotes"):
            draft(by=drafted.approver())

    def test_the_same_item_twice(self):
        who = district()
        (item,) = priced(who)
        with pytest.raises(Refused, match="stands 2 times as Commercial"):
            draft(who, wishes(item, item))

    def test_a_quote_of_another_customer_is_not_revised(self):
        first = approve(draft())
        other = district(contact="lee@other.example.org")
        with pytest.raises(Refused, match="of another customer or year"):
            draft(other, wishes(*priced(other)), revises=first.pk)


class TestPreview:
    def test_it_shows_what_would_happen_and_what_is_open_and_stores_nothing(self):
        who = district()
        first, second = priced(who, 2, cost=35)
        quote = approve(draft(who, wishes(first)), "Known.")
        waiting = draft(who, wishes(first, second))
        shown = preview_quote(customer_id=who.pk, school_year="2026-27", lines=wishes(first, make.spec_item("FREE")))
        assert shown.blocks == ()
        assert shown.warnings == (
            f"Under the margin floor: {first.item_code}.",
            "No price for 2026-27: FREE. Each needs one in the pricing master, or its own with a reason.",
        )
        found = {(one.quote_id, one.action_id): one.shared_items for one in shown.open_quotes}
        envelope = draft_action(waiting).envelope_id
        assert found == {(quote.pk, None): (first.item_code,), (None, envelope): (first.item_code,)}
        assert ProposedAction.objects.filter(action_type="quote_draft").count() == 2

    def test_a_hold_is_shown_not_raised(self):
        who = district(status="hold")
        shown = preview_quote(customer_id=who.pk, school_year="2026-27", lines=wishes(*priced(who)))
        assert "is on hold" in shown.blocks[0]


def test_what_is_staged_holds_no_cost():
    who = district()
    items = priced(who, price="40", cost="33.7717")
    run = draft(who, wishes(*items))
    run.refresh_from_db()
    staged = [action.payload for action in run.proposed_actions.all()]
    assert "33.77" not in str([staged, run.inputs, run.warnings, live_drafts([draft_action(run)])])


def queries_of(work):
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def test_five_hundred_lines_take_as_many_queries_as_five():
    """Drafting, refreshing, looking, deciding with all that follows."""
    counted = {}
    approve(draft())  # what is looked up once a process, and the guardrail's row
    for size in (5, 500):
        who, by, decider = district(contact=f"pat@d{size}.example.org"), drafted.quoter(), drafted.approver()
        asked = wishes(*priced(who, size))
        runs = []
        counted[size] = (
            queries_of(lambda: runs.append(draft(who, asked, by=by))),  # noqa: B023
            queries_of(lambda: redraft_quote(action_id=draft_action(runs[0]).pk, by=by)),  # noqa: B023
            queries_of(lambda: live_drafts([draft_action(runs[0])])),  # noqa: B023
            queries_of(lambda: approve(runs[0], by=decider)),  # noqa: B023
        )
        assert Quote.objects.get(workflow_run=runs[0]).lines.count() == size
    assert counted[500] == counted[5]
