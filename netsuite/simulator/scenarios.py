"""Named sets of faults for demonstrations: ``--scenario bad_monday``."""

from collections.abc import Mapping
from typing import Any

Scenario = tuple[dict[str, Any], ...]

SCENARIOS: Mapping[str, Scenario] = {
    "none": (),
    "slow": ({"effect": "slow", "seconds": 2.0, "op": "push", "count": None},),
    "throttled": ({"effect": "throttle", "route": "restlet", "count": 20},),
    "revoked_token": ({"effect": "auth_revoke", "op": "push"},),
    "bad_monday": (
        {"effect": "reset_before_commit", "op": "push", "nth": 1},
        {"effect": "throttle", "op": "push", "nth": 2, "count": 3},
        {"effect": "hang_after_commit", "op": "push", "nth": 5, "seconds": 15},
        {"effect": "http_500_after_commit", "op": "push", "nth": 7},
        {"effect": "html_502", "op": "push", "nth": 9},
        {"effect": "late_commit", "op": "push", "nth": 11, "seconds": 20, "hold": 10},
        {"effect": "read_lag", "op": "push", "nth": 12, "seconds": 10},
        {"effect": "garbage_html_200", "op": "push", "probability": 0.05, "count": None},
        {"effect": "http_503", "op": "push", "probability": 0.05, "count": None},
        {"effect": "slow", "op": "push", "probability": 0.3, "seconds": 1.5, "count": None},
    ),
}
