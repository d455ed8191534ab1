"""Number formats: which show a date, and which show digits the value does not have."""

from __future__ import annotations

import datetime
import re

# Format ids of dates and times that need no definition in the file, East Asian ones too (ECMA-376, 18.8.30).
BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])

_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")


def is_date_format(code: str) -> bool:
    bare = _NOT_CODE.sub("", code.split(";")[0])
    return bool(re.search(r"[dmyhs]", bare, re.IGNORECASE)) and "general" not in bare.lower()


def telling_pattern(code: str) -> str:
    """ "00000" for a format that pads with zeros, "0%" for a percentage, otherwise ""."""
    bare = _NOT_CODE.sub("", code.split(";")[0]).strip()
    if _ZEROS.fullmatch(bare):
        return bare
    return "0%" if "%" in bare else ""


def serial_to_iso(serial: float, epoch_1904: bool) -> str:
    """The day (and time, unless midnight) a serial number stands for; the serial itself if there is none.

    Serials of the 1900 system count a 29 February 1900 that never was.
    """
    start = datetime.datetime(1904, 1, 1) if epoch_1904 else datetime.datetime(1899, 12, 30)
    if not epoch_1904 and serial < 60:
        start = datetime.datetime(1899, 12, 31)
    try:
        moment = start + datetime.timedelta(seconds=round(serial * 86_400))
    except (OverflowError, ValueError):
        return f"{serial:g}"
    midnight = moment.time() == datetime.time()
    return moment.date().isoformat() if midnight else moment.isoformat(sep=" ")
