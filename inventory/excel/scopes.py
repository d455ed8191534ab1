"""How much a source speaks for."""

from enum import StrEnum


class Scope(StrEnum):
    WORKBOOK = "workbook"
    """All of a workbook: an item it leaves out is missing there."""
    PART = "part"
    """Some rows of a workbook, asked for again: its silence about other items means nothing."""
    PERSON = "person"
    """Somebody went and looked: no workbook, so nothing can be missing in one."""
    DISPUTE = "dispute"
    """Somebody states a quantity against whoever has the authority, and says why."""

    @property
    def is_person(self) -> bool:
        return self in {Scope.PERSON, Scope.DISPUTE}
