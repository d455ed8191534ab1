"""The order desk through the browser's door: what each may open, press and see, and that nothing typed is lost."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import ExcelUpdate, Item, Movement, Order
from inventory.orders.closing import cancel_order, fulfil_order
from tests import factories as make
from tests.orders import selling

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_order_changelist"
UPDATES = "admin:inventory_excelupdate_changelist"


def desk_of(*roles: str, name: str = "") -> Client:
    person = make.user(name, *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def desk() -> Client:
    return desk_of("order desk", name="dora")


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def crate(home) -> Item:
    return make.stock(10, home=home, code="0012", unit="case", description="Apple sauce")


def address(order: Order, action: str = "change") -> str:
    return reverse(f"admin:inventory_order_{action}", args=[order.pk])


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def fields_of(answer: Any) -> dict[str, str]:
    """What a browser would send back: the names and values of the page's inputs."""
    inputs = re.findall(r"<input[^>]*>", answer.content.decode())
    pairs = ((re.search(r'name="([^"]+)"', each), re.search(r'value="([^"]*)"', each)) for each in inputs)
    return {name[1]: value[1] if value else "" for name, value in pairs if name}


def new_order(desk: Client, *rows: tuple[str, str], do: str = "place", **more: str) -> Any:
    given = {"do": do, "order_id": "A-1", "customer": "Westside", "rows": "8"}
    for n, (code, amount) in enumerate(rows, 1):
        given |= {f"code-{n}": code, f"quantity-{n}": amount}
    return desk.post(reverse("admin:inventory_order_new"), given | more)


# -- a new order ----------------------------------------------------------------------------------------------


def test_the_list_says_how_to_begin(desk):
    page = text_of(desk.get(reverse(LIST)))
    assert "press “New order”" in page
    assert "Orders" in page
    assert "To enter in Excel" in page


def test_an_order_is_typed_in_and_its_goods_are_promised(desk, home, crate):
    suggested = fields_of(desk.get(reverse("admin:inventory_order_new")))["order_id"]
    assert re.fullmatch(r"D-\d{6}-[0-9A-F]{6}", suggested)
    answer = new_order(desk, ("0012", "3"), ("", ""), ("0012", "1"), order_id=suggested)
    order = Order.objects.get()
    assert answer["Location"] == address(order)
    assert (order.order_id, order.customer, order.placed_by.username) == (suggested, "Westside", "dora")
    assert [line.line_id for line in order.lines.all()] == ["1", "3"]
    assert selling.stock_of(crate, home) == (10, 4, 6)
    assert "its goods are promised" in text_of(desk.get(answer["Location"]))


def test_a_double_click_places_one_order(desk, home, crate):
    for _ in range(2):
        answer = new_order(desk, ("0012", "3"))
        assert answer.status_code == 302
    assert "was placed already, just so" in text_of(desk.get(answer["Location"]))
    assert Order.objects.count() == 1
    assert selling.stock_of(crate, home) == (10, 3, 7)


def test_two_forms_suggest_two_orders(desk, crate):
    new = reverse("admin:inventory_order_new")
    assert len({fields_of(desk.get(new))["order_id"] for _ in range(5)}) == 5


def test_every_problem_is_shown_and_nothing_typed_is_lost(desk, home, crate):
    answer = new_order(desk, ("0012", "three"), ("", "4"), ("NOPE", ""), ("0012", "2"))
    assert answer.status_code == 200
    page = text_of(answer)
    for said in ("Line 1: “three” is not a quantity", "Line 2: A quantity of 4 has no item", "Line 3: No quantity of"):
        assert said in page
    sent_back = fields_of(answer)
    assert (sent_back["code-1"], sent_back["quantity-1"], sent_back["quantity-2"]) == ("0012", "three", "4")
    assert (sent_back["order_id"], sent_back["customer"]) == ("A-1", "Westside")
    assert not Order.objects.exists()
    page = text_of(new_order(desk, ("NOPE", "1"), ("0012", "11"), ("0012", "0")))
    for said in ("Line 1: item code “NOPE”", "11 wanted, 10 available", "Line 3: 0 of 0012 is not a quantity"):
        assert said in page
    assert not Order.objects.exists()


