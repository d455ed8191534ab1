"""What every schema comes to: an update in our own words. Plain Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

Raw = Mapping[str, Any]


class Unmappable(Exception):
    """`reason` is one of WmsUpdate.Reason; the text is a sentence that says what is wrong and what to send."""

    def __init__(self, reason: str, why: str) -> None:
        self.reason = reason
        super().__init__(why)


class NewUpdate(NamedTuple):
    """Absolute: at `as_of` there were `quantity` of the item, sellable, in its unit."""

    sequence: int
    sku: str
    quantity: Decimal
    status: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Schema:
    """`read` maps a whole update; `key_of` and `sku_of` find their part of one that `read` refuses."""

    version: str
    read: Callable[[Raw, str], NewUpdate]
    key_of: Callable[[Raw], Any]
    sku_of: Callable[[Raw], Any]
