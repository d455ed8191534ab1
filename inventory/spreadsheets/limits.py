"""How much of a machine one upload may take. Figures come from 2,629 real workbooks (see each field)."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Ceilings for one file; the defaults leave several times the room of the largest honest file seen."""

    upload_bytes: int = 10 * MIB
    unpacked_bytes: int = 200 * MIB  # largest honest workbook unpacked: 57 MiB
    ratio: int = 150  # largest honest ratio: 69
    ratio_from_bytes: int = 20 * MIB  # small, very regular sheets compress better than that, harmlessly
    zip_entries: int = 2_000  # largest honest: 1,033
    rows: int = 120_000  # a row number, so a stray cell far below the data counts too
    columns: int = 200
    cells: int = 2_000_000
    header_rows: int = 20
    memory_bytes: int = 512 * MIB
    cpu_seconds: int = 60
    wall_seconds: float = 90.0


DEFAULT_LIMITS = Limits()
