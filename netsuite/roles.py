"""What each role may do with pushes. Granted by migrate."""

_SEE = [
    "netsuite.view_push",
    "netsuite.view_pushattempt",
    "netsuite.view_pushdecision",
    "netsuite.view_drainlease",
]

ROLES: dict[str, list[str]] = {
    "approver": [
        *_SEE,
        "netsuite.retry_push",
        "netsuite.cancel_push",
        "netsuite.redate_push",
        "netsuite.resolve_conflict",
        "netsuite.resume_drain",
    ],
    "auditor": _SEE,
    "integrator": [*_SEE, "netsuite.retry_push", "netsuite.resume_drain"],
}
