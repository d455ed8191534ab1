"""Among thousands of rows of a workbook, those of one item: by a part of its code or its name."""

from typing import Any

import pytest

from inventory.models import ExcelSync
from tests.excel.test_sync_screens import codes, page, preview, signed_in, text_of
from tests.excel.workbooks_made import bring, kept, stated

pytestmark = pytest.mark.django_db


def workbook_of(home: Any, client: Any) -> Any:
    """25 that agree, a patty that does not, and another that is new."""
    others = [(kept(10, home=home, cost=1, code=f"BREAD-{n:02}"), 10) for n in range(25)]
    patty = kept(1000, home=home, cost=1, code="77/100", description="Chicken Patty, breaded")
    return bring(stated(*others, (patty, 900), ("77/200 NEW", 5)), home=home, by=client.person)


def committed(client: Any, stored: Any) -> str:
    """The address of the sync that it became."""
    client.post(page("excelsync_upload_commit", stored.pk))
    return page("excelsync_change", ExcelSync.objects.get().pk)


@pytest.mark.parametrize("role", ["approver", "counter"])
@pytest.mark.parametrize("is_committed", [False, True])
def test_rows_are_found_by_a_part_of_the_code_or_the_name(home: Any, role: str, is_committed: bool) -> None:
    client = signed_in(role)
    stored = workbook_of(home, client)
    at = committed(client, stored) if is_committed else preview(stored)
    assert len(codes(client.get(at))) == 27
    assert codes(client.get(at, {"q": "chicken pat"})) == ["77/100"]
    assert sorted(codes(client.get(at, {"q": " 77/ "}))) == ["77/100", "77/200 NEW"]
    assert codes(client.get(at, {"q": "77/", "outcome": "new_item"})) == ["77/200 NEW"]
    found = client.get(at, {"q": "bread-07"})
    assert codes(found) == ["BREAD-07"]
    assert 'value="bread-07"' in text_of(found)
    none = client.get(at, {"q": "<b>%"})
    assert "No row has “&lt;b&gt;%” in its code or name." in text_of(none)
    assert codes(none) == []


def test_what_sales_explain_is_found_in_the_one_list(sold_200: Any) -> None:
    what, home = sold_200
    client = signed_in("approver")
    stored = bring(stated((what, 1000)), home=home, by=client.person)
    assert what.item_code not in codes(client.get(preview(stored)))
    assert codes(client.get(preview(stored), {"q": what.item_code})) == [what.item_code]
    at = committed(client, stored)
    assert what.item_code not in codes(client.get(at))
    assert codes(client.get(at, {"q": what.item_code})) == [what.item_code]


def test_the_blind_do_not_find_what_the_workbook_leaves_out(home: Any) -> None:
    client, left_out = signed_in("counter"), kept(98_765, home=home, code="LEFTOUT")
    stored = workbook_of(home, client)
    assert codes(client.get(preview(stored), {"q": left_out.item_code})) == []
    assert codes(client.get(committed(client, stored), {"q": left_out.item_code})) == []


def test_few_rows_need_no_search(home: Any) -> None:
    client = signed_in("approver")
    few = bring(stated((kept(10, home=home), 10)), home=home, by=client.person)
    assert 'role="search"' not in text_of(client.get(preview(few)))
