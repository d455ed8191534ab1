"""The shape of the house: directions between rooms, names, and sizes that fit in a head."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("config", "approvals", "netsuite", "inventory", "quotes", "benchmarks")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "signals", "misc", "shared"}
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50


def sources() -> list[Path]:
    """Every module written by hand: migrations are Django's."""
    found = [path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_keep_their_direction() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint_imports], cwd=HOUSE, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def imported_names(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of each import; a relative one stays inside its own package here."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"{path}:{node.lineno} reaches above its own package"
            if node.level == 0:
                yield node.lineno, node.module or ""


def test_simulator_imports_nothing_of_its_siblings() -> None:
    """A contract cannot say "all but myself", so the imports are read here."""
    strangers = [
        f"{path.relative_to(HOUSE)}:{line} imports {name}"
        for path in sorted((HOUSE / "netsuite" / "simulator").rglob("*.py"))
        for line, name in imported_names(path)
        if name.split(".")[0] in ROOMS and not f"{name}.".startswith("netsuite.simulator.")
    ]
    assert strangers == []


def test_modules_are_named_after_their_subject() -> None:
    named = [path.relative_to(HOUSE) for path in sources()]
    bad = [str(path) for path in named if BANNED_NAMES & {path.stem, *path.parent.parts}]
    assert bad == []


def test_files_fit_in_a_head() -> None:
    lengths = {str(path.relative_to(HOUSE)): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_functions_fit_on_a_screen() -> None:
    too_long = {}
    for path in sources():
        for function in functions(path):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                too_long[f"{path.relative_to(HOUSE)}:{function.lineno} {function.name}"] = lines
    assert too_long == {}


@pytest.mark.parametrize("lock", ["uv", "base", "tracing", "dev"])
def test_locked_packages_have_hashes_and_name_no_registry(lock: str) -> None:
    text = (HOUSE / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text
