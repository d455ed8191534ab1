"""What the cells of our import files may say. Every refusal is a sentence with its cure."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from import_export.widgets import CharWidget, ForeignKeyWidget, IntegerWidget, Widget

from inventory.admin.importing import code_of
from quotes.entity_status import entity_status
from quotes.models import Catalog, Customer, SpecItem
from quotes.models.years import school_year_text
from quotes.price_import.rows import basis, day, money
from quotes.school_years import UnclearYear, parse_school_year


class RowWidget(ForeignKeyWidget):
    """A row by its code; all codes are read in one query for the whole file."""

    def __init__(self, model: type[Model], field: str, called: str, *, optional: bool = False) -> None:
        super().__init__(model, field)
        self.called, self.optional = called, optional
        self.rows: dict[str, Model] | None = None

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        code = code_of(value)
        if not code and self.optional:
            return None
        if not code:
            raise ValueError(f"The {self.called} is empty. Fill it in, or delete the row.")
        if self.rows is None:
            self.rows = {getattr(found, self.field): found for found in self.model._default_manager.all()}
        if code not in self.rows:
            raise ValueError(f"The {self.called} “{code}” does not exist. Correct it, or add it first.")
        return self.rows[code]


def customer_widget() -> RowWidget:
    return RowWidget(Customer, "code", "customer")


def spec_item_widget() -> RowWidget:
    return RowWidget(SpecItem, "item_code", "spec item")


def catalog_widget() -> RowWidget:
    return RowWidget(Catalog, "code", "catalog")


class TextWidget(CharWidget):
    """Text that must be there."""

    def __init__(self, called: str) -> None:
        super().__init__()
        self.called = called

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = " ".join(str("" if value is None else value).split())
        if not text:
            raise ValueError(f"The {self.called} is empty. Fill it in, or delete the row.")
        return text


class SchoolYearWidget(IntegerWidget):
    def __init__(self, *, optional: bool = False) -> None:
        super().__init__()
        self.optional = optional

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = str("" if value is None else value).strip()
        if not text and self.optional:
            return None
        try:
            return parse_school_year(text).start
        except UnclearYear as problem:
            raise ValueError(str(problem)) from problem

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return school_year_text(value)


class BasisWidget(CharWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return basis(str(value or "")).value


class MoneyWidget(Widget):
    """Dollars, four decimals at most; empty is unknown."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return money(str("" if value is None else value))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return value


class DayWidget(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else day(str("" if value is None else value))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class StatusWidget(CharWidget):
    """NetSuite's status in any spelling; what is not understood is unknown, and shows as that in the preview."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return entity_status(str(value or "")).value


class ChoiceWidget(CharWidget):
    """A choice by its value or its label, in any case; empty is the default."""

    def __init__(self, choices: Iterable[tuple[Any, Any]], default: str) -> None:
        super().__init__()
        self.labels = {str(value): str(label) for value, label in choices}
        self.default = default

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = str(value or "").strip().lower()
        if not text:
            return self.default
        for known, label in self.labels.items():
            if text in {known, label.lower()}:
                return known
        raise ValueError(f"“{value}” is none of the choices. Write one of: {', '.join(self.labels)}.")
