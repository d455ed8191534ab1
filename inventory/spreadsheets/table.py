"""Reads any other table of rows, such as items or opening stock, by the rules of the walk-sheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .columns import Field, FieldKind, Layout
from .limits import DEFAULT_LIMITS, Limits
from .process import read_in_child
from .results import Table, TableRow


def read_table(
    content: bytes,
    *,
    file_name: str,
    columns: Mapping[str, Sequence[str]],
    required: Sequence[str],
    codes: Collection[str] = (),
    numbers: Mapping[str, int] | None = None,
    unique: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Table:
    """`columns` maps a name to the headings it goes by, best first; `required[0]` is the row's code.

    `codes` are read as item codes are (`required[0]` always is), `numbers` as Decimals with at most
    that many decimals, everything else as text. The heading row must hold all of `required`, and each row a
    value for each. No two rows may agree in all of `unique`. Raises UnreadableFile as `read_walk_sheet` does.
    """
    decimals = numbers or {}
    anchor = required[0]

    def kind(name: str) -> FieldKind:
        if name in decimals:
            return "number"
        return "code" if name in codes or name == anchor else "text"

    fields = tuple(
        Field(
            name=name,
            label=name.replace("_", " "),
            kind=kind(name),
            headings=tuple((heading,) for heading in headings),
            required=name in required,
            decimals=decimals.get(name, 0),
        )
        for name, headings in columns.items()
    )
    layout = Layout(fields, anchor, "", tuple(required), tuple(unique))
    answer = read_in_child(content, file_name, layout, limits)
    return Table(
        file_kind=answer.kind,
        sheets=tuple(answer.sheets),
        rows=tuple(TableRow(sheet, row, values) for sheet, row, values in answer.rows),
        errors=tuple(answer.errors),
        warnings=tuple(answer.warnings),
    )
