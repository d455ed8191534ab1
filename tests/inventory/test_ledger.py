"""The ledger: on hand is the sum of movements, and whoever breaks that is named."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.clock import now
from inventory.models import Adjustment, Balance, Movement
from inventory.stock.ledger import NewMovement, first_wrong_balance, post_adjustment, record_movements
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db):
    return make.zone()


def test_movements_carry_into_the_balance(home):
    what = make.stock("100.125", home=home)
    for delta in ("-20.5", "3.001", "-0.626"):
        make.move(what, delta, home=home)
    balance = Balance.objects.get(item=what)
    assert balance.quantity_on_hand == Decimal("82.000")
    assert balance.quantity_available == Decimal("82.000")
    assert (balance.zone, balance.location) == (home, home.location)
    assert first_wrong_balance() is None


def test_many_movements_of_one_item_in_one_batch_add_up(home):
    what = make.item()
    batch = [NewMovement(what.pk, Decimal(n), "receipt", now()) for n in (1, 2, -5, 0)]
    record_movements(batch, location=home.location, source="test", zone=home)
    assert make.on_hand(what, home) == -2
    assert Movement.objects.filter(item=what).count() == 3  # zero moves nothing


def test_the_sum_of_many_fractions_is_exact(home):
    what = make.item(allows_fractions=True)
    for _ in range(100):
        make.move(what, "0.1", home=home)
    assert make.on_hand(what, home) == 10
    assert first_wrong_balance() is None


def test_an_item_that_never_moved_gets_a_balance_of_nothing(home):
    what = make.item()
    make.move(what, 0, home=home)
    assert make.on_hand(what, home) == 0
    assert not Movement.objects.exists()


def test_available_is_on_hand_less_reserved(home):
    what = make.stock(10, home=home)
    Balance.objects.filter(item=what).update(quantity_reserved=4)
    make.move(what, -3, home=home)
    assert Balance.objects.get(item=what).quantity_available == 3
    assert first_wrong_balance() is None


def test_less_than_nothing_cannot_be_reserved(home):
    what = make.stock(10, home=home)
    with pytest.raises(IntegrityError), transaction.atomic():
        Balance.objects.filter(item=what).update(quantity_reserved=-1)


def test_movements_are_append_only(home):
    make.stock(10, home=home)
    movement = Movement.objects.get()
    with pytest.raises(TypeError, match="append-only"):
        movement.save()
    with pytest.raises(TypeError, match="append-only"):
        movement.delete()


def test_a_count_movement_without_its_decision_is_refused_by_the_database(home):
    what = make.stock(10, home=home)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.move(what, 1, home=home, kind="count")


def test_posting_twice_posts_once():
    sheet, what, home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    adjustment = Adjustment.objects.get()
    posted_at = adjustment.posted_at
    post_adjustment(adjustment)
    adjustment.refresh_from_db()
    assert adjustment.posted_at == posted_at
    assert make.on_hand(what, home) == 184
    assert Movement.objects.filter(adjustment=adjustment).count() == 1


def test_a_counted_item_unknown_at_the_location_gets_its_balance_when_it_is_approved(home):
    what = make.item()
    sheet = make.count(home, [(what, 7)])
    make.approve(make.envelope_of(sheet), make.approver())
    balance = Balance.objects.get(item=what)
    assert balance.quantity_on_hand == 7
    assert balance.zone == home
    assert first_wrong_balance() is None


def test_the_date_of_the_last_count_never_goes_back(home):
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    later = make.count(home, [(what, 1010)])
    make.count(home, [(what, 1015)], at=later.counted_at.replace(year=later.counted_at.year - 1))
    assert Balance.objects.get(item=what).last_counted_at == later.counted_at
    make.count(home, [(what, 1015)], at=later.counted_at.replace(year=later.counted_at.year - 1))
    assert Balance.objects.get(item=what).last_counted_at == later.counted_at


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE inventory_balance SET quantity_on_hand = quantity_on_hand + 0.001 WHERE item_id = %s",
        "UPDATE inventory_movement SET delta = delta + 1 WHERE item_id = %s",
        "DELETE FROM inventory_movement WHERE item_id = %s",
        "DELETE FROM inventory_balance WHERE item_id = %s",
    ],
)
def test_a_balance_that_is_not_its_movements_is_named(home, wrong):
    make.stock(5, home=home)
    what = make.stock(10, home=home, code="00042")
    with connection.cursor() as cursor:
        cursor.execute(wrong, [what.pk])
    assert "Item 00042 at MAIN" in (first_wrong_balance() or "")
