"""The settings of stock workbooks: the watched folder, and how far a workbook is trusted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config.buckets import bucket


def workbook_storage(env: environ.Env, secret: Callable[[str], str], default: Path) -> dict[str, Any]:
    """Where staff drop workbooks, a folder for each location's code: on this machine, or in a bucket of S3 or R2."""
    kind = env.str("EXCEL_STORAGE", default="files")
    if kind == "files":
        folder = env.str("EXCEL_FOLDER", default=str(default))
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    if kind != "s3":
        raise ImproperlyConfigured(f"EXCEL_STORAGE is {kind}; it must be files or s3.")
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": bucket(env, secret, "EXCEL")}


def workbook_rules(env: environ.Env) -> tuple[bool, float]:
    """EXCEL_AUTO_FIX: does a workbook from the watched folder post what only its units send to review?

    EXCEL_STALE_AFTER_HOURS: how long after its as-of time a workbook is sold by without asking for a newer one.
    """
    return env.bool("EXCEL_AUTO_FIX", default=False), env.float("EXCEL_STALE_AFTER_HOURS", default=4)
