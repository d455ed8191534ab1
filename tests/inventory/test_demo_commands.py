"""Where seed_demo refuses, and the story that `make demo` tells."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from inventory.demo.seeding import SeedRefused, seed_demo
from inventory.models import Item
from tests import factories as make
from tests.inventory.spreadsheets import workbook

PROJECT = Path(__file__).resolve().parents[2]


def test_a_production_database_is_never_seeded(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(SeedRefused, match="production"):
        seed_demo()
    with pytest.raises(CommandError) as failure:
        call_command("seed_demo")
    assert failure.value.returncode == 2
    assert not Item.objects.exists()


def test_a_database_in_use_is_left_alone(db):
    make.item("0001")
    out = StringIO()
    call_command("seed_demo", "--if-empty", stdout=out)
    assert "nothing was seeded" in out.getvalue()
    with pytest.raises(CommandError, match="would mix"):
        call_command("seed_demo")
    assert Item.objects.count() == 1


def demo(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """`demo_story` as `make demo` runs it."""
    manage = [sys.executable, str(PROJECT / "manage.py")]
    quiet = environment | {"LOG_LEVEL": "WARNING", "CELERY_BROKER_URL": "memory://"}
    return subprocess.run([*manage, "demo_story", *words], env=quiet, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_story_adds_up_from_the_sheet_to_netsuites_own_log(new_installation):
    told = demo(new_installation)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "WRONG" not in told.stdout
    assert "is there exactly once, line for line" in told.stdout
    assert "approver rejects" in told.stdout
    assert "figures add up" in told.stdout
    assert "ok     the sync finds what the dry run found" in told.stdout
    assert "ok     rows in = rows with an outcome" in told.stdout
    assert "50 wanted, 5 available" in told.stdout
    assert "ok     previous - sold = remaining, for every item" in told.stdout
    assert "ok     in shadow " in told.stdout
    assert "second signs" in told.stdout
    assert "ok     events that reached demo-shop, who listens on loopback: 1" in told.stdout
    assert "ok     incidents open: 1, 3 units short" in told.stdout
    assert "ok     the dispute is open, with both figures" in told.stdout
    assert "ok     of the feed nothing; the one new push is what a person stated" in told.stdout
    assert "ok     rebuilt from every message, the feed's ledger is the one that is kept" in told.stdout


@pytest.mark.slow
def test_a_sheet_of_somebody_elses_items_is_refused_with_every_code(new_installation, tmp_path):
    path = tmp_path / "ours.xlsx"
    path.write_bytes(workbook(("SKU", "Counted"), ("NOT-OURS-1", 4), ("NOT-OURS-2", 5)))
    told = demo(new_installation, "--sheet", str(path))
    assert told.returncode == 2
    assert "NOT-OURS-1" in told.stderr
    assert "NOT-OURS-2" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.slow
def test_a_sheet_of_ones_own_is_counted_where_its_items_live(new_installation, tmp_path):
    path = tmp_path / "ours.csv"
    path.write_text("Item,Counted\nPPR-0240,1\nCLN-0505,0\nPPR-0241,\n", encoding="utf-8")
    told = demo(new_installation, "--sheet", str(path))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "MAIN / D" in told.stdout
    assert "3 rows in; 2 counted, 1 not counted, 0 refused" in told.stdout
