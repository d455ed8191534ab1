"""The README's promises: every path, function, test, picture and command it names exists."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

HOUSE = Path(__file__).resolve().parents[1]
README = (HOUSE / "README.md").read_text(encoding="utf-8")
RULES = re.findall(r"^\| [^|]+ \| `([\w/]+\.py)` \| `(\w+)` \| `([\w/]+\.py)::(\w+)` \|$", README, re.MULTILINE)


@cache
def names_in(path: str) -> set[str]:
    defined = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.parse((HOUSE / path).read_text()).body if isinstance(node, defined)}


def section(heading: str) -> str:
    return README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_every_row_of_the_rule_table_is_understood():
    rows = [line for line in section("Where is the rule?").splitlines() if line.startswith("|")]
    assert len(rows) - 2 == len(RULES) >= 20


@pytest.mark.parametrize(("module", "name", "test_module", "test"), RULES, ids=[rule[1] for rule in RULES])
def test_a_rule_is_where_the_table_says(module, name, test_module, test):
    assert name in names_in(module)
    assert test in names_in(test_module)


def test_links_and_pictures_lead_somewhere():
    pages = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not missing


def test_every_command_it_names_can_be_typed():
    named = re.findall(r"`([a-z]+_[a-z_]+|tick)(?: |`)", section("Operators' commands"))
    assert len(named) >= 12
    assert set(named) <= set(get_commands())
    helped = subprocess.run(["make", "help"], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    targets = {line.split()[0] for line in helped.splitlines()}
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= targets
