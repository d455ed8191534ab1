"""Updates as they were stored, read again from what was sent, by the same mappers."""

from collections.abc import Iterable

from inventory.models import WmsUpdate
from inventory.wms.bodies import Read, map_updates, read_json
from inventory.wms.judging import as_of


def read_again(rows: Iterable[WmsUpdate], wms_id: str) -> list[Read]:
    """In their order, which their position tells. What was true of a moment stays so: no later than the row came."""
    return [_read(row, position, wms_id) for position, row in enumerate(rows)]


def _read(row: WmsUpdate, position: int, wms_id: str) -> Read:
    [read] = map_updates(row.schema_version, [read_json(row.payload)], wms_id).updates
    update = read.update and read.update._replace(as_of=as_of(read.update, row.received_at))
    return read._replace(position=position, update=update)
