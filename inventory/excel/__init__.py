"""A workbook as a source: what it says, compared with the ledger, judged by tiers, decided, posted."""
