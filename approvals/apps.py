from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals and record"

    def ready(self) -> None:
        from approvals import checks  # noqa: F401  registers the system checks
        from approvals.outbox import metrics, standing  # noqa: F401  its figures, its line of health, its watcher
        from approvals.outbox.waking import notice_events
        from approvals.roles import grant_roles

        autodiscover_modules("workflow")
        notice_events()
        post_migrate.connect(grant_roles, dispatch_uid="approvals.grant_roles")
