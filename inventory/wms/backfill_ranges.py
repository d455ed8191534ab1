"""Which sequences are missing, as ranges: what the WMS or its people are asked for."""

from collections.abc import Iterator

from inventory.models import WmsGap, WmsUpdate

Range = tuple[int, int]


def missing_ranges(gap: WmsGap, first: int | None = None, last: int | None = None) -> Iterator[Range]:
    """In order, both ends included; within `first` and `last` where they are given."""
    start, end = max(gap.first_missing, first or 0), min(gap.last_missing, gap.last_missing if last is None else last)
    came = WmsUpdate.objects.filter(client=gap.client_id, sequence__gte=start, sequence__lte=end)
    rows = came.exclude(reason="key_reused").exclude(reason="too_far_ahead").order_by("sequence")
    expected = start
    for sequence in rows.values_list("sequence", flat=True).iterator(chunk_size=5_000):
        if sequence is not None:
            if sequence > expected:
                yield expected, sequence - 1
            expected = sequence + 1
    if expected <= end:
        yield expected, end


def in_words(ranges: list[Range], shown: int = 20) -> str:
    """41, 43 to 57, 90 to 92 and 3 more ranges"""
    said = ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in ranges[:shown])
    rest = len(ranges) - shown
    return f"{said} and {rest:,} more range{'s' * (rest != 1)}" if rest > 0 else said
