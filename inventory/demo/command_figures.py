"""A command of ours run in this process, by what it prints with --json."""

import json
from io import StringIO
from typing import Any

from django.core.management import call_command

from inventory.demo.delivery import CommandFailed


def figures_of(command: str, *words: str) -> dict[str, Any]:
    """Also of one that found something wrong; raises CommandFailed for one that was refused."""
    out = StringIO()
    try:
        call_command(command, *words, "--json", stdout=out)
    except SystemExit as ended:
        if not out.getvalue():
            raise CommandFailed(f"{command} ended with {ended.code}.") from ended
    figures: dict[str, Any] = json.loads(out.getvalue())
    if figures.get("errors"):
        raise CommandFailed(f"{command} was refused: {figures['errors']}")
    return figures
