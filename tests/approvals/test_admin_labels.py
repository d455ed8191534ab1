"""The coloured words of the lists: a row's own page prints the word, never the pair behind it."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.test import RequestFactory
from django.urls import reverse

from approvals.business_days import business_day_of
from approvals.clock import now
from inventory.day_end.reporting import make_report
from inventory.orders.closing import fulfil_order
from inventory.wms.reconciling import reconcile_wms
from inventory.wms.rollout import group, start_rollout
from tests import factories as make
from tests.approvals.test_permissions import client_of, staff
from tests.inventory.workbook_lines import workbook
from tests.orders.selling import by_excel, place
from tests.quotes import factories as quoted
from tests.wms.sending import Wms, fed_stock
from tests.wms.test_disputes import state


def labels() -> dict[Any, list[str]]:
    """{screen: its columns with a label}."""
    found = {
        screen: [name for name in dir(type(screen)) if getattr(getattr(type(screen), name), "label", None)]
        for screen in admin.site._registry.values()
    }
    return {screen: names for screen, names in found.items() if names}


@pytest.fixture
def everything(house: Any) -> None:
    """A row of everything whose list has such a column."""
    told, kept, shelved = fed_stock(10, home=house), make.stock(10, home=house), make.stock(5, home=house)
    by_excel(house, kept)
    fulfil_order(order=place(house, (kept, 2)).order, by=None)
    wms = Wms(house)
    place(house, (told, 8))
    wms.send(wms.update(1, told, 5), wms.update(4, told, 5))
    state(told, house, 6)
    boss = make.approver()
    start_rollout(
        name="First", client=wms.client, balances=group(wms.client, "all"), chosen="all", by=boss, reason="To begin"
    )
    wms.send(wms.update(5, shelved, 4))
    day = business_day_of(now())
    reconcile_wms(client=wms.client, business_date=day)
    make_report(business_date=day, location=house.location)
    workbook(house)
    district, food = quoted.customer(), quoted.spec_item()
    quoted.master_price(district, food)
    quoted.line(quoted.quote(district), food)


def test_a_rows_own_page_prints_the_word_and_not_the_pair(everything):
    person = staff(superuser=True)
    client, request = client_of(person), RequestFactory().get("/")
    request.user = person
    missing, printed = [], 0
    for screen, names in labels().items():
        row = screen.model._default_manager.order_by("pk").last()
        if row is None:
            missing.append(screen.opts.label)
            continue
        address = reverse(f"admin:{screen.opts.app_label}_{screen.opts.model_name}_change", args=[row.pk])
        page = client.get(address, follow=True)
        assert page.status_code == 200, screen
        shown = page.content.decode()
        assert "(&#x27;" not in shown, screen
        assert ">('" not in shown, screen
        for name in set(names) & set(flatten_fieldsets(screen.get_fieldsets(request, row))):
            assert getattr(screen, name)(row)[1] in shown, (screen, name)
            printed += 1
    assert missing == []
    assert printed >= 15, "the columns were found on the pages"
