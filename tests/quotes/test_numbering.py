"""Fifty people number quotes at once: no gap, no duplicate."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from quotes.models import Quote, QuoteSeries
from quotes.numbering import take_number
from quotes.school_years import SchoolYear
from tests.quotes import factories as make

QUOTES = 50
YEAR = SchoolYear(2026)
pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_follow_each_other_within_a_school_year():
    with transaction.atomic():
        taken = [take_number(YEAR), take_number(YEAR), take_number(YEAR.next), take_number(YEAR)]
    assert taken == ["Q-2026-00001", "Q-2026-00002", "Q-2027-00001", "Q-2026-00003"]


def test_a_number_is_taken_with_its_quote_or_not_at_all():
    with pytest.raises(RuntimeError, match="transaction"):
        take_number(YEAR)
    with transaction.atomic():
        take_number(YEAR)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert take_number(YEAR) == "Q-2026-00001"


def at_once(sides: list[Callable[[], None]]) -> list[Exception]:
    """Each in a thread with a connection of its own, released together; what went wrong."""
    barrier, problems = Barrier(len(sides)), []

    def run(side: Callable[[], None]) -> None:
        try:
            barrier.wait(timeout=30)
            side()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return problems


@pytest.mark.postgres
@pytest.mark.slow
def test_fifty_quotes_at_once_have_fifty_numbers_without_a_gap():
    """Ten more take a number and fail: theirs are given back."""
    who = make.customer()

    def approve() -> None:
        with transaction.atomic():
            make.quote(who, status="approved", number=take_number(YEAR))

    def fail() -> None:
        with transaction.atomic():
            take_number(YEAR)
            transaction.set_rollback(True)

    assert at_once([approve] * QUOTES + [fail] * 10) == []
    numbers = Quote.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [f"Q-2026-{n:05d}" for n in range(1, QUOTES + 1)]
    assert QuoteSeries.objects.get().last_number == QUOTES
