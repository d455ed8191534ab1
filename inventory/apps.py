from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.checking import telling  # noqa: F401  (lets the tick look at overdue questions)
        from inventory.mirror import health  # noqa: F401  (registers the mirror's line of health)
