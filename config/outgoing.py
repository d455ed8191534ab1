"""The settings of events out."""

import environ

# Who reads our events, besides those added in the admin: `seed_subscriptions` makes them, paused.
SUBSCRIPTIONS = {"customer_health_predictor": ["inventory.adjusted"], "ar_aging_view": ["inventory.adjusted"]}


def event_readers(env: environ.Env, own_machine: list[str]) -> tuple[dict[str, list[str]], list[str], int]:
    """EVENTS_SUBSCRIPTIONS; EVENTS_ALLOWED_HOSTS: those that may be called by http and at private addresses.

    EVENTS_KEEP_DAYS: after how many days what was delivered is forgotten. The events themselves stay.
    """
    return (
        env.json("EVENTS_SUBSCRIPTIONS", default=SUBSCRIPTIONS),
        env.list("EVENTS_ALLOWED_HOSTS", default=own_machine),
        env.int("EVENTS_KEEP_DAYS", default=90),
    )


def event_pace(env: environ.Env) -> tuple[float, int, float]:
    """EVENTS_TIMEOUT: seconds a receiver has to answer. EVENTS_LANES: calls to one receiver at a time.

    EVENTS_SLICE: seconds for which one receiver is served at a stretch.
    """
    return (
        env.float("EVENTS_TIMEOUT", default=15),
        env.int("EVENTS_LANES", default=8),
        env.float("EVENTS_SLICE", default=20),
    )
