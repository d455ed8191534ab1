"""Write the PDF of a quote to a file: the stored one, or a drawing when none is stored. Exit 2 with the reason."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quotes.documents.contents import UnfitContents
from quotes.documents.storing import PdfDamaged, pdf_name, read_pdf
from quotes.models import Quote
from quotes.outgoing import document_of_quote
from quotes.viewing import find_quote


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="like Q-2026-00017")
        parser.add_argument("--revision", type=int, help="the newest when left out")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        quote = find_quote(options["number"], options["revision"])
        if quote is None:
            raise CommandError(f"There is no quote {options['number']}.", returncode=2)
        out: Path = options["out"]
        try:
            pdf = pdf_of(quote)
            out.write_bytes(pdf)
        except (PdfDamaged, UnfitContents, LookupError) as problem:
            raise CommandError(str(problem), returncode=2) from problem
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.", returncode=2) from error
        written = {
            "quote": str(quote),
            "file": str(out),
            "bytes": len(pdf),
            "sha256": hashlib.sha256(pdf).hexdigest(),
            "stored": bool(quote.pdf_hash),
        }
        said = f"{quote}: {len(pdf)} bytes to {out}, {'as stored' if quote.pdf_hash else 'drawn now'}."
        self.stdout.write(json.dumps(written) if options["json"] else said)


def pdf_of(quote: Quote) -> bytes:
    if quote.pdf_hash:
        return read_pdf(pdf_name(quote.pk, quote.revision, quote.pdf_hash), quote.pdf_hash)
    # Drawing needs Pango; reading what is stored does not.
    from quotes.documents.rendering import render_pdf

    return render_pdf(document_of_quote(quote))
