from django.apps import AppConfig


class NetsuiteConfig(AppConfig):
    name = "netsuite"
    verbose_name = "NetSuite"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from netsuite import checks, health, metrics  # noqa: F401  (system checks, lines of health, figures)
