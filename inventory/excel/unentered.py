"""Was it sold, and the workbook not told? The client's scenario 1: "check if 200 units were sold today".

Sales after the as-of time are taken off by the ledger. Sales before it may still be missing in the workbook, because
nobody has entered them yet. Staff enter sales in the order of the reports, so a workbook lacks the last so many of
them: of all such endings, the one that explains the workbook best is taken, and none when it explains no better.

Pure. Quantities in the item's unit.
"""

from collections.abc import Sequence
from decimal import Decimal


def missing_sales(stated: Decimal, expected: Decimal, sold: Sequence[Decimal]) -> int:
    """How many of the last sales the workbook lacks. `sold`: not yet proved to be in it, oldest first."""
    best, lacking, assumed = abs(stated - expected), 0, Decimal(0)
    for number, quantity in enumerate(reversed(sold), 1):
        assumed += quantity
        left = abs(stated - (expected + assumed))
        if left < best:
            best, lacking = left, number
    return lacking
