"""The two places a PDF can be put. Both replace a file as a whole: no reader and no crash leaves half of one."""

import os
from tempfile import NamedTemporaryFile
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
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        beside = NamedTemporaryFile(dir=os.path.dirname(path), prefix=".", delete=False)
        try:
            with beside:
                beside.writelines(content.chunks())
                beside.flush()
                os.fsync(beside.fileno())
            if self.file_permissions_mode is not None:
                os.chmod(beside.name, self.file_permissions_mode)
            os.replace(beside.name, path)
        except BaseException:
            os.unlink(beside.name)
            raise
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
