"""The feed in the admin: keys shown once, what needs a person first, and doors that are closed on the server."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import WmsClient, WmsKey
from inventory.wms.clients import live_secrets
from tests import factories as make
from tests.inventory.test_dashboard import dashboard
from tests.orders.selling import place
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db
MODELS = ("wmsclient", "wmskey", "wmsmessage", "wmsupdate", "wmsgap", "oversellincident")
LIMITS = {"updates_per_minute": 60000, "body_limit": 1048576, "furthest_jump": 10**6}


def signed_in(*roles: str) -> Client:
    person = make.user("", *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def address(model: str, name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:inventory_{model}_{name}", args=args)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def home() -> Any:
    return make.zone()


def test_a_client_is_added_and_its_key_shown_once(home):
    browser = signed_in("integrator")
    form = {"wms_id": "main", "name": "Main", "location": home.location.pk, "is_enabled": "on"}
    browser.post(
        address("wmsclient", "add"), form | {"updates_per_minute": 60000, "body_limit": 1048576, "furthest_jump": 10**6}
    )
    client = WmsClient.objects.get(wms_id="main")
    issue = address("wmsclient", "change", client.pk).replace("/change/", "/issue-key/")
    assert "shown once" in text_of(browser.get(issue))
    assert not WmsKey.objects.exists()
    shown = browser.post(issue, {"label": "gateway"})
    (secret,) = live_secrets(client)
    assert secret in shown.content.decode().replace("&#x2B;", "+")
    assert secret.removeprefix("whsec_") not in WmsKey.objects.get().sealed, "the database holds it sealed only"
    assert "no-store" in shown["Cache-Control"]
    pages = [address("wmsclient", "change", client.pk), address("wmskey", "change", WmsKey.objects.get().pk)]
    for page in [*pages, address("wmskey"), address("wmsclient"), address("wmsclient", "history", client.pk)]:
        assert secret.removeprefix("whsec_")[:12] not in browser.get(page).content.decode()


def test_a_second_client_for_a_location_is_refused_with_the_cure(home):
    Wms(home)
    form = {"wms_id": "other", "name": "Other", "location": home.location.pk, "is_enabled": "on"}
    answer = signed_in("integrator").post(address("wmsclient", "add"), form | LIMITS)
    assert "Disable that one first" in answer.content.decode()


def test_a_key_is_retired_by_a_button(home):
    wms, browser = Wms(home), signed_in("integrator")
    key = wms.client.keys.get()
    page = address("wmskey", "change", key.pk).replace("/change/", "/retire/")
    assert "has no other key" in text_of(browser.get(page))
    browser.post(page)
    assert WmsKey.objects.get().retired_at is not None
    assert browser.get(page).status_code == 403


@pytest.mark.parametrize("role", ["auditor", "approver", "counter"])
def test_others_do_not_touch_keys_or_clients(home, role):
    wms, browser = Wms(home), signed_in(role)
    key = wms.client.keys.get()
    assert browser.post(address("wmskey", "change", key.pk).replace("/change/", "/retire/")).status_code == 403
    issue = address("wmsclient", "change", wms.client.pk).replace("/change/", "/issue-key/")
    assert browser.post(issue, {"label": "mine"}).status_code == 403
    assert browser.get(address("wmsclient", "add")).status_code == 403
    assert WmsKey.objects.filter(retired_at=None).count() == 1
    seen = {model: browser.get(address(model)).status_code for model in MODELS}
    assert set(seen.values()) == ({403} if role == "counter" else {200})


def test_updates_show_what_is_in_quarantine_first(home):
    wms, what, browser = Wms(home), fed_stock(10, home=home, code="GOOD-1"), signed_in("auditor")
    wms.send(wms.update(1, what, 5), wms.update(2, "BAD-1", 5))
    shown = text_of(browser.get(address("wmsupdate")))
    assert "BAD-1" in shown
    assert "GOOD-1" not in shown
    assert "GOOD-1" in text_of(browser.get(address("wmsupdate") + "?state=all"))
    message = wms.client.messages.get()
    page = browser.get(address("wmsmessage", "change", message.pk)).content.decode()
    link = re.findall(r'href="([^"]*wmsupdate/\?[^"]*)"', page)[0].replace("&amp;", "&")
    assert "GOOD-1" in text_of(browser.get(link))
    update = message.updates.get(sequence=2)
    assert "not in the catalogue" in text_of(browser.get(address("wmsupdate", "change", update.pk)))


def test_what_is_oversold_stands_on_the_dashboard(home):
    wms, what = Wms(home), fed_stock(10, home=home, code="LAST-1")
    place(home, (what, 8))
    assert "beyond what the warehouse has" not in dashboard("approver")
    wms.send(wms.update(1, what, 5), wms.update(4, what, 5))
    told = "1 item is promised to orders beyond what the warehouse has. LAST-1 at MAIN: 3 each short"
    assert told in dashboard("approver")
    browser = signed_in("approver")
    assert "LAST-1" in text_of(browser.get(address("oversellincident") + "?standing=open"))
    assert "No" in text_of(browser.get(address("oversellincident") + "?standing=closed"))
    assert "2" in text_of(browser.get(address("wmsgap") + "?standing=open"))


def test_lists_take_as_many_queries_for_many_rows(home, django_assert_max_num_queries):
    wms, browser = Wms(home), signed_in("auditor")
    items = [fed_stock(10, home=home) for _ in range(30)]
    for n, what in enumerate(items):
        place(home, (what, 10))
        wms.send(wms.update(3 * n, what, 5), wms.update(3 * n + 1, "BAD", 1))
    for model in MODELS:
        with django_assert_max_num_queries(14):
            browser.get(address(model) + "?state=all")


def test_what_nobody_could_take_waits_on_the_first_page_by_its_reason(home):
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    wms.send(wms.update(1, "GHOST", 1), wms.update(2, "GHOST-2", 1), wms.update(3, what, -1))
    wms.send(wms.update(4, what, 2, status="damaged"))
    page = text_of(signed_in("integrator").get("/admin/"))
    assert "3 WMS updates in quarantine" in page
    assert "Unknown item: 2 of main" in page
    assert "Negative quantity: 1 of main" in page
    assert "WMS updates in quarantine" not in text_of(signed_in("counter").get("/admin/"))
