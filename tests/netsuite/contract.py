"""The contract's one schema, and what of a request or an answer does not fit it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = Path(__file__).resolve().parents[2] / "netsuite" / "restlet_contract.schema.json"
ANSWERS = {"ping": "pingAnswer", "lookup": "lookupAnswer", "push": "pushAnswer"}
REQUESTS = {"ping": "pingRequest", "lookup": "lookupRequest", "push": "pushRequest"}


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert name in schema["$defs"], f"the schema has no {name}"
    return Draft202012Validator(schema | {"$ref": f"#/$defs/{name}"}, format_checker=FormatChecker(["date"]))


def problems(name: str, instance: Any) -> list[str]:
    """One sentence for each thing that does not fit the definition `name`."""
    return [f"{name} {error.json_path}: {error.message}" for error in validator(name).iter_errors(instance)]


def answer_problems(op: str | None, status: int, answer: Any) -> list[str]:
    """What a script answers with HTTP 200 fits its operation; any other status carries an error."""
    return problems(ANSWERS[op] if status == 200 and op in ANSWERS else "errorAnswer", answer)
