"""Whatever is ordered, fulfilled, cancelled and repeated in whatever order: the promises add up after every step."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from approvals.refusals import Refused
from inventory.models import Balance, ExcelUpdate, Movement, Order, OrderLine
from inventory.orders.closing import cancel_order, fulfil_order
from inventory.stock.reservations import first_wrong_reservation
from tests import factories as make
from tests.orders import selling

amounts = st.integers(0, 9)


class Shop(RuleBasedStateMachine):
    """Three items, one of them Excel's; goods come in now and then."""

    orders: Bundle[tuple[str, list[int]]] = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.home = make.zone()
        self.items = [make.stock(12, home=self.home) for _ in range(3)]
        selling.by_excel(self.home, self.items[0])
        self.placed = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def attempt(self, doing: Any) -> None:
        """A refusal changes nothing at all."""
        before, problems = self.rows(), []
        try:
            doing()
        except Refused as refusal:
            problems = refusal.problems
        if problems:
            assert all(problem.endswith(".") for problem in problems)
            assert self.rows() == before

    def rows(self) -> list[Any]:
        models = (Order, OrderLine, Balance, Movement, ExcelUpdate)
        return [list(model.objects.order_by("pk").values()) for model in models]

    def place(self, order_id: str, wanted: list[int]) -> None:
        self.attempt(lambda: selling.place(self.home, *zip(self.items, wanted, strict=True), order_id=order_id))

    @rule(target=orders, wanted=st.lists(st.integers(1, 6), min_size=3, max_size=3))
    def order(self, wanted):
        self.placed += 1
        order_id = f"P-{self.placed}"
        self.place(order_id, wanted)
        return order_id, wanted

    @rule(known=orders, off=st.sampled_from([0, 0, 1]))
    def order_again(self, known, off):
        order_id, wanted = known
        self.place(order_id, [wanted[0] + off, *wanted[1:]])

    @rule(known=orders, so_far=st.lists(amounts, min_size=1, max_size=3), twice=st.booleans())
    def fulfil(self, known, so_far, twice):
        for order in Order.objects.filter(order_id=known[0]):
            said = {str(n): Decimal(amount) for n, amount in enumerate(so_far, 1)}
            for _ in range(1 + twice):
                self.attempt(lambda: fulfil_order(order=order, lines=said, by=None))  # noqa: B023

    @rule(known=orders)
    def fulfil_all(self, known):
        for order in Order.objects.filter(order_id=known[0]):
            self.attempt(lambda: fulfil_order(order=order, by=None))  # noqa: B023

    @rule(known=orders, chosen=st.none() | st.lists(st.sampled_from("123"), min_size=1))
    def cancel(self, known, chosen):
        for order in Order.objects.filter(order_id=known[0]):
            self.attempt(lambda: cancel_order(order=order, lines=chosen, by=None))  # noqa: B023

    @rule(which=st.integers(0, 2), more=st.integers(1, 6))
    def receive(self, which, more):
        make.move(self.items[which], more, home=self.home, kind=Movement.Kind.RECEIPT)

    @invariant()
    def promises_add_up(self):
        assert first_wrong_reservation() is None
        for balance in Balance.objects.filter(location=self.home.location):
            moved = Movement.objects.filter(item=balance.item_id).aggregate(sum=Sum("delta"))["sum"]
            assert round(Decimal(moved), 3) == balance.quantity_on_hand
            assert balance.quantity_on_hand - balance.quantity_reserved == balance.quantity_available >= 0

    @invariant()
    def closed_is_what_waits_for_nothing(self):
        for order in Order.objects.prefetch_related("lines"):
            waits = any(line.reserved for line in order.lines.all())
            assert waits == (order.status == "open")
            assert (order.status == "fulfilled") == (not waits and any(line.fulfilled for line in order.lines.all()))

    @invariant()
    def excel_is_told_of_its_sales_and_of_no_others(self):
        told = ExcelUpdate.objects.filter(item=self.items[0]).aggregate(sum=Sum("sold"))["sum"] or 0
        shipped = Movement.objects.filter(item=self.items[0], kind="shipment").aggregate(sum=Sum("delta"))["sum"] or 0
        assert told == -shipped
        assert not ExcelUpdate.objects.exclude(item=self.items[0]).exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_promises_add_up_whatever_happens():
    run_state_machine_as_test(Shop, settings=hypothesis_settings(max_examples=25, stateful_step_count=20))
