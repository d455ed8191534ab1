"""NetSuite's settings as a process reads them from its environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ASK = """
import json
from config import settings

print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.startswith("NETSUITE_")}))
"""


def read_with(tmp_path: Path, **environment: str) -> dict:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NETSUITE_")}
    answer = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=PROJECT,
        env=inherited | {"VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(answer.stdout))


def test_without_a_word_it_is_the_restlet_with_tokens(tmp_path):
    given = read_with(tmp_path)
    assert (given["NETSUITE_TRANSPORT"], given["NETSUITE_AUTH"]) == ("restlet", "tba")
    assert given["NETSUITE_LAST_ATTEMPT_WAIT"] == 330


@pytest.mark.parametrize(("more", "wait"), [({}, 930), ({"NETSUITE_LAST_ATTEMPT_WAIT": "1200"}, 1200)])
def test_the_record_api_may_run_for_fifteen_minutes(tmp_path, more, wait):
    given = read_with(tmp_path, NETSUITE_TRANSPORT="rest", NETSUITE_SCOPES="rest_webservices", **more)
    assert given["NETSUITE_LAST_ATTEMPT_WAIT"] == wait
    assert given["NETSUITE_SCOPES"] == ["rest_webservices"]


def test_a_key_file_that_is_not_there_stops_no_start(tmp_path):
    given = read_with(tmp_path, NETSUITE_PRIVATE_KEY_FILE="/nowhere/key.pem")
    assert given["NETSUITE_PRIVATE_KEY_FILE"] == "/nowhere/key.pem"
