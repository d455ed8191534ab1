from django.apps import AppConfig


class NetsuiteConfig(AppConfig):
    name = "netsuite"
    verbose_name = "NetSuite"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from netsuite import checks, health  # noqa: F401  (register the system checks and the lines of health)
