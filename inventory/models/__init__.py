from inventory.models.adjustments import Adjustment
from inventory.models.counts import CountLine, CountSheet, Upload, Variance
from inventory.models.day_end import DayEndReport, StockQuestion
from inventory.models.items import AssemblyComponent, Item
from inventory.models.mirror import MirrorMark, Parity
from inventory.models.orders import ExcelUpdate, Order, OrderLine
from inventory.models.places import Location, Zone
from inventory.models.stock import Authority, AuthorityChange, Balance, Movement
from inventory.models.syncs import ExcelSync, SyncLine
from inventory.models.variances import VarianceLine
from inventory.models.wms import (
    OversellIncident,
    WmsClient,
    WmsGap,
    WmsIntake,
    WmsKey,
    WmsMessage,
    WmsStanding,
    WmsUpdate,
)
from inventory.models.wms_disputes import WmsDispute
from inventory.models.wms_rollout import (
    WmsAgreement,
    WmsDifference,
    WmsReconciliation,
    WmsRollout,
    WmsRolloutBalance,
    WmsRolloutStep,
)
from inventory.models.wms_totals import WmsTotals

__all__ = [
    "Adjustment",
    "AssemblyComponent",
    "Authority",
    "AuthorityChange",
    "Balance",
    "CountLine",
    "CountSheet",
    "DayEndReport",
    "ExcelSync",
    "ExcelUpdate",
    "Item",
    "Location",
    "MirrorMark",
    "Movement",
    "Order",
    "OrderLine",
    "OversellIncident",
    "Parity",
    "StockQuestion",
    "SyncLine",
    "Upload",
    "Variance",
    "VarianceLine",
    "WmsAgreement",
    "WmsClient",
    "WmsDifference",
    "WmsDispute",
    "WmsGap",
    "WmsIntake",
    "WmsKey",
    "WmsMessage",
    "WmsReconciliation",
    "WmsRollout",
    "WmsRolloutBalance",
    "WmsRolloutStep",
    "WmsStanding",
    "WmsTotals",
    "WmsUpdate",
    "Zone",
]
