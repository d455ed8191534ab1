"""Where PDFs go: written once, found again, compared with their hash; in a folder and in a bucket."""

import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from django.core.files.base import ContentFile

from quotes.documents.shelves import PdfFolder
from quotes.documents.storing import PdfDamaged, StoredPdf, read_pdf, store_pdf
from tests.quotes.documents.samples import document

PDF, OTHER = b"%PDF-1.7 one", b"%PDF-1.7 two"
BUCKET = "countersign-quotes"
KEYS = {"QUOTE_S3_ACCESS_KEY": "key", "QUOTE_S3_SECRET_KEY": "secret"}
STORE_TWICE = """
import django, json
django.setup()
from quotes.documents.storing import read_pdf, store_pdf
from tests.quotes.documents.samples import document
first, again = (store_pdf(5, 2, document(), b"%PDF-1.7 one") for _ in range(2))
assert first == again
print(json.dumps([first.name, read_pdf(first.name, first.sha256).decode()]))
"""


@pytest.fixture
def folder(settings) -> Path:
    return Path(settings.MEDIA_ROOT) / "quotes"


def stored(pdf: bytes = PDF, revision: int = 2) -> StoredPdf:
    return store_pdf(5, revision, replace(document(), revision=revision), pdf)


def test_a_pdf_is_stored_under_its_own_hash_and_as_the_current_one(folder):
    kept = stored()
    digest = hashlib.sha256(PDF).hexdigest()
    assert (kept.name, kept.sha256, kept.size) == (f"quotes/5/r2-{digest[:12]}.pdf", digest, len(PDF))
    assert (folder / f"5/r2-{digest[:12]}.pdf").read_bytes() == PDF
    assert (folder / "5.pdf").read_bytes() == PDF
    assert read_pdf(kept.name, kept.sha256) == PDF


def test_the_same_again_writes_nothing(folder):
    kept = stored()
    before = {path: path.stat().st_ino for path in folder.rglob("*.pdf")}
    assert stored() == kept
    assert {path: path.stat().st_ino for path in folder.rglob("*.pdf")} == before


def test_other_bytes_never_replace_the_stored_ones(folder):
    first, second = stored(), stored(OTHER)
    assert first.name != second.name
    assert read_pdf(first.name, first.sha256) == PDF
    assert (folder / "5.pdf").read_bytes() == OTHER


def test_a_late_retry_of_an_older_revision_is_kept_but_not_current(folder):
    stored(OTHER, revision=3)
    late = stored(PDF, revision=2)
    assert read_pdf(late.name, late.sha256) == PDF
    assert (folder / "5.pdf").read_bytes() == OTHER


def test_a_changed_or_lost_file_is_told_and_not_overwritten(folder):
    kept = stored()
    path = folder.parent / kept.name
    path.write_bytes(OTHER)
    for again in (lambda: read_pdf(kept.name, kept.sha256), stored):
        with pytest.raises(PdfDamaged, match="was changed after it was stored. Restore it from a backup"):
            again()
    assert path.read_bytes() == OTHER
    path.unlink()
    with pytest.raises(PdfDamaged, match="is no longer stored"):
        read_pdf(kept.name, kept.sha256)


def test_a_document_of_another_revision_is_refused():
    with pytest.raises(ValueError, match="Q-2026-00017 r2 is not revision 3"):
        store_pdf(5, 3, document(), PDF)


def test_a_writer_that_dies_leaves_the_old_file_whole(tmp_path):
    class Dying(ContentFile[bytes]):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError("no space left")

    shelf = PdfFolder(location=tmp_path)
    shelf.save("quotes/5.pdf", ContentFile(PDF))
    with pytest.raises(OSError, match="no space left"):
        shelf.save("quotes/5.pdf", Dying(OTHER))
    assert (tmp_path / "quotes/5.pdf").read_bytes() == PDF
    assert [path.name for path in (tmp_path / "quotes").iterdir()] == ["5.pdf"]


@pytest.fixture
def s3_server(free_port) -> Iterator[str]:
    """A moto server as a process of its own; its address."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    try:
        while not answers(address):
            assert server.poll() is None
            assert time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.1)
        yield address
    finally:
        server.kill()
        server.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/moto-api/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.mark.slow
def test_a_bucket_by_setting(s3_server, process_environment):
    client = boto3.client(
        "s3", endpoint_url=s3_server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=BUCKET)
    environment = process_environment | KEYS | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "QUOTE_STORAGE": "s3",
        "QUOTE_S3_BUCKET": BUCKET,
        "QUOTE_S3_ENDPOINT": s3_server,
        "QUOTE_S3_REGION": "us-east-1",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", STORE_TWICE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    name, read_back = json.loads(done.stdout)
    assert read_back.encode() == PDF
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["quotes/5.pdf", name]
    assert client.get_object(Bucket=BUCKET, Key=name)["Body"].read() == PDF
    assert not Path(environment["VAR_DIR"], "media").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"QUOTE_STORAGE": "ftp"}, "QUOTE_STORAGE is ftp; it must be files or s3."),
        ({"QUOTE_STORAGE": "s3"}, "QUOTE_STORAGE is s3, so set QUOTE_S3_BUCKET to the bucket's name."),
    ],
)
def test_a_wrong_setting_is_told_at_the_start(given, sentence, process_environment):
    environment = process_environment | given
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=environment, capture_output=True, text=True
    )
    assert sentence in done.stderr
