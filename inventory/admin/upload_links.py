"""Where an upload is shown, by what it holds."""

from django.urls import reverse

from inventory.models import Upload

_SCREENS = {Upload.Kind.COUNT: "upload", Upload.Kind.STOCK: "excelsync_upload"}


def upload_url(upload: Upload, action: str = "preview") -> str:
    return reverse(f"admin:inventory_{_SCREENS[Upload.Kind(upload.kind)]}_{action}", args=(upload.pk,))
