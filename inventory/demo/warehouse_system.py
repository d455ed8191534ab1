"""The demo's WMS: a client for MAIN whose word is only compared until somebody gives it the authority."""

from django.conf import settings
from django.contrib.auth import get_user_model

from approvals.refusals import Refused
from inventory.models import Location, WmsClient
from inventory.wms.clients import issue_key, live_keys, retire_key

WMS_ID, LOCATION = "demo-wms", "MAIN"
LABEL = "wms_simulator --demo"


def create_demo_wms() -> WmsClient:
    """The client that speaks for MAIN, made when there is none."""
    location = Location.objects.get(code=LOCATION)
    speaking = WmsClient.objects.filter(location=location, is_enabled=True).first()
    return speaking or WmsClient.objects.create(wms_id=WMS_ID, name="Demo warehouse system", location=location)


def demo_key() -> tuple[WmsClient, str]:
    """The client and the secret of a new key; the one of the last time is retired. Raises Refused."""
    if settings.PRODUCTION:
        raise Refused("This is a production database: --demo issues keys to whoever types it. Name a key with --key.")
    admin = get_user_model()._default_manager.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if admin is None or not Location.objects.filter(code=LOCATION).exists():
        raise Refused("There is no demo house here. `make run` makes one, or type `manage.py seed_demo`.")
    client = create_demo_wms()
    for old in live_keys(client).filter(label=LABEL):
        retire_key(key=old, by=admin)
    return client, issue_key(client=client, label=LABEL, by=admin)[1]
