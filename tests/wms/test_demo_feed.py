"""The demo's third act on a small house: its figures add up, and one that is made wrong is called so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from approvals.clock import now
from inventory.demo.house_web import demo_web
from inventory.demo.telling import Telling
from inventory.demo.wms_live import WmsLive
from inventory.demo.wms_shadow import WmsShadow
from inventory.demo.wms_speaking import DemoWms
from inventory.demo.wms_switching import WmsSwitching
from inventory.models import Balance, Item, Movement, OversellIncident
from tests import factories as make
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("wms_http")]
SLOW_MOVER, LEFT_ALONE = "DEMO-20", "DEMO-21"
Tamper = Callable[[Any], object]


@pytest.fixture
def home() -> Any:
    """Twelve of thirty items are of class A."""
    place = make.zone()
    make.ballast(place)
    for n in range(30):
        make.stock(60, home=place, code=f"DEMO-{n:02d}", cost=1, abc_class="A" if n < 12 else "C")
    return place


def wrong_figures(home: Any, house: str, *, reconciling: Tamper, speaking: Tamper, returning: Tamper) -> list[str]:
    """`reconciling` and so on are called just before that."""
    wms_client = Wms(home, "demo-wms")
    people = {"approver": make.approver(), "second": make.approver(), "admin": make.user(superuser=True)}
    people["orders"] = make.user("", "order desk")
    telling = Telling(lambda line: None)
    wms = DemoWms(wms_client.client, wms_client.secret, house)
    shadow, switching = WmsShadow(telling, wms), WmsSwitching(telling, people, wms)
    switching.begin("A")
    shadow.day(600)
    reconciling(home)
    shadow.reconciliation()
    switching.live(shadow.before, shadow.words)
    speaking(home)
    WmsLive(telling, people, wms).tell(switching.wave)
    returning(home)
    switching.back()
    assert telling.checked > 20
    return telling.wrong


def leave(home: Any) -> None:
    """Nothing is made wrong."""


def restock(home: Any) -> None:
    """Long ago, so that the WMS's word has it."""
    item = Item.objects.get(item_code=SLOW_MOVER)
    make.move(item, 7, home=home, kind=Movement.Kind.TRANSFER, at=now() - timedelta(days=2))


def oversell(home: Any) -> None:
    item = Item.objects.get(item_code=SLOW_MOVER)
    OversellIncident.objects.create(item=item, location=home.location, shortfall=1, worst=1, opened_at=now())


def decide_by_wms(home: Any) -> None:
    """Outside the wave, so that it stays so when the wave goes back."""
    Balance.objects.filter(item__item_code=LEFT_ALONE).update(authority="wms")


def test_an_honest_house_adds_up(home, house):
    assert wrong_figures(home, house, reconciling=leave, speaking=leave, returning=leave) == []
    assert_books_agree()


def test_what_is_made_wrong_is_called_wrong_and_nothing_else(home, house):
    found = wrong_figures(home, house, reconciling=restock, speaking=oversell, returning=decide_by_wms)
    units, untouched, incidents, decided = found
    assert "they differ by" in units
    assert untouched == "on hand of the other 19 is as it was"
    assert incidents == "incidents open: 2, 3 units short"
    assert decided == "counts decide 12 items again, as the other 19"


def test_the_demos_web_answers_at_once_and_ends_with_the_demo(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with demo_web() as address:
        assert requests.get(f"{address}/api/openapi.json", timeout=60).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/healthz", timeout=5)
