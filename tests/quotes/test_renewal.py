"""The annual re-quote: last year's lines at this year's prices, and what is wrong with them. Nothing is stored."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from approvals.clock import at, now
from approvals.refusals import Refused
from quotes.models import Customer, PricingMaster, Quote, SpecItem
from quotes.pricing import Price, PriceBasis
from quotes.renewal import CarriedLine, Finding, NewPrice, Question, judge, plan_renewal
from quotes.school_years import SchoolYear
from tests.quotes import factories as make

OLD, NEW = make.YEAR, SchoolYear(make.YEAR + 1)
PRICES = st.decimals("0.01", "9999.99", places=2)


def findings(plan: Any) -> dict[str, set[str]]:
    return {line.carried.item_code: {finding.value for finding in line.findings} for line in plan.lines}


def both_years(who: Any, what: Any, before: Any = 40, after: Any = 40, **fields: Any) -> None:
    make.master_price(who, what, before)
    make.master_price(who, what, after, year=NEW.start, **fields)


@pytest.mark.django_db
def test_each_finding_is_found_and_a_good_line_has_none():
    who = make.customer("ELM")
    both_years(who, make.spec_item("GOOD"), 40, 42)
    make.master_price(who, make.spec_item("NO-PRICE"))
    both_years(who, make.spec_item("THIN"), cost="34.01")
    both_years(who, make.spec_item("EXACT"), cost="34.00")
    both_years(who, make.spec_item("COSTLESS"), cost=None)
    both_years(who, make.spec_item("DEARER"), 40, "42.01")
    both_years(who, make.spec_item("CHEAPER"), 40, "37.99")
    both_years(who, make.spec_item("GONE", discontinued=True))
    both_years(who, make.spec_item("LABEL", cn_number="1", cn_expires_on=NEW.first_day - timedelta(days=1)))
    both_years(who, make.spec_item("LABEL-OK", cn_number="2", cn_expires_on=NEW.first_day))
    with at(datetime.combine(date(NEW.start, 3, 1), datetime.min.time(), now().tzinfo)):
        plan = plan_renewal(NEW)
    assert findings(plan) == {
        "GOOD": set(), "EXACT": set(), "LABEL-OK": set(),
        "NO-PRICE": {"no_price"}, "THIN": {"below_floor"}, "COSTLESS": {"unknown_cost"},
        "DEARER": {"changed"}, "CHEAPER": {"changed"}, "GONE": {"discontinued"}, "LABEL": {"cn_expired"},
    }  # fmt: skip
    assert [line.carried.item_code for line in plan.clean] == ["EXACT", "GOOD", "LABEL-OK"]


@pytest.mark.django_db
def test_lines_come_from_the_newest_quote_that_is_out_and_not_from_what_was_lost():
    who, what, other = make.customer(), make.spec_item("A"), make.spec_item("B")
    old = make.quote(who, status="accepted", generated_at=now() - timedelta(days=9))
    make.line(old, what, 30)
    make.line(old, other, 30, award_status="not_awarded")
    new = make.quote(who, status="sent")
    make.line(new, what, 50, quantity=12)
    for status in ("declined", "superseded", "cancelled", "draft", "approved"):
        make.line(make.quote(who, status=status), make.spec_item(), 1)
    make.master_price(who, make.spec_item("MASTER-ONLY"))
    (line,) = plan_renewal(NEW).lines
    assert (line.carried.item_code, line.carried.net, line.carried.quantity) == ("A", 50, 12)
    assert line.carried.from_quote == f"{new.number} r1"


@pytest.mark.django_db
def test_the_same_item_on_two_bases_is_two_lines():
    who, what = make.customer(), make.spec_item("A")
    both_years(who, what)
    for year in (OLD, NEW.start):
        make.master_price(who, what, 40, year=year, basis="noi", pass_through=5 if year == OLD else 10)
    lines = {line.carried.basis: line for line in plan_renewal(NEW).lines}
    assert not lines[PriceBasis.COMMERCIAL].findings
    assert lines[PriceBasis.NOI].findings == (Finding.CHANGED,), "the district pays 30 instead of 35"


@pytest.mark.django_db
def test_a_customer_who_may_not_be_quoted_is_named_and_left_out():
    for status in ("active", "hold", "unknown"):
        both_years(make.customer(status.upper(), status=status), make.spec_item())
    plan = plan_renewal(NEW)
    assert [customer.code for customer in plan.customers] == ["ACTIVE"]
    assert set(plan.skipped) == {"HOLD", "UNKNOWN"}
    assert "on hold" in plan.skipped["HOLD"]


@pytest.mark.django_db
def test_an_unknown_customer_is_refused():
    with pytest.raises(Refused, match="“OAK” does not exist"):
        plan_renewal(NEW, customers=["OAK"])


@given(before=PRICES, after=PRICES, cost=PRICES, limit=st.decimals("0", "100", places=1))
def test_a_change_is_shown_exactly_when_it_is_larger_than_asked_for(before, after, cost, limit):
    line = CarriedLine(Customer(pk=1), "A", "", PriceBasis.COMMERCIAL, before, None, SpecItem(), "")
    price = NewPrice(Price(PriceBasis.COMMERCIAL, after), cost, None)
    (judged,) = judge([line], {line.key: price}, Question(NEW, date(2027, 1, 1), Decimal(15), limit))
    assert (Finding.CHANGED in judged.findings) == (abs(after - before) * 100 > limit * before)
    assert (Finding.BELOW_FLOOR in judged.findings) == ((after - cost) * 100 < 15 * after)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_lines(django_assert_num_queries):
    plan_renewal(NEW)
    for _ in range(4):
        who, quoted = make.customer(), make.customer()
        out = make.quote(quoted, status="sent")
        for _ in range(5):
            what = make.spec_item()
            both_years(who, what)
            make.line(out, what)
    with django_assert_num_queries(5):
        assert len(plan_renewal(NEW).lines) == 40


def run(*words: str) -> str:
    out = StringIO()
    call_command("renew_quotes", "--year", str(NEW), "--dry-run", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_tells_the_plan_without_cost_and_stores_nothing():
    who = make.customer("ELM")
    both_years(who, make.spec_item("THIN"), 40, 40, cost="34.01")
    make.master_price(who, make.spec_item("NO-PRICE"))
    told, plan = run(), json.loads(run("--json"))
    assert "No price for the new year: 1" in told
    assert "Under the margin floor: 1" in told
    assert plan["findings"]["below_floor"] == 1
    for text in (told, json.dumps(plan)):
        assert "34.01" not in text
        assert "14.9" not in text
    assert (Quote.objects.count(), PricingMaster.objects.count()) == (0, 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--year", "2027"), "2026-27 or 2027-28"),
        (("--customers", "OAK"), "“OAK” does not exist"),
        (("--changed-by", "much"), "no percentage"),
        (("--changed-by", "-1"), "zero or more"),
    ],
)
def test_the_command_refuses_in_a_sentence(words, said):
    with pytest.raises(CommandError, match=said) as failure:
        run(*words)
    assert failure.value.returncode == 2


@pytest.mark.django_db
def test_an_empty_house_is_told_what_to_do():
    assert "import prices first" in run()
