"""Walking the quote screens as somebody, and sending files to them."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

CSV = "1"


def signed_in(person: Any) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def address(model: str, name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:quotes_{model}_{name}", args=args)


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def upload(client: Client, model: str, text: str) -> Any:
    form = {"import_file": SimpleUploadedFile("rows.csv", text.encode()), "format": CSV, "resource": ""}
    return client.post(address(model, "import"), form)


def confirm(client: Client, model: str, preview: Any) -> Any:
    assert "confirm_form" in preview.context, text_of(preview)
    form = preview.context["confirm_form"]
    return client.post(address(model, "process_import"), {field.html_name: field.value() or "" for field in form})


def run_import(client: Client, model: str, text: str) -> None:
    answer = confirm(client, model, upload(client, model, text))
    assert answer.status_code == 302, text_of(answer)


def exported(client: Client, model: str) -> str:
    text: str = client.post(address(model, "export"), {"format": CSV, "resource": ""}).content.decode()
    return text