def test_the_form_shows_what_is_available_and_takes_more_rows(desk, home, crate):
    selling.place(home, (crate, 4))
    answer = new_order(desk, ("0012", "7"), do="look")
    page = text_of(answer)
    assert "Apple sauce · 6 case available, 4 promised" in page
    assert "More than is available." in page
    assert fields_of(answer)["rows"] == "8"
    assert fields_of(new_order(desk, ("0012", "7"), do="more"))["rows"] == "16"
    assert Order.objects.count() == 1


def test_with_several_locations_one_is_chosen(desk, home, crate):
    make.zone(location="EAST")
    answer = new_order(desk, ("0012", "3"))
    assert "Choose the location the goods leave from." in text_of(answer)
    assert new_order(desk, ("0012", "3"), location=str(home.location.pk)).status_code == 302


# -- an order's page and its buttons --------------------------------------------------------------------------


def test_the_page_of_an_order_tells_its_lines_its_warnings_and_its_story(desk, home, crate):
    selling.by_excel(home, crate)
    order = selling.place(home, (crate, 4), (crate, 2), order_id="A-1", by=make.user("ida")).order
    fulfil_order(order=order, lines={"1": crate.avg_cost - 7}, by=None)
    cancel_order(order=order, lines=["2"], by=None)
    page = text_of(desk.get(address(order)))
    for said in (
        "No workbook of MAIN was ever compared",
        "0012 Apple sauce line 1 4 case 3 0 1 6",
        "0012 Apple sauce line 2 2 case 0 2 0 6",
        "Take off 3 case of 0012",
        "Placed by ida 4 of 0012, 2 of 0012",
        "Cancelled by system 2 of 0012",
        "Fulfil all",
    ):
        assert said in page
    assert "Warning" in text_of(desk.get(reverse(LIST)))


def test_fulfil_all_asks_first_and_ships_what_it_showed_once(desk, home, crate):
    order = selling.place(home, (crate, 4), order_id="A-1").order
    asked = desk.get(address(order, "fulfil"))
    assert "These goods leave MAIN: 4 of 0012." in text_of(asked)
    assert Movement.objects.filter(kind="shipment").count() == 0
    selling.place(home, (crate, 4), (crate, 1), order_id="A-1")  # joins after the page was shown
    for told in ("1 line of order A-1 fulfilled.", "was fulfilled so already"):
        answer = desk.post(address(order, "fulfil"), fields_of(asked), follow=True)
        assert told in text_of(answer)
    assert selling.stock_of(crate, home) == (6, 1, 5)


def test_fulfil_some_is_cumulative_and_keeps_what_was_typed(desk, home, crate):
    order = selling.place(home, (crate, 4), (crate, 2), order_id="A-1").order
    one, two = order.lines.order_by("pk")
    form = fields_of(desk.get(address(order, "fulfil_some")))
    assert form[f"line-{one.pk}"] == "0"
    assert "No figure was changed" in text_of(desk.post(address(order, "fulfil_some"), form))
    wrong = desk.post(address(order, "fulfil_some"), form | {f"line-{one.pk}": "9", f"line-{two.pk}": "1"})
    assert "Line 1: 9 of 0012 is more than the order&#x27;s 4" in text_of(wrong)
    assert fields_of(wrong)[f"line-{two.pk}"] == "1"
    assert "“x” is not a quantity" in text_of(desk.post(address(order, "fulfil_some"), form | {f"line-{one.pk}": "x"}))
    for told in ("1 line of order A-1 fulfilled.", "was fulfilled so already"):
        answer = desk.post(address(order, "fulfil_some"), form | {f"line-{one.pk}": "3"}, follow=True)
        assert told in text_of(answer)
    assert selling.stock_of(crate, home) == (7, 3, 4)


def test_cancelling_asks_first_and_makes_the_goods_available(desk, home, crate):
    order = selling.place(home, (crate, 4), order_id="A-1").order
    asked = desk.get(address(order, "cancel"))
    assert "The promise of 4 of 0012 ends" in text_of(asked)
    assert "cancelled." in text_of(desk.post(address(order, "cancel"), fields_of(asked), follow=True))
    assert selling.stock_of(crate, home) == (10, 0, 10)
    assert "Nothing of order A-1 waits any more." in text_of(desk.get(address(order, "fulfil"), follow=True))
    assert "Fulfil all" not in text_of(desk.get(address(order)))


