"""Where people see how our balances stand beside NetSuite's."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from inventory.mirror.mirroring import mirror_netsuite
from inventory.models import Item, MirrorMark, Movement, Parity
from netsuite.drain import drain
from netsuite.models import Push
from tests import factories as make
from tests.netsuite.simulator_client import eventually

LIST = "admin:inventory_parity_changelist"
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def client_of(*roles: str, superuser: bool = False) -> Client:
    person = make.user("", *roles, superuser=superuser)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_an_empty_list_says_what_to_do():
    text = text_of(client_of("approver"), reverse(LIST))
    assert "Nothing was compared yet" in text
    assert "manage.py import_from_netsuite" in text


@pytest.mark.django_db
def test_the_list_filters_searches_and_links_to_item_pushes_and_correction(stocked, home, simulator):
    stocked("EVEN", 5)
    stocked("OFF", 40, there=38, description="Apple juice")
    counted = stocked("COUNTED", 10)
    make.approve(make.envelope_of(make.count(home, [(counted, 15)])), make.approver())
    make.stock(3, home=home, code="ONLY-HERE")
    simulator.control.seed(
        items=[{"itemid": "STRANGER"}], balances=[{"item": "STRANGER", "location": "MAIN", "quantity": "4"}]
    )
    for _ in range(2):
        mirror_netsuite()
    client = client_of("approver")

    def shown(query: str) -> set[str]:
        rows = client.get(reverse(LIST) + query).context["cl"].result_list
        return {row.code for row in rows}

    assert shown("") == {"EVEN", "OFF", "COUNTED", "ONLY-HERE", "STRANGER"}
    assert shown("?look=equal") == {"EVEN"}
    assert shown("?look=pending") == {"COUNTED"}
    assert shown("?look=drift") == {"OFF"}
    assert shown("?look=missing") == {"ONLY-HERE", "STRANGER"}
    assert shown("?look=apart") == {"OFF", "ONLY-HERE", "STRANGER"}
    assert shown("?q=apple") == {"OFF"}
    assert shown("?q=strang") == {"STRANGER"}
    page = text_of(
        client, reverse("admin:inventory_parity_change", args=[Parity.objects.get(item__item_code="OFF").pk])
    )
    assert reverse("admin:inventory_item_change", args=[Item.objects.get(item_code="OFF").pk]) in page
    assert "OFF: 40 here, 38 in NetSuite (waiting for a decision)" in page
    counted_row = Parity.objects.get(item=counted)
    page = text_of(client, reverse("admin:inventory_parity_change", args=[counted_row.pk]))
    assert reverse("admin:netsuite_push_change", args=[Push.objects.get().pk]) in page


@pytest.mark.django_db
def test_a_correction_is_named_on_its_movement(stocked):
    stocked("OFF", 40, there=38)
    for _ in range(2):
        mirror_netsuite()
    row = Parity.objects.get()
    make.approve(row.correction.envelope, make.approver())
    address = reverse("admin:inventory_movement_change", args=[Movement.objects.get(kind="correction").pk])
    assert reverse("admin:approvals_proposedaction_change", args=[row.correction.envelope_id]) in text_of(
        client_of("auditor"), address
    )


@pytest.mark.django_db
def test_a_list_of_many_costs_as_little_as_one_of_few(stocked, home, django_assert_max_num_queries):
    for number in range(30):
        make.stock(1, home=home, code=f"X{number:02}")
    stocked("EVEN", 5)
    mirror_netsuite()
    client = client_of("approver")
    with django_assert_max_num_queries(20):
        client.get(reverse(LIST))


@pytest.mark.django_db
def test_who_may_not_see_balances_does_not_see_parity():
    counter = client_of("counter")
    assert counter.get(reverse(LIST)).status_code == 403
    assert reverse(LIST) not in counter.get(reverse("admin:index")).content.decode()
    assert reverse(LIST) in client_of("integrator").get(reverse("admin:index")).content.decode()


@pytest.mark.django_db
def test_the_dashboard_says_how_old_the_comparison_is_and_what_differs(stocked, simulator, later):
    client = client_of("approver")
    assert "Balances were not compared with NetSuite yet." in text_of(client, reverse("admin:index"))
    stocked("OFF", 40, there=38)
    for _ in range(2):
        mirror_netsuite()
    text = text_of(client, reverse("admin:index"))
    assert "Balances compared with NetSuite 0 s ago" in text
    assert "1 differs</a>" in text
    simulator.control.add_fault("permission_drop", route="suiteql")
    mirror_netsuite()
    assert "NetSuite showed 0 balances, last time 1." in text_of(client, reverse("admin:index"))
    assert "was thrown away" in text_of(client, reverse(LIST))
    MirrorMark.objects.update(refusal="")
    later(20 * 60)
    assert "NetSuite was last read 20 min ago" in text_of(client, reverse(LIST))


@pytest.mark.django_db
def test_health_tells_the_age_of_the_last_drain_and_mirror(stocked, later):
    client = Client()
    client.force_login(make.user("", "auditor"))

    def ages():
        lines = client.get("/health").json()["lines"]
        return lines["netsuite_queue"]["last_drain_age_seconds"], lines["netsuite_mirror"]["last_mirror_age_seconds"]

    assert ages() == (None, None)
    stocked("000123", 40)
    drain()
    mirror_netsuite()
    later(90)
    assert all(89 <= age < 120 for age in ages())
    assert client.get("/health").json()["lines"]["netsuite_mirror"]["problem"] == ""
    later(20 * 60)
    assert "Balances compared with NetSuite" in client.get("/health").json()["lines"]["netsuite_mirror"]["problem"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_netsuite_is_read(test_database_environment, stocked, simulator):
    """A page that takes six seconds: a transaction held open meanwhile would keep every writer out."""
    stocked("000123", 40)
    simulator.control.add_fault("slow", route="suiteql", seconds=6)
    environment = {"NETSUITE_REST_BASE_URL": simulator.base_url, "CELERY_BROKER_URL": "memory://"}
    process = subprocess.Popen(
        [sys.executable, str(MANAGE), "mirror_netsuite", "--json"],
        env=test_database_environment | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(MirrorMark.objects.filter(started_at__isnull=False).exists)
    make.item("WRITTEN-MEANWHILE")
    assert MirrorMark.objects.filter(started_at__isnull=False).exists(), "the mirror was over before we wrote"
    out, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    assert '"equal": 1' in out
    assert connection.in_atomic_block is False
