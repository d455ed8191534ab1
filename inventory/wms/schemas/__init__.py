"""The anti-corruption layer: each schema version a pure mapper from what was sent to what we mean by an update.

A new version of the sender's schema is a new module here with its contract in the tests; nothing else changes.
"""

from inventory.wms.schemas import version_1, version_2
from inventory.wms.schemas.update import NewUpdate, Schema, Unmappable

SCHEMAS: dict[str, Schema] = {schema.version: schema for schema in (version_1.SCHEMA, version_2.SCHEMA)}

__all__ = ["SCHEMAS", "NewUpdate", "Schema", "Unmappable"]
