"""The first page of those who quote: what they wait for, what ends soon, where to begin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quotes.standing import today
from tests import factories
from tests.quotes import factories as make
from tests.quotes.drafted import district, draft, priced, wishes
from tests.quotes.screens import signed_in

pytestmark = pytest.mark.django_db


def first_page(client: Client) -> str:
    return client.get(reverse("admin:index")).text


def test_a_quoter_with_nothing_to_do_is_told_where_to_begin():
    page = first_page(signed_in(factories.user("", "quoter")))
    assert "Nothing waits for you." in page
    assert reverse("admin:quotes_quote_draft") in page


def test_what_ends_soon_without_an_answer_is_on_the_first_page():
    soon, later = today() + timedelta(days=14), today() + timedelta(days=15)
    make.quote(status="sent", number="Q-2026-00001", valid_until=soon)
    make.quote(status="sent", number="Q-2026-00002", valid_until=later)
    make.quote(status="accepted", number="Q-2026-00003", valid_until=soon)
    make.quote(status="sent", number="Q-2026-00004", valid_until=today() - timedelta(days=1))
    page = first_page(signed_in(factories.user("", "quoter")))
    assert "Q-2026-00001 r1" in page
    assert not any(number in page for number in ("Q-2026-00002", "Q-2026-00003", "Q-2026-00004"))


def test_others_see_no_quotes_on_their_first_page():
    make.quote(status="sent", number="Q-2026-00001", valid_until=today())
    assert "Q-2026-00001" not in first_page(signed_in(factories.user("", "counter")))


def test_a_draft_waits_once_on_every_first_page():
    who = district()
    draft(who, wishes(*priced(who)))
    for role in ("quoter", "approver"):
        page = signed_in(factories.user("", role)).get(reverse("admin:index"))
        waiting = [task.title for pile in page.context["piles"] for task in pile.tasks]
        assert [who.name in title for title in waiting] == [True]
