"""Clients and their keys: issue, retire. The secret leaves this module once, when it is made."""

import logging
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.outbox.signing import new_secret
from approvals.refusals import Refused
from approvals.sealing import Unreadable, seal, unseal
from inventory.models import WmsClient, WmsKey

log = logging.getLogger(__name__)
PERMISSION = "inventory.manage_wmskey"
MOST_KEYS = 5  # every one is tried on every message


def issue_key(*, client: WmsClient, label: str, by: Any) -> tuple[WmsKey, str]:
    """A new key and its secret, which nobody is shown again. Earlier keys stay valid until they are retired."""
    _check_may(by)
    label = label.strip()
    if not label or len(label) > 80:
        raise Refused("Say in at most 80 characters where the key is used, so that it can be retired with confidence.")
    with transaction.atomic():
        WmsClient.objects.select_for_update().get(pk=client.pk)
        if live_keys(client).count() >= MOST_KEYS:
            raise Refused(f"{client} has {MOST_KEYS} valid keys already. Retire one that is not used any more.")
        secret = new_secret()
        key = WmsKey.objects.create(client=client, label=label, sealed=seal(secret))
        _record(by, "wms_key.issued", key)
    return key, secret


def retire_key(*, key: WmsKey, by: Any) -> None:
    """Messages signed with it are refused from now on. It cannot be revived."""
    _check_may(by)
    with transaction.atomic():
        if not WmsKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=now()):
            raise Refused(f"“{key.label}” was retired already.")
        _record(by, "wms_key.retired", key)


def live_keys(client: WmsClient) -> Any:
    return WmsKey.objects.filter(client=client, retired_at=None).order_by("-pk")


def live_secrets(client: WmsClient) -> list[str]:
    """Newest first. One that cannot be opened any more is passed over."""
    found = []
    for pk, sealed in live_keys(client).values_list("pk", "sealed"):
        try:
            found.append(unseal(sealed))
        except Unreadable:
            log.error("wms key %s of %s cannot be opened: SECRET_KEY was changed", pk, client.wms_id)
    return found


def _check_may(by: Any) -> None:
    if not by.has_perm(PERMISSION):
        raise Refused("You may not manage the keys of WMS clients. Ask an administrator for the integrator role.")


def _record(by: Any, verb: str, key: WmsKey) -> None:
    details = {"wms_id": key.client.wms_id, "label": key.label}
    audit.append(actor=by, verb=verb, entity_ref=f"wms_key:{key.pk}", details=details)
