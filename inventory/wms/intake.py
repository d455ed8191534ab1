"""A client's intake row, at which its messages wait for one another and for whoever must not meet one halfway."""

from inventory.models import WmsClient, WmsIntake


def hold_intake(client: WmsClient) -> WmsIntake:
    """Until the transaction ends, no message of the client is judged. One query, once it has sent anything."""
    held = WmsIntake.objects.select_for_update().filter(client=client)
    intake = held.first()
    if intake is None:
        WmsIntake.objects.get_or_create(client=client, defaults={"allowance": client.updates_per_minute})
        intake = held.get()
    return intake
