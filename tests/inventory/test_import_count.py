"""The command: one JSON answer, exit code 0 when done, 2 when refused."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from inventory.models import CountSheet, Upload
from tests import factories as make
from tests.inventory.spreadsheets import comma_separated

pytestmark = pytest.mark.django_db
KEYS = [
    *("sheet_id", "run_id", "lines_read", "counted", "not_counted", "matched"),
    *("auto_adjusted", "needs_approval", "warnings", "errors"),
]


@pytest.fixture
def home(db):
    home = make.zone("A")
    make.ballast(home)
    for code in ("A1", "A2", "A3", "A4"):
        make.stock(100, home=home, cost=2, code=code)
    return home


@pytest.fixture
def walk(tmp_path):
    def write(*rows, name="walk.csv"):
        path = tmp_path / name
        path.write_bytes(comma_separated(("Item code", "Counted"), *rows))
        return str(path)

    return write


def run(*args):
    """(what was printed, exit code)"""
    out = StringIO()
    try:
        call_command("import_count", *args, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def answer(*args):
    printed, code = run(*args, "--json")
    return json.loads(printed), code


def rows_of_everything():
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_a_count_is_imported(home, walk):
    counter = make.user("wanda", "counter")
    path = walk(("A1", 100), ("A2", 101), ("A3", 184), ("A4", ""))
    report, code = answer(path, "--zone", "A", "--by", "wanda", "--counted-at", "2026-01-05T07:30")
    assert code == 0
    assert list(report) == KEYS
    sheet = CountSheet.objects.get()
    assert (report["sheet_id"], report["run_id"]) == (sheet.pk, sheet.run_id)
    figures = ("lines_read", "counted", "not_counted", "matched", "auto_adjusted", "needs_approval")
    assert [report[name] for name in figures] == [4, 3, 1, 1, 1, 1]
    assert report["errors"] == []
    assert any("hours old" in warning for warning in report["warnings"])
    assert (sheet.counted_by, sheet.source) == (counter, "command")
    assert sheet.counted_at is not None
    assert sheet.counted_at.isoformat() == "2026-01-05T12:30:00+00:00"  # a wall clock in New York


def test_a_dry_run_gives_the_same_figures_and_stores_nothing(home, walk):
    path = walk(("A1", 100), ("A2", 101), ("A3", 184), ("A4", ""))
    before = rows_of_everything()
    rehearsed, code = answer(path, "--zone", "A", "--dry-run")
    assert code == 0
    assert rows_of_everything() == before
    real, _ = answer(path, "--zone", "A")
    assert rehearsed == real | {"sheet_id": None, "run_id": None}


def test_a_refused_file_lists_every_error_in_json(home, walk):
    report, code = answer(walk(("A1", -1), ("NOPE", 2), ("A2", 1.5)), "--zone", "A")
    assert code == 2
    assert list(report) == KEYS
    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "B"), (3, "A"), (4, "B")]
    assert list(report["errors"][0]) == ["sheet", "row", "column", "message"]
    assert (report["sheet_id"], report["lines_read"], report["counted"]) == (None, 3, 0)
    assert Upload.objects.get().status == Upload.Status.REFUSED
    assert not CountSheet.objects.exists()


def test_a_refused_dry_run_stores_nothing_either(home, walk):
    before = rows_of_everything()
    report, code = answer(walk(("NOPE", 2)), "--zone", "A", "--dry-run")
    assert (code, len(report["errors"])) == (2, 1)
    assert rows_of_everything() == before


def test_the_same_file_twice_counts_once(home, walk):
    path = walk(("A1", 100))
    assert answer(path, "--zone", "A")[1] == 0
    report, code = answer(path, "--zone", "A")
    assert code == 2
    assert "confirmed already" in report["errors"][0]["message"]
    assert CountSheet.objects.count() == 1


def test_a_zone_code_of_two_locations_must_be_told_apart(home, walk):
    make.zone("A", location="WEST")
    report, code = answer(walk(("A1", 100)), "--zone", "A")
    assert code == 2
    assert report["errors"][0]["message"] == "Zone A exists at MAIN, WEST. Say which with --location CODE."
    assert answer(walk(("A1", 100)), "--zone", "A", "--location", "MAIN")[1] == 0


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--zone", "Q"], "There is no zone Q. Zones: MAIN / A."),
        (["--zone", "A", "--by", "ghost"], "There is no active user “ghost”."),
        (["--zone", "A", "--by", "nosy"], "nosy may not submit counts."),
    ],
)
def test_what_is_not_there_or_not_allowed_is_refused(home, walk, args, sentence):
    make.user("nosy", "auditor")
    report, code = answer(walk(("A1", 100)), *args)
    assert code == 2
    assert sentence in report["errors"][0]["message"]
    assert not Upload.objects.exists()


def test_a_missing_file_is_a_sentence(home, tmp_path):
    report, code = answer(str(tmp_path / "none.xlsx"), "--zone", "A")
    assert code == 2
    assert "cannot be read" in report["errors"][0]["message"]


def test_a_time_that_is_none_is_refused(home, walk):
    with pytest.raises(CommandError, match="not a date and time"):
        run(walk(("A1", 100)), "--zone", "A", "--counted-at", "yesterday")


def test_without_json_a_person_can_read_it(home, walk):
    printed, code = run(walk(("A1", 100), ("A2", "")), "--zone", "A")
    sheet = CountSheet.objects.get()
    assert code == 0
    assert "2 rows read: 1 counted, 1 not counted." in printed
    assert f"Sheet {sheet.code}, run {sheet.run_id}." in printed
    printed, code = run(walk(("NOPE", 1)), "--zone", "A")
    assert code == 2
    assert "Refused: 1 problem(s). Nothing was counted." in printed
