"""The mirror's figures for monitoring."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from approvals.metrics import gauge, register
from inventory.mirror.standing import mirror_standing


def mirror() -> Iterator[Metric]:
    state = mirror_standing()
    yield gauge(
        "countersign_netsuite_mirror_timestamp_seconds",
        "When balances were last compared with NetSuite.",
        state.succeeded_at,
    )
    yield gauge(
        "countersign_netsuite_differing_balances", "Balances that lastingly differ from NetSuite's.", state.apart
    )


register("netsuite_mirror", mirror)
