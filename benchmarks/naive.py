"""The naive way: every row by itself, as the tutorials of django-import-export and django-simple-history have it.

The same durable rows as the floor and ours (a line with its variance, a proposal, the decision, a movement, a
balance), with history on everything a person can edit. Its tables exist only while the benchmark runs.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import tablib
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from import_export import fields, resources
from import_export.widgets import ForeignKeyWidget
from simple_history.models import HistoricalRecords

from approvals.clock import now
from inventory.counting.submission import CountedItem

QUANTITY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}


class NaiveStock(models.Model):
    item_code = models.CharField(max_length=60, unique=True)
    avg_cost = models.DecimalField(max_digits=12, decimal_places=4)
    on_hand = models.DecimalField(**QUANTITY)
    history = HistoricalRecords(app="inventory")

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return self.item_code


class NaiveLine(models.Model):
    stock = models.ForeignKey(NaiveStock, on_delete=models.PROTECT)
    counted = models.DecimalField(**QUANTITY)
    expected = models.DecimalField(**QUANTITY, null=True)
    variance = models.DecimalField(**QUANTITY, null=True)
    status = models.CharField(max_length=20, default="pending")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    history = HistoricalRecords(app="inventory")

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return f"{self.stock}: {self.counted}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.expected is None:
            self.expected = self.stock.on_hand
            self.variance = self.counted - self.expected
        super().save(*args, **options)


class NaiveProposal(models.Model):
    line = models.ForeignKey(NaiveLine, on_delete=models.PROTECT)
    payload = models.JSONField()
    status = models.CharField(max_length=20, default="pending")

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return str(self.line)


class NaiveMovement(models.Model):
    stock = models.ForeignKey(NaiveStock, on_delete=models.PROTECT)
    delta = models.DecimalField(**QUANTITY)
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return f"{self.stock}: {self.delta}"


TABLES = (NaiveStock, NaiveStock.history.model, NaiveLine, NaiveLine.history.model, NaiveProposal, NaiveMovement)


class NaiveResource(resources.ModelResource):
    stock = fields.Field("stock", "stock", ForeignKeyWidget(NaiveStock, "item_code"))

    class Meta:
        model = NaiveLine
        fields = ("stock", "counted")
        import_id_fields = ("stock",)


def prepare(counts: Sequence[CountedItem]) -> None:
    with connection.schema_editor() as editor:
        for table in TABLES:
            editor.create_model(table)
    NaiveStock.objects.bulk_create(
        NaiveStock(item_code=each.item_code, avg_cost=Decimal("2.50"), on_hand=Decimal(100)) for each in counts
    )


def stage(counts: Sequence[CountedItem]) -> None:
    data = tablib.Dataset(*[(each.item_code, str(each.counted)) for each in counts], headers=["stock", "counted"])
    NaiveResource().import_data(data, raise_errors=True)
    for line in NaiveLine.objects.all():
        payload = {"item": line.stock.item_code, "counted": str(line.counted), "variance": str(line.variance)}
        NaiveProposal.objects.create(line=line, payload=payload)


def post(approver: User) -> None:
    with transaction.atomic():
        for proposal in NaiveProposal.objects.filter(status="pending"):
            proposal.status = "approved"
            proposal.save()
            line = proposal.line
            line.status, line.decided_by = "approved", approver
            line.save()
            assert line.variance is not None
            NaiveMovement.objects.create(stock=line.stock, delta=line.variance, recorded_at=now())
            line.stock.on_hand += line.variance
            line.stock.save()
