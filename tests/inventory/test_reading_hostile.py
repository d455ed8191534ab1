"""Files made to hurt: each ends with a sentence, soon, and the process that asked lives on."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.spreadsheets import DEFAULT_LIMITS, UnreadableFile, read_walk_sheet
from tests.inventory.spreadsheets import (
    HEADING,
    comma_separated,
    figures,
    read,
    rezipped,
    with_sheet_xml,
    workbook,
)

SOON = 60.0  # seconds, on the slowest machine; a reader may take 90
SMALL = workbook(HEADING, ("a", "", 1))


def with_part(name: str, data: bytes, *, mode: int = 0o100644) -> bytes:
    stream = io.BytesIO(SMALL)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = mode << 16
        archive.writestr(info, data)
    return stream.getvalue()


def test_a_zip_bomb_ends_before_it_is_unpacked():
    bomb = with_part("xl/media/big.xml", b"\0" * 250 * 1024 * 1024)
    assert len(bomb) < 1024 * 1024
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read(bomb)
    assert time.monotonic() - started < SOON


def test_the_unpacked_size_is_limited_whatever_the_ratio():
    limits = replace(DEFAULT_LIMITS, unpacked_bytes=1024 * 1024)
    with pytest.raises(UnreadableFile, match="unpacks to more than 1 MiB"):
        read_walk_sheet(with_part("xl/a.bin", b"ab" * 1024 * 1024), file_name="walk.xlsx", limits=limits)


def test_an_implausible_ratio_is_refused_even_below_the_size_limit():
    with pytest.raises(UnreadableFile, match="150 times its size"):
        read(with_part("xl/media/big.bin", b"\0" * 30 * 1024 * 1024))


PLAIN_FILE, LINK = 0o100644, 0o120777
FAR_DOCTYPE = b"<!--" + b"x" * 65_526 + b"--><!DOCTYPE x><x/>"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "data", "mode", "said"),
    [
        ("xl/../../evil.xml", b"<x/>", PLAIN_FILE, "points outside"),
        ("/etc/evil.xml", b"<x/>", PLAIN_FILE, "points outside"),
        ("xl\\..\\evil.xml", b"<x/>", PLAIN_FILE, "points outside"),
        ("xl/worksheets/sheet1.xml", b"<x/>", PLAIN_FILE, "two parts of the same name"),
        ("xl/embeddings/inner.xlsx", SMALL, PLAIN_FILE, "another file inside"),
        ("xl/link", b"/etc/passwd", LINK, "a link instead of a part"),
        ("xl/other.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', PLAIN_FILE, "DOCTYPE"),
        ("xl/other.xml", "<!DOCTYPE x><x/>".encode("utf-16"), PLAIN_FILE, "DOCTYPE"),
        ("xl/far.xml", FAR_DOCTYPE, PLAIN_FILE, "DOCTYPE"),
    ],
    ids=["parent", "root", "backslashes", "same name", "nested", "link", "DOCTYPE", "UTF-16 DOCTYPE", "far DOCTYPE"],
)
def test_tricks_with_zip_entries(name, data, mode, said):
    with pytest.raises(UnreadableFile, match=said):
        read(with_part(name, data, mode=mode))


def test_too_many_parts():
    stream = io.BytesIO(SMALL)
    with zipfile.ZipFile(stream, "a") as archive:
        for number in range(2_001):
            archive.writestr(f"xl/{number}.xml", b"<x/>")
    with pytest.raises(UnreadableFile, match="at most 2,000"):
        read(stream.getvalue())


def test_overlapping_parts():
    data = bytearray(SMALL)
    directory = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", directory + 4)
    data[second + 42 : second + 46] = data[directory + 42 : directory + 46]
    with pytest.raises(UnreadableFile, match="overlap"):
        read(bytes(data))


def test_an_entity_in_the_sheet_itself_is_refused():
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    with pytest.raises(UnreadableFile, match="DOCTYPE"):
        read(rezipped(SMALL, lambda name, data: laughs if name.endswith("sheet1.xml") else data))


def test_a_file_beyond_the_upload_limit():
    with pytest.raises(UnreadableFile, match="at most 10 MiB"):
        read(b"SKU,Qty\n" + b"1,2\n" * 3_000_000, "walk.csv")


@pytest.mark.parametrize(
    ("place", "said"),
    [("XFD1048576", "row 1,048,576"), ("XFD2", "column XFD"), ("A1048576", "row")],
)
def test_a_far_corner_ends_quickly_with_its_place(place, said):
    def change(sheet):
        sheet[place] = "x"

    started = time.monotonic()
    with pytest.raises(UnreadableFile, match=said):
        read(workbook(HEADING, ("a", "", 1), change=change))
    assert time.monotonic() - started < SOON


def test_half_a_million_empty_rows_hide_nothing():
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (number, number) for number in range(3, 500_000))
    assert figures(read(with_sheet_xml(SMALL, b"</sheetData>", rows + b"</sheetData>"))) == [("a", "1")]


def test_too_many_rows():
    limits = replace(DEFAULT_LIMITS, rows=100)
    content = comma_separated(HEADING, *[(str(number), "", "1") for number in range(100)])
    with pytest.raises(UnreadableFile, match="row 101; at most 100 rows"):
        read_walk_sheet(content, file_name="walk.csv", limits=limits)


def test_too_many_cells():
    limits = replace(DEFAULT_LIMITS, cells=50)
    content = comma_separated(HEADING, *[(str(number), "x", "1") for number in range(100)])
    with pytest.raises(UnreadableFile, match="above 50 filled cells"):
        read_walk_sheet(content, file_name="walk.csv", limits=limits)


def large_sheet() -> bytes:
    return comma_separated(HEADING, *[(f"{number:06d}", "x" * 40, "1") for number in range(110_000)])


def test_a_reader_out_of_time_is_stopped():
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="takes too long"):
        read_walk_sheet(large_sheet(), file_name="walk.csv", limits=replace(DEFAULT_LIMITS, wall_seconds=0.3))
    assert time.monotonic() - started < SOON


def test_a_reader_out_of_processor_time_is_stopped():
    with pytest.raises(UnreadableFile, match="takes too long"):
        read_walk_sheet(large_sheet(), file_name="walk.csv", limits=replace(DEFAULT_LIMITS, cpu_seconds=1))


def test_a_reader_out_of_memory_says_so():
    limits = replace(DEFAULT_LIMITS, memory_bytes=60 * 1024 * 1024)
    with pytest.raises(UnreadableFile, match="more memory than a walk-sheet should|broke the program"):
        read_walk_sheet(large_sheet(), file_name="walk.csv", limits=limits)


def readers() -> list[int]:
    """The ids of this process's own reading children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status, command = (entry / "stat").read_text(), (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(status.rpartition(")")[2].split()[1]) == os.getpid() and b"spreadsheets.child" in command:
                found.append(int(entry.name))
    return found


def test_a_killed_reader_is_a_sentence_not_a_crash():
    def kill_when_seen():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for process in readers():
                os.kill(process, signal.SIGKILL)
                return
            time.sleep(0.005)

    killer = threading.Thread(target=kill_when_seen)
    killer.start()
    try:
        with pytest.raises(UnreadableFile, match="broke the program that reads it"):
            read_walk_sheet(large_sheet(), file_name="walk.csv")
    finally:
        killer.join()


def test_the_reader_knows_no_django():
    """The child is started as in production; a probe in place of its main lists what it imported."""
    package = Path(__file__).parents[2] / "inventory"
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import spreadsheets.child, spreadsheets.xlsx, spreadsheets.ods, spreadsheets.xls, spreadsheets.crosscheck;"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'inventory', 'celery')])"
    )
    command = [sys.executable, "-I", "-c", probe, str(package)]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == "[]"
