"""The end-of-day reports: the list with its missed days, the page to enter from, and the pile on the first page."""

from inventory.admin.day_end import desk, reports

__all__ = ["desk", "reports"]
