from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.mirror import health  # noqa: F401  (registers the mirror's line of health)
