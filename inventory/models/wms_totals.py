"""What has come of a client's feed so far, added up, so that a scrape never reads the feed itself."""

from typing import Any

from django.db import models

from inventory.models.wms import WmsClient


class WmsTotals(models.Model):
    """Only grows. Messages of one client commit in the order of their ids, because each holds the client's intake:
    everything up to `counted_to` is in here exactly once, and nothing can appear below it later."""

    client = models.OneToOneField(WmsClient, on_delete=models.CASCADE, related_name="totals")
    counted_to = models.BigIntegerField(default=0, help_text="Id of the last message counted.")
    outcomes: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="Outcome -> updates, as they were answered."
    )
    lag_counts: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="Updates that took effect within each bound of inventory.wms.totals.LAG_BOUNDS."
    )
    lag_seconds: models.FloatField[Any, Any] = models.FloatField(default=0, help_text="Sum over those updates.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Totals of {self.client}"
