"""verify_ledger is quiet about sound books, and names the first row somebody spoiled."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from approvals.models import AuditEntry
from inventory.models import Balance, Movement
from netsuite.drain import drain
from netsuite.models import Push
from netsuite.simulator.running import running_simulator
from tests import factories as make
from tests.orders.selling import place
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def posted():
    """A count whose one line a human approved: +42 of the item, on the ledger and in the queue."""
    sheet, what, home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    return sheet, what, home


def verdict(*words: str) -> tuple[int, str]:
    """Exit code, and what stands on standard error."""
    try:
        call_command("verify_ledger", *words, stdout=StringIO())
    except CommandError as failure:
        return failure.returncode, str(failure)
    return 0, ""


def test_sound_books_pass_with_figures(posted):
    out = StringIO()
    call_command("verify_ledger", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["ok"] is True
    rows = {check["name"]: check["rows"] for check in said["checks"]}
    assert rows == {
        "balances": Balance.objects.count(),
        "reservations": 0,
        "audit_chain": AuditEntry.objects.count(),
        "posted_lines": 1,
        "pushes": 1,
        "corrections": 0,
        "wms_updates": 0,
    }
    assert verdict() == (0, "")


def test_a_changed_balance_is_named(posted):
    _, what, _ = posted
    Balance.objects.filter(item=what).update(quantity_on_hand=Decimal(183))
    code, sentence = verdict()
    assert code == 1
    assert what.item_code in sentence
    assert "183" in sentence
    assert "184" in sentence


def test_a_promise_that_no_order_waits_for_is_named(posted):
    _, what, home = posted
    place(home, (what, 5))
    assert verdict() == (0, "")
    Balance.objects.filter(item=what).update(quantity_reserved=Decimal(6))
    code, sentence = verdict()
    assert code == 1
    assert f"Item {what.item_code} at MAIN: 6 reserved, but its open order lines wait for 5." in sentence


def test_a_changed_audit_entry_is_named(posted):
    entry = AuditEntry.objects.order_by("number")[1]
    AuditEntry.objects.filter(pk=entry.pk).update(actor_name="somebody else")
    code, sentence = verdict()
    assert code == 1
    assert f"Audit entry {entry.number}" in sentence


def test_a_posted_line_without_its_movement_is_named(posted):
    sheet, what, _ = posted
    Balance.objects.filter(item=what).update(quantity_on_hand=Decimal(142))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_movement WHERE kind = 'count'")
    code, sentence = verdict()
    assert code == 1
    assert f"Line {what.item_code} of sheet {sheet.code}" in sentence


def test_a_movement_of_another_size_than_its_line_is_named(posted):
    _, what, _ = posted
    Movement.objects.filter(kind="count").update(delta=Decimal(41))
    Balance.objects.filter(item=what).update(quantity_on_hand=Decimal(183))
    code, sentence = verdict()
    assert code == 1
    assert f"Line {what.item_code}" in sentence


def test_a_push_that_says_something_else_than_the_ledger_is_named(posted):
    push = Push.objects.get()
    push.payload["lines"][0]["adjustQtyBy"] = "43.000"
    Push.objects.filter(pk=push.pk).update(payload=push.payload)
    code, sentence = verdict()
    assert code == 1
    assert push.external_id in sentence
    assert "43.000" in sentence


@pytest.mark.slow
def test_netsuite_is_asked_for_every_confirmed_push(posted, settings):
    with running_simulator() as simulator:
        settings.NETSUITE_RESTLET_BASE_URL = simulator.base_url
        assert drain().confirmed == 1
        assert verdict("--netsuite") == (0, "")
        push = Push.objects.get()
        simulator.control.reset()
        code, sentence = verdict("--netsuite")
    assert code == 1
    assert push.external_id in sentence
    assert "no such record" in sentence


def test_a_movement_that_is_not_its_wms_update_is_named():
    home = make.zone()
    wms, what, other = Wms(home), fed_stock(10, home=home), fed_stock(10, home=home)
    wms.send(wms.update(7, what, 4), wms.update(8, other, 4))
    assert verdict() == (0, "")
    Movement.objects.filter(wms_update__sequence=7).update(wms_update=None, kind="receipt", source="elsewhere")
    assert "Update 7 of" in verdict()[1]
