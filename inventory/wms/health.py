"""The feed's line of health: since when each WMS that may send has been silent."""

from datetime import timedelta

from django.conf import settings

from approvals.clock import now
from approvals.health import Line, register, seconds_since
from approvals.templatetags.figures import age
from inventory.models import WmsClient


def feed() -> Line:
    """A client that never sent is being set up; one that did, and stopped, is a problem."""
    clients = WmsClient.objects.filter(is_enabled=True).order_by("wms_id").values_list("wms_id", "intake__taken_at")
    last = dict(clients)
    silent = [wms_id for wms_id, at in last.items() if at and now() - at > silent_after()]
    said = " ".join(f"{wms_id} sent {age(at)} ago." if at else f"{wms_id} never sent." for wms_id, at in last.items())
    problem = ""
    if silent:
        problem = f"{said} Check that {', '.join(silent)} reaches us; what it missed it can send again."
    figures = {
        "last_message_age_seconds": {wms_id: seconds_since(at) for wms_id, at in last.items()},
        "silent": silent,
    }
    return Line("Feed of the WMS", said or "No WMS is connected.", problem, figures)


def silent_after() -> timedelta:
    return timedelta(minutes=settings.WMS_SILENT_MINUTES)


register("wms_feed", feed)
