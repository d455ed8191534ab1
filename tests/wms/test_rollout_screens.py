"""Reconciliations and waves as their users see them, and doors that are closed on the server."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from approvals.business_days import business_day_of
from approvals.clock import at, now
from inventory.models import Authority, Balance, WmsReconciliation, WmsRollout, WmsUpdate
from inventory.wms.reconciling import reconcile_wms
from tests import factories as make
from tests.wms.sending import Wms
from tests.wms.test_screens import signed_in, text_of

pytestmark = pytest.mark.django_db


def address(model: str, name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:inventory_{model}_{name}", args=args)


@pytest.fixture
def home() -> Any:
    return make.zone("A")


@pytest.fixture
def told(home) -> tuple[Wms, list[Any]]:
    """Four items of which two differ, one of them by much, and one nobody spoke of."""
    wms = Wms(home, "main-wms")
    items = [make.stock(100, home=home, code=f"IT-{n}", cost=n + 1) for n in range(4)]
    wms.told(wms.update(1, items[0], 100), wms.update(2, items[1], 95), wms.update(3, items[2], 250))
    return wms, items


def reconciled(wms: Wms) -> WmsReconciliation:
    return reconcile_wms(client=wms.client, business_date=business_day_of(now()))


def wave(wms: Wms, browser: Any = None) -> WmsRollout:
    form = {"group": f"{wms.client.pk}|all", "name": "First", "reason": "To begin"}
    answer = (browser or signed_in("approver")).post(address("wmsrollout", "add"), form)
    assert answer.status_code == 302, answer.content.decode()
    return WmsRollout.objects.get(name="First")


def test_the_page_shows_the_largest_first_with_links(told, django_assert_max_num_queries):
    wms, items = told
    row = reconciled(wms)
    browser = signed_in("approver")
    page = address("wmsreconciliation", "change", row.pk)
    with django_assert_max_num_queries(25):
        shown = browser.get(page)
    text = text_of(shown)
    assert "66.67 %" in text
    assert "2 of 3 compared items" in text
    assert "Never spoken of: 1" in text
    assert text.index("IT-2") < text.index("IT-1")
    assert "$450.00" in text
    html = shown.content.decode()
    update = WmsUpdate.objects.get(sequence=3)
    balance = Balance.objects.get(item=items[2])
    for link in (address("wmsupdate", "change", update.pk), address("balance", "change", balance.pk)):
        assert link in html
    for link in set(re.findall(r'href="(/admin/inventory/wmsdifference/[^"]*)"', html)):
        assert "IT-3" in text_of(browser.get(link.replace("&amp;", "&")))
    assert "66.67 %: 2" in text_of(browser.get(address("wmsreconciliation")))


def test_a_line_leads_to_stating_what_is_there_for_whoever_may(told):
    wms, items = told
    page = address("wmsreconciliation", "change", reconciled(wms).pk)
    differing = Balance.objects.filter(item__in=items[1:3])
    links = {address("balance", "state_quantity", balance.pk) for balance in differing}
    browser = signed_in("approver")
    shown = browser.get(page).content.decode()
    assert set(re.findall(r'href="([^"]*/state/?)"', shown)) == links
    for link in links:
        assert "State what is really there" in text_of(browser.get(link))
    assert "State what is really there" not in text_of(signed_in("integrator").get(page))


def test_who_may_not_see_cost_sees_no_dollars(told):
    wms, _ = told
    row = reconciled(wms)
    browser = signed_in("integrator")
    assert "$" not in text_of(browser.get(address("wmsreconciliation", "change", row.pk)))
    content = browser.get(address("wmsreconciliation", "workbook", row.pk)).content
    headings = [cell.value for cell in load_workbook(BytesIO(content))["Discrepancies"][1]]
    assert "Value, $" not in headings


def test_the_workbook_has_every_line(told):
    wms, _ = told
    answer = signed_in("auditor").get(address("wmsreconciliation", "workbook", reconciled(wms).pk))
    today = business_day_of(now())
    assert answer["Content-Disposition"] == f'attachment; filename="wms-main-wms-{today}.xlsx"'
    book = load_workbook(BytesIO(answer.content))
    lines = [[cell.value for cell in row] for row in book["Discrepancies"].iter_rows(min_row=2)]
    assert [(line[0], line[2], line[7], line[8]) for line in lines] == [
        ("IT-2", "Differs", 150, 450),
        ("IT-1", "Differs", -5, 10),
        ("IT-3", "Never spoken of", None, None),
    ]
    facts = {row[0].value: row[1].value for row in book["Summary"].iter_rows(min_row=2)}
    assert (facts["Differing items"], facts["Share that differs"], facts["Updates: Compared only"]) == (
        2, "66.67 %", 3,
    )  # fmt: skip


def test_a_missed_day_shows_and_is_made_by_hand(told):
    wms, _ = told
    browser = signed_in("integrator")
    later = now() + timedelta(days=8)
    with at(later):
        listed = browser.get(address("wmsreconciliation")).content.decode()
        assert "Business days without a reconciliation" in listed
        link = re.findall(r'href="([^"]*/make/[^"]*)"', listed)[0]
        assert "No stock changes" in text_of(browser.get(link))
        assert not WmsReconciliation.objects.exists()
        browser.post(link)
    assert WmsReconciliation.objects.get().made_by is not None
    for role in ("auditor", "counter"):
        assert signed_in(role).post(link).status_code == 403


def test_empty_lists_say_what_to_do(home):
    browser = signed_in("approver")
    assert "manage.py reconcile_wms" in text_of(browser.get(address("wmsreconciliation")))
    assert "in waves" in text_of(browser.get(address("wmsrollout")))
    assert "Connect one first" in text_of(browser.get(address("wmsrollout", "add")))


def test_a_wave_is_begun_switched_and_switched_back(told, home):
    wms, items = told
    browser = signed_in("approver")
    assert "ABC class" in text_of(browser.get(address("wmsrollout", "add")))
    first = wave(wms, browser)
    row = reconciled(wms)
    page = address("wmsrollout", "change", first.pk)
    text = text_of(browser.get(page))
    for said in (
        "Shadow",
        "1 of 3 so far",
        "Not judged",
        "not so on",
        "Only 3 of 4 could be compared",
        "66.67 %",
        "changes nothing",
    ):
        assert said in text
    assert "First" in text_of(browser.get(address("wmsreconciliation", "change", row.pk)))
    switch = address("wmsrollout", "switch", first.pk)
    text = text_of(browser.get(switch))
    for said in ("Nothing has changed yet", "IT-2", "+150", "$450.00", "1 the WMS never spoke of"):
        assert said in text
    refused = browser.post(switch, {"reason": "Now"})
    assert refused.status_code == 409
    assert "Discrepancies: Fewer than 0.5 %" in refused.content.decode()
    assert Balance.objects.filter(authority=Authority.WMS).count() == 0
    browser.post(switch, {"reason": "Test site", "despite_gates": "on"})
    assert Balance.objects.filter(authority=Authority.WMS).count() == 4
    assert make.on_hand(items[2], home) == 250
    text = text_of(browser.get(page))
    for said in ("Live", "gates not passed", "2 quantities changed", "Test site"):
        assert said in text
    back = address("wmsrollout", "back", first.pk)
    assert "nothing is lost" in text_of(browser.get(back))
    browser.post(back, {"reason": "Wrong units"})
    assert set(Balance.objects.values_list("authority", flat=True)) == {Authority.COUNT}
    assert make.on_hand(items[2], home) == 250
    end = address("wmsrollout", "end", first.pk)
    browser.post(end, {"reason": "Over"})
    assert "It is over" in text_of(browser.get(page))
    assert "IT-0" in text_of(browser.get(address("balance") + f"?wms_rollouts__rollout__id__exact={first.pk}"))


def test_a_second_person_decides_on_the_gates_page(told, home):
    wms, items = told
    wms.told(wms.update(4, items[3], 10_000))
    first = wave(wms)
    switch = address("wmsrollout", "switch", first.pk)
    browser = signed_in("approver")
    assert "a second person must confirm" in text_of(browser.get(switch))
    browser.post(switch, {"reason": "Test site", "despite_gates": "on"})
    first.refresh_from_db()
    assert first.stage == "shadow"
    page = reverse("admin:approvals_proposedaction_change", args=[first.sign_off_id])
    assert page in browser.get(address("wmsrollout", "change", first.pk)).content.decode()
    shown = text_of(signed_in("approver").get(page))
    for said in ("Sign-off: switch First", "Test site", "IT-3", "10,000", "0 of 3 so far", "Value now"):
        assert said in shown
    assert "{'" not in shown, "a person reads words"
    make.approve(first.sign_off, make.approver())
    assert make.on_hand(items[3], home) == 10_000
    assert "Test site" in text_of(signed_in("approver").get(page))


def test_a_wave_of_balances_ticked_in_their_list(told):
    browser = signed_in("approver")
    chosen = list(Balance.objects.values_list("pk", flat=True)[:2])
    form = {"action": "begin_wave", "_selected_action": chosen, "select_across": "0", "index": "0"}
    assert "2 balances chosen" in text_of(browser.post(address("balance"), form))
    answer = browser.post(address("balance"), form | {"apply": "1", "name": "Two", "reason": "To begin"})
    first = WmsRollout.objects.get()
    assert answer["Location"] == address("wmsrollout", "change", first.pk)
    assert first.members.count() == 2


@pytest.mark.parametrize("role", ["auditor", "counter", "integrator"])
def test_others_do_not_switch(told, role):
    wms, _ = told
    first = wave(wms)
    browser = signed_in(role)
    for step in ("switch", "back", "end"):
        assert browser.post(address("wmsrollout", step, first.pk), {"reason": "Mine"}).status_code == 403
        assert browser.get(address("wmsrollout", step, first.pk)).status_code == 403
    first.refresh_from_db()
    assert first.stage == "shadow"
    seen = browser.get(address("wmsrollout", "change", first.pk)).status_code
    assert seen == (403 if role == "counter" else 200)
    assert browser.get(address("wmsrollout", "add")).status_code == (200 if role == "integrator" else 403)


def test_the_days_of_a_wave_are_drawn(told):
    wms, items = told
    first = wave(wms)
    begin = now()
    for n in range(6):
        with at(begin + timedelta(days=n)):
            reconcile_wms(client=wms.client, business_date=business_day_of(now()))
    page = signed_in("auditor").get(address("wmsrollout", "change", first.pk)).content.decode()
    assert page.count("<canvas") == 2
    assert "Switch to the WMS" not in page
