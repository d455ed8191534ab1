from inventory.models.adjustments import Adjustment
from inventory.models.counts import CountLine, CountSheet, Upload, Variance
from inventory.models.items import AssemblyComponent, Item
from inventory.models.mirror import MirrorMark, Parity
from inventory.models.places import Location, Zone
from inventory.models.stock import Balance, Movement

__all__ = [
    "Adjustment",
    "AssemblyComponent",
    "Balance",
    "CountLine",
    "CountSheet",
    "Item",
    "Location",
    "MirrorMark",
    "Movement",
    "Parity",
    "Upload",
    "Variance",
    "Zone",
]
