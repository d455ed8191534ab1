import io

import pytest
from pypdf import PdfReader

from quotes.documents.rendering import render_pdf
from tests.quotes.documents.samples import document


@pytest.fixture(scope="session")
def six_lines() -> bytes:
    return render_pdf(document())


@pytest.fixture(scope="session")
def thousand_lines() -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(document(1000))))
