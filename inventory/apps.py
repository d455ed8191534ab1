from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.checking import handing_over, telling  # noqa: F401  (let the tick look after questions)
        from inventory.mirror import health  # noqa: F401  (registers the mirror's line of health)
        from inventory.stock import incidents  # noqa: F401  (lets the tick end them)
        from inventory.wms import backfill_requests, disputes, gaps  # noqa: F401  (what the tick looks after)
