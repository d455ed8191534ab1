"""The two places a PDF can be put. Both replace a file as a whole: no reader and no crash leaves half of one."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.config import Config
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage

# Seconds, and attempts of one call.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 5, 30, 3


class PdfFolder(FileSystemStorage):
    """Files under MEDIA_ROOT; no address leads there."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            beside = Path(folder, path.name)
            with beside.open("xb") as file:
                file.writelines(content.chunks())
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                beside.chmod(self.file_permissions_mode)
            beside.replace(path)
        return name


class PdfBucket(S3Storage):
    """A bucket of S3 or of what speaks like it (Cloudflare R2, MinIO)."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            # Not every such server knows the newer checksums; ours is compared after each write.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, file_overwrite=True, default_acl=None, **options)
