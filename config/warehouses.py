"""The settings of the feed of a WMS."""

from datetime import timedelta

import environ


def feed_patience(env: environ.Env) -> tuple[timedelta, float]:
    """WMS_GAP_MINUTES: messages overtake one another, so a hole in the sequence is told of when it is open for longer.

    WMS_SILENT_MINUTES: a WMS that sent before and has been silent for so long is a problem on the health page.
    """
    return timedelta(minutes=env.float("WMS_GAP_MINUTES", default=10)), env.float("WMS_SILENT_MINUTES", default=15)


def handing_over(env: environ.Env) -> tuple[float, int]:
    """WMS_STALE_AFTER_HOURS: the reconciliation holds nothing against us that was said longer ago.

    WMS_GATE_DAYS: on how many business days in a row a wave must pass its gates before it is switched to the WMS.
    """
    return env.float("WMS_STALE_AFTER_HOURS", default=168), env.int("WMS_GATE_DAYS", default=3)
