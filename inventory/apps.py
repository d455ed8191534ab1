from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.checking import handing_over, telling  # noqa: F401  (let the tick look after questions)
        from inventory.excel import metrics as workbooks  # noqa: F401  (what is told of workbooks at /metrics)
        from inventory.mirror import health, metrics  # noqa: F401  (the mirror's line of health, its figures)
        from inventory.stock import incidents  # noqa: F401  (lets the tick end them)
        from inventory.stock import metrics as ledger  # noqa: F401  (the ledger's figures)
        from inventory.wms import backfill_requests, disputes, gaps  # noqa: F401  (what the tick looks after)
        from inventory.wms import health as silence  # noqa: F401  (the feed's line of health)
        from inventory.wms import metrics as feed  # noqa: F401  (the feed's figures, added up at the tick)
