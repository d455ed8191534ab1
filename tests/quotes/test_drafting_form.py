"""The drafting form as plain HTML: what it shows, what it keeps, and that it only ever stages a proposal."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from approvals.models import ProposedAction
from quotes.models import Catalog, CatalogItem, Quote
from tests.factories import user
from tests.quotes import factories as make
from tests.quotes.drafted import approve, district, draft, priced, wishes
from tests.quotes.screens import address, signed_in, text_of

pytestmark = pytest.mark.django_db
FORM = "/admin/quotes/quote/draft/"
YEAR = "2026-27"


@pytest.fixture
def client() -> Client:
    return signed_in(user("quinn", "quoter"))


@pytest.fixture
def seer() -> Client:
    return signed_in(user("maria", "quote manager", "price viewer"))


def fields_of(answer: Any) -> dict[str, str]:
    """Every field of the page as a browser without scripts would send it back."""
    html = answer.content.decode()
    found = {name: value for name, value in re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', html)}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? ?selected>([^<]*)', options)
        found[name] = "" if chosen is None else chosen[1] or chosen[2]
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def send(client: Client, do: str = "price", **fields: Any) -> Any:
    return client.post(FORM, {"year": YEAR, "include_pdf": "1", **fields, "do": do})


def test_lines_come_back_priced_and_nothing_is_stored(client):
    who = district(code="ELM")
    (item,) = priced(who, price="42.50")
    answer = send(client, customer="ELM", add=f"{item.item_code}, NO-SUCH", **{"quantity-9": "3"})
    said = text_of(answer)
    assert f"{item.item_code} {item.name}" in said
    assert "Pricing master $42.50" in said
    assert "No spec item has the code NO-SUCH" in said
    assert "Needs a price" in said
    assert not ProposedAction.objects.exists()


def test_a_draft_without_scripts_from_the_first_page_to_the_staged_action(client):
    who = district(code="ELM")
    first, second = priced(who, 2, price=40)
    answer = send(client, customer="elm", add=f"{first.item_code}\n{second.item_code}\n{first.item_code}")
    fields = fields_of(answer)
    assert [fields["code-0"], fields["code-1"]] == [first.item_code, second.item_code]
    fields |= {"quantity-0": "1,200", "price-1": "$38.50", "reason-1": "Matches their bid"}
    answer = client.post(FORM, fields | {"do": "price"})
    assert "$48,000.00" in text_of(answer)
    assert "Override $38.50" in text_of(answer)
    answer = client.post(FORM, fields_of(answer) | {"do": "stage"}, follow=True)
    assert "waits for approval" in text_of(answer)
    action = ProposedAction.objects.get(action_type="quote_draft")
    one, two = action.payload["lines"]
    assert (one["quantity"], two["case_price"], two["override_reason"]) == ("1200", "38.50", "Matches their bid")
    assert not Quote.objects.exists()


def test_what_was_typed_stays_when_something_is_wrong_with_it(client):
    who = district(code="ELM")
    (item,) = priced(who)
    line = {
        "code-0": item.item_code,
        "basis-0": "commercial",
        "quantity-0": "many",
        "price-0": "38.5O",
        "reason-0": "Bid",
    }
    answer = send(client, "stage", customer="ELM", **line)
    said = text_of(answer)
    assert "“many” is no quantity" in said
    assert "“38.5O” is no price" in said
    assert f"Put right what is said below about {item.item_code}" in said
    assert {name: fields_of(answer)[name] for name in line} == line
    assert not ProposedAction.objects.exists()


def test_a_price_of_ones_own_needs_its_reason(client):
    who = district(code="ELM")
    (item,) = priced(who)
    answer = send(
        client, "stage", customer="ELM", **{"code-0": item.item_code, "basis-0": "commercial", "price-0": "38"}
    )
    assert "A price of its own needs a reason" in text_of(answer)
    assert not ProposedAction.objects.exists()


def test_items_that_were_only_just_added_are_looked_at_before_they_are_sent(client):
    who = district(code="ELM")
    (item,) = priced(who)
    answer = send(client, "stage", customer="ELM", add=item.item_code)
    assert "priced below. Look at them" in text_of(answer)
    assert not ProposedAction.objects.exists()
    assert client.post(FORM, fields_of(answer) | {"do": "stage"}).status_code == 302


def test_an_item_on_two_bases_becomes_two_lines_and_a_removed_one_stays_away(client):
    who = district(code="ELM")
    (item,) = priced(who, price=40)
    make.master_price(who, item, 70, basis="noi", pass_through="24.50")
    answer = send(client, customer="ELM", add=item.item_code)
    fields = fields_of(answer)
    assert (fields["basis-0"], fields["basis-1"]) == ("commercial", "noi")
    assert "net $45.50" in text_of(answer)
    answer = client.post(FORM, fields | {"do": "remove-0"})
    assert fields_of(answer)["basis-0"] == "noi"
    assert "code-1" not in fields_of(answer)


def test_a_catalog_fills_the_form_in_its_order(client):
    who = district(code="ELM")
    items = priced(who, 3)
    catalog = Catalog.objects.create(code="BREAKFAST", name="Breakfast")
    for position, item in enumerate(reversed(items)):
        CatalogItem.objects.create(catalog=catalog, spec_item=item, position=position)
    fields = fields_of(send(client, customer="ELM", catalog="BREAKFAST", add=items[0].item_code))
    assert [fields[f"code-{n}"] for n in range(3)] == [items[n].item_code for n in (0, 2, 1)]


def test_a_customer_on_hold_is_refused_at_once_and_at_the_end(client):
    make.customer("OAK", status="hold")
    item = make.spec_item()
    line = {"code-0": item.item_code, "basis-0": "commercial"}
    assert "is on hold" in text_of(send(client, customer="OAK", **line))
    assert "is on hold" in text_of(send(client, "stage", customer="OAK", **line))
    assert not ProposedAction.objects.exists()


def test_open_quotes_are_shown_first_with_a_way_to_revise_them(client):
    who = district(code="ELM")
    first, second = priced(who, 2)
    quote = approve(draft(who, wishes(first)))
    draft(who, wishes(second))
    answer = send(client, customer="ELM", add=first.item_code)
    said = text_of(answer)
    assert said.index("Open already for this customer and year") < said.index("1 line")
    assert f"shares 1 item: {first.item_code}" in said
    assert "no item in common" in said
    assert f"{FORM}?revise={quote.pk}" in answer.content.decode()


def test_a_revision_starts_with_the_quote_and_says_what_changed(client):
    who = district(code="ELM")
    (item,) = priced(who, price=40)
    quote = approve(draft(who, wishes(item, quantity=10)))
    who.prices.update(case_price="42")
    answer = client.get(FORM, {"revise": quote.pk})
    said = text_of(answer)
    assert "Revise Q-2026-00001 r1" in said
    assert "+5.00 % was $40.00" in said
    client.post(FORM, fields_of(answer) | {"do": "stage", "include_pdf": ""})
    waiting = ProposedAction.objects.filter(action_type="quote_draft", status="pending").get()
    assert (waiting.payload["revises"], waiting.payload["lines"][0]["quantity"]) == (quote.pk, "10")


@pytest.mark.parametrize("year", ["2026", "soon", ""])
def test_a_year_that_could_mean_two_things_is_refused(client, year):
    district(code="ELM")
    assert "Write " in text_of(client.post(FORM, {"customer": "ELM", "year": year, "do": "price"}))


def test_a_customer_nobody_knows(client):
    assert "No customer is called “Nowhere”" in text_of(send(client, customer="Nowhere"))


# -- who sees what ---------------------------------------------------------------------------------------------


def test_margins_are_for_those_who_may_see_cost(client, seer):
    who = district(code="ELM")
    (low,) = priced(who, price=40, cost="34.01")
    fields = {"customer": "ELM", "code-0": low.item_code, "basis-0": "commercial"}
    shown = text_of(send(seer, **fields))
    assert "Under the margin floor" in shown
    assert "14.97 %" in shown or "14.98 %" in shown
    for price in ("40", "40.02", "80"):
        own = {"price-0": price, "reason-0": "Trying"}
        hidden = send(client, **fields, **own).content.decode()
        assert not re.search(r"margin floor|under the floor|34\.01|cs-warn\"", hidden.replace("Margins are", ""), re.I)


def test_only_who_may_draft_sees_the_form_or_its_suggestions():
    viewer = signed_in(user("p", "auditor"))
    for path in (FORM, f"{FORM}items/?q=a"):
        assert viewer.get(path).status_code == 403
    assert Client().get(FORM).status_code == 302


def test_items_are_found_by_code_name_and_brand(client):
    make.spec_item("00123", name="Chicken patty", brand="Lakeshore")
    make.spec_item("00124", name="Old patty", discontinued=True)
    for word in ("0012", "chick", "LAKES"):
        found = json.loads(client.get(f"{FORM}items/", {"q": word}).content)["items"]
        assert [each["code"] for each in found] == ["00123"]
    assert json.loads(client.get(f"{FORM}items/", {"q": " "}).content) == {"items": []}


def test_a_hostile_name_stays_text(client):
    make.customer("EVIL", name="<script>alert(1)</script>")
    make.spec_item("X1", name="<img src=x onerror=alert(1)>")
    html = send(client, customer="EVIL", add="X1 <b>", **{"notes-0": '"><script>'}).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_five_hundred_lines_are_priced_in_a_constant_number_of_queries(client, django_assert_max_num_queries):
    who = district(code="ELM")
    items = priced(who, 60)
    with django_assert_max_num_queries(26):
        send(client, customer="ELM", add=" ".join(item.item_code for item in items[:5]))
    with django_assert_max_num_queries(26):
        send(client, customer="ELM", add=" ".join(item.item_code for item in items))


def test_the_list_tells_of_drafts_that_are_no_quotes_yet(client):
    run = draft()
    assert run.subject in text_of(client.get(address("quote")))