def test_a_refusal_is_a_sentence_on_the_page(desk, home, crate):
    order = selling.place(home, (crate, 4)).order
    form = fields_of(desk.get(address(order, "fulfil")))
    make.move(crate, -8, home=home)
    answer = desk.post(address(order, "fulfil"), form)
    assert answer.status_code == 409
    assert "4 are to leave, but only 2 are on hand" in text_of(answer)
    assert "The page named no line" in text_of(desk.post(address(order, "fulfil"), {}))


@pytest.mark.parametrize("role", ["auditor", "counter", "price viewer"])
def test_who_may_not_process_orders_cannot_by_any_address(home, crate, role):
    order = selling.place(home, (crate, 4)).order
    client = desk_of(role)
    for path in [reverse("admin:inventory_order_new")] + [
        address(order, action) for action in ("fulfil", "fulfil_some", "cancel")
    ]:
        assert client.get(path).status_code == 403
        assert client.post(path, {"do": "place"}).status_code == 403
    sees = role == "auditor"
    assert client.get(address(order)).status_code == (200 if sees else 403)
    assert client.get(reverse(LIST)).status_code == (200 if sees else 403)
    if sees:
        assert "Fulfil all" not in text_of(client.get(address(order)))
        assert "New order" not in text_of(client.get(reverse(LIST))).replace("press “New order”", "")
    assert selling.stock_of(crate, home) == (10, 4, 6)


def test_orders_are_found_by_number_customer_and_item(desk, home, crate):
    other = make.stock(5, home=home)
    selling.place(home, (crate, 1), order_id="A-1", customer="Westside")
    selling.place(home, (other, 1), order_id="B-2", customer="Eastside")
    for word, found in (("A-1", "A-1"), ("eastSIDE", "B-2"), ("0012", "A-1")):
        page = text_of(desk.get(reverse(LIST), {"q": word}))
        assert found in page
        assert {"A-1": "B-2", "B-2": "A-1"}[found] not in page.replace(f"value {word}", "")
    assert "A-1" not in text_of(desk.get(reverse(LIST), {"status__exact": "cancelled"}))


def test_the_lists_take_as_many_queries_for_30_orders_as_for_3(desk, home):
    what = make.stock(100, home=home)
    selling.by_excel(home, what)

    def queries() -> list[int]:
        counts = []
        for path in (reverse(LIST), reverse(UPDATES)):
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    def sell(times: int) -> None:
        for _ in range(times):
            fulfil_order(order=selling.place(home, (what, 1)).order, by=None)

    sell(3)
    queries()
    few = queries()
    sell(27)
    assert queries() == few


# -- to enter in Excel ----------------------------------------------------------------------------------------


@pytest.fixture
def sold(home, crate) -> ExcelUpdate:
    selling.by_excel(home, crate)
    fulfil_order(order=selling.place(home, (crate, 3), order_id="A-1").order, by=None)
    return ExcelUpdate.objects.get()


def press(client: Client, action: str, update: ExcelUpdate, status: str) -> Any:
    path = f"{reverse(UPDATES)}?status={status}"
    return client.post(path, {"action": action, "_selected_action": [update.pk]}, follow=True)


def test_what_waits_is_listed_and_marked_as_entered_and_back(desk, sold):
    page = text_of(desk.get(reverse(UPDATES)))
    assert "3 case" in page
    assert "A-1" in page
    assert "1 sale is marked as entered in Excel." in text_of(press(desk, "mark_as_entered", sold, "pending"))
    sold.refresh_from_db()
    assert (sold.status, sold.entered_by.username) == ("entered", "dora")
    assert "Nothing waits to be entered." in text_of(desk.get(reverse(UPDATES)))
    assert "3 case" in text_of(desk.get(reverse(UPDATES), {"status": "all"}))
    assert "1 sale is to be entered again." in text_of(press(desk, "not_entered_after_all", sold, "entered"))
    sold.refresh_from_db()
    assert (sold.status, sold.entered_by) == ("pending", None)


def test_who_may_only_look_marks_nothing(sold):
    for role in ("auditor", "integrator"):
        client = desk_of(role)
        assert "3 case" in text_of(client.get(reverse(UPDATES)))
        press(client, "mark_as_entered", sold, "pending")
        sold.refresh_from_db()
        assert sold.status == "pending"
    assert desk_of("counter").get(reverse(UPDATES)).status_code == 403


def test_the_page_of_one_is_read_only(desk, sold):
    path = reverse("admin:inventory_excelupdate_change", args=[sold.pk])
    assert "3 case" in text_of(desk.get(path))
    assert desk.post(path, {"status": "proved"}).status_code == 403
