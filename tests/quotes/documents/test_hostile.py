"""Text that wants to be more than text, in every place that takes text."""

import io
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pypdf import PdfReader

from quotes.documents.rendering import render_pdf
from tests.quotes.documents.samples import document
from tests.quotes.documents.spoiling import flattened, spoiled


class Ear(socketserver.ThreadingTCPServer):
    """Counts who calls on loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        self.calls = 0
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)

    def verify_request(self, request: object, client_address: object) -> bool:
        self.calls += 1
        return False


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def drawn(text: str) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(spoiled(document(), text))))


def words(reader: PdfReader) -> str:
    return flattened("".join(page.extract_text() for page in reader.pages))


def test_nobody_is_called_and_no_file_is_read(ear):
    here = f"http://127.0.0.1:{ear.server_address[1]}/x"
    text = (
        f'"><img src={here}><link rel=stylesheet href="{here}"><style>@import url({here}); '
        f"@font-face {{ font-family: Inter; src: url({here}) }} * {{ background: url({here}) }}</style>"
        f"<object data='{here}'></object><a rel=attachment href=file:///etc/passwd>x</a><img src=file:///etc/passwd>"
        "{{ document }}{% include '/etc/passwd' %}"
    )
    reader = PdfReader(io.BytesIO(render_pdf(spoiled(document(1), text))))
    assert ear.calls == 0
    said = words(reader)
    assert flattened("@import url(") in said
    assert flattened("{% include '/etc/passwd' %}") in said
    assert "root:x:0:0" not in said
    assert not list(reader.attachments)
    assert not any("/Annots" in page for page in reader.pages)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("שלום עולם, מחיר 12.50 ‏(USD)", id="hebrew"),
        pytest.param("سعر الصندوق 44.10 دولار", id="arabic"),
        pytest.param("🍕 Pizza 🧀 👨‍👩‍👧‍👦 🇺🇸 学校給食 한글 ไทย", id="emoji-and-scripts-without-a-font"),
        pytest.param("a\x00b\x07c\x1b[31md\ufeffe\u202e00.05\u202c f\ud800g\ufffe\U0010ffff", id="control"),
        pytest.param("Z̸̡̢̧̛̛̛͔̼̪̲̦̳̹̤̫̳͔̙̫̊̈́̀́̓̈́̐͊͌̕̚͝" * 8, id="stacked-marks"),
        pytest.param("", id="empty"),
    ],
)
def test_any_script_leaves_a_sane_quote(text):
    reader = drawn(f"{text} Ok")
    assert len(reader.pages) <= 8
    said = words(reader)
    assert said.count("Ok") > 40
    assert "44.10" in said
    assert "$99,149.97" in said


def test_right_to_left_text_can_be_read_back():
    said = words(drawn("שלום"))
    assert "שלום" in said or "םולש" in said


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Long words here " * 313, "x" * 5000], ids=["words", "one-word"])
def test_five_thousand_characters_are_all_there_on_few_pages(text):
    whole = document(2)
    customer = replace(whole.customer, name=text[:1000])
    long = replace(whole, customer=customer, lines=(replace(whole.lines[0], description=text), whole.lines[1]))
    reader = PdfReader(io.BytesIO(render_pdf(long)))
    assert len(reader.pages) <= 8
    said = words(reader)
    assert said.count(flattened(text)[:10]) >= len(flattened(text)) // 40
    assert "Purchaseordernumber" in said
