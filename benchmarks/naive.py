"""The naive way: django-import-export as its tutorial has it. One row, one query, one save, one history row."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import tablib
from django.db import connection, models
from import_export import resources
from simple_history.models import HistoricalRecords

from inventory.counting.submission import CountedItem


class NaiveStock(models.Model):
    """Stock by code with django-simple-history; the table exists only while the benchmark runs."""

    item_code = models.CharField(max_length=60, unique=True)
    on_hand = models.DecimalField(max_digits=14, decimal_places=3)
    history = HistoricalRecords(app="inventory")

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return self.item_code


class NaiveResource(resources.ModelResource):
    class Meta:
        model = NaiveStock
        import_id_fields = ("item_code",)
        fields = ("item_code", "on_hand")


def prepare(counts: Sequence[CountedItem]) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(NaiveStock)
        editor.create_model(NaiveStock.history.model)
    NaiveStock.objects.bulk_create(NaiveStock(item_code=c.item_code, on_hand=Decimal(100)) for c in counts)


def post(counts: Sequence[CountedItem]) -> Any:
    data = tablib.Dataset(*[(c.item_code, str(c.counted)) for c in counts], headers=["item_code", "on_hand"])
    return NaiveResource().import_data(data, raise_errors=True)
