"""Import files of any length in a constant number of statements, with history, every problem at once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey
from import_export.instance_loaders import BaseInstanceLoader

from approvals.refusals import Refused
from approvals.set_based import update_rows
from inventory.admin.exporting import SafeResource

BATCH = 5_000  # more than a preview takes: one statement for each kind of change


class LoadedAtOnce(BaseInstanceLoader):
    """Finds a file's rows in the database by their identifying columns, having read them all in one query."""

    def __init__(self, resource: Any, dataset: Any = None) -> None:
        super().__init__(resource, dataset)
        self.rows = {resource.key_of(instance): instance for instance in self._candidates()}

    def _candidates(self) -> Any:
        """The rows that agree with some row of the file in the first identifying column."""
        first = self.resource.fields[self.resource.get_import_id_fields()[0]]
        if first.column_name not in (self.dataset.headers or ()):
            return []
        found = set()
        for row in self.dataset.dict:
            try:
                value = first.clean(row)
            except ValueError:
                continue
            found.add(getattr(value, "pk", value))
        return self.resource.get_queryset().filter(**{f"{first.attribute}__any_of": sorted(found)})

    def get_instance(self, row: Any) -> Any:
        key = self.resource.key_in(row)
        return None if key is None else self.rows.get(key)


class BulkResource(SafeResource):
    """Rows found by `import_id_fields` together. A column left out changes nothing; an unchanged row writes nothing."""

    cost_columns: tuple[str, ...] = ()

    def __init__(self, may_see_cost: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.may_see_cost = may_see_cost
        self.first_rows: dict[Any, int] = {}
        for name in () if may_see_cost else self.cost_columns:
            del self.fields[name]

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        found = [] if self.may_see_cost else [name for name in dataset.headers or () if name in self.cost_columns]
        if found:
            dataset.wipe()
            raise Refused(
                f"You may not see or set costs, so the column “{found[0]}” is refused. Remove it and import the rest."
            )
        super().before_import(dataset, **kwargs)

    def key_in(self, row: Any) -> tuple[Any, ...] | None:
        """What the file's row is about; None when a part of it cannot be read, which the row's own check tells."""
        try:
            values = [self.fields[name].clean(row) for name in self.get_import_id_fields()]
        except (ValueError, KeyError):
            return None
        return tuple(getattr(value, "pk", value) for value in values)

    def key_of(self, instance: Any) -> tuple[Any, ...]:
        names = [self.fields[name].attribute for name in self.get_import_id_fields()]
        return tuple(getattr(instance, self._meta.model._meta.get_field(name).attname) for name in names)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        key = self.key_in(row)
        if key is None:
            return
        number = kwargs["row_number"]
        first = self.first_rows.setdefault(key, number)
        if first != number:
            raise ValidationError(f"Row {first} says something about the same thing. Keep one of them.")

    def validate_instance(self, instance: Any, errors: Any = None, validate_unique: bool = True) -> None:
        """The fields' rules and the model's own, without a query: other rows were found when the file was read."""
        problems = dict(errors or {})
        keys = {field.name for field in instance._meta.fields if isinstance(field, ForeignKey)}
        try:
            instance.clean_fields(exclude={*problems, *keys})
        except ValidationError as problem:
            problems = problem.update_error_dict(problems)
        if not problems:
            instance.clean()
        if problems:
            raise ValidationError(problems)

    def bulk_create(
        self, using_transactions: bool, dry_run: bool, raise_errors: bool, batch_size: Any = None, result: Any = None
    ) -> None:
        made = self.create_instances[:]
        self.create_instances.clear()
        if made:
            self._write(result, raise_errors, lambda: self._create(made))

    def bulk_update(
        self, using_transactions: bool, dry_run: bool, raise_errors: bool, batch_size: Any = None, result: Any = None
    ) -> None:
        changed = self.update_instances[:]
        self.update_instances.clear()
        if changed:
            self._write(result, raise_errors, lambda: self._update(changed))

    def _write(self, result: Any, raise_errors: bool, write: Any) -> None:
        try:
            with transaction.atomic():
                write()
        except IntegrityError:
            said = "A row clashes with what is stored, or with another row. Nothing was imported. Correct the file."
            self.handle_import_error(result, Refused(said), raise_errors)

    def _create(self, made: list[Any]) -> None:
        model = self._meta.model
        model._default_manager.bulk_create(made, batch_size=1000)
        model.history.bulk_history_create(made, batch_size=1000)

    def _update(self, changed: list[Any]) -> None:
        model = self._meta.model
        fields = [model._meta.get_field(field.attribute) for field in self.get_import_fields()]
        names = [field.name for field in fields]
        update_rows(model, names, [(row.pk, *(getattr(row, field.attname) for field in fields)) for row in changed])
        model.history.bulk_history_create(changed, batch_size=1000, update=True)

    class Meta(SafeResource.Meta):
        use_bulk = True
        batch_size = BATCH
        instance_loader_class = LoadedAtOnce
