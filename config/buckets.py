"""A bucket of S3 or R2 from the environment, for whoever keeps files in one."""

from collections.abc import Callable
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def bucket(env: environ.Env, secret: Callable[[str], str], prefix: str) -> dict[str, Any]:
    """Options of a storage, from <prefix>_S3_BUCKET and its siblings."""
    name = env.str(f"{prefix}_S3_BUCKET", default="")
    if not name:
        raise ImproperlyConfigured(f"{prefix}_STORAGE is s3, so set {prefix}_S3_BUCKET to the bucket's name.")
    return {
        "bucket_name": name,
        # Empty for Amazon; https://<account>.r2.cloudflarestorage.com and region auto for R2.
        "endpoint_url": env.str(f"{prefix}_S3_ENDPOINT", default="") or None,
        "region_name": env.str(f"{prefix}_S3_REGION", default="") or None,
        # Empty: the machine's own role.
        "access_key": secret(f"{prefix}_S3_ACCESS_KEY") or None,
        "secret_key": secret(f"{prefix}_S3_SECRET_KEY") or None,
    }
