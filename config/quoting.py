"""The settings of quotes, from the environment: where PDFs are kept and what the supplier says on them."""

from collections.abc import Callable
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config.buckets import bucket


def quote_storage(env: environ.Env, secret: Callable[[str], str]) -> dict[str, Any]:
    """Where PDFs of quotes are kept: files under MEDIA_ROOT, or a bucket of S3 or R2."""
    kind = env.str("QUOTE_STORAGE", default="files")
    if kind == "files":
        return {"BACKEND": "quotes.documents.shelves.PdfFolder"}
    if kind != "s3":
        raise ImproperlyConfigured(f"QUOTE_STORAGE is {kind}; it must be files or s3.")
    return {"BACKEND": "quotes.documents.shelves.PdfBucket", "OPTIONS": bucket(env, secret, "QUOTE")}


def supplier_words(env: environ.Env, simulated: Callable[[str], str], production: bool) -> tuple[Any, Any, Any]:
    """QUOTE_LETTERHEAD, QUOTE_SIGNATORY and QUOTE_STATEMENTS."""
    # Lines of an address are separated by "|". Production has no letterhead until it is given one.
    letterhead = {
        "name": env.str("QUOTE_LETTERHEAD_NAME", default=simulated("Lakeshore School Foods")),
        "tagline": env.str("QUOTE_LETTERHEAD_TAGLINE", default=simulated("K-12 food service supply")),
        "address": tuple(
            env.str("QUOTE_LETTERHEAD_ADDRESS", default=simulated("1840 Harbor Street|Erie, PA 16507")).split("|")
        ),
        "phone": env.str("QUOTE_LETTERHEAD_PHONE", default=simulated("(814) 555-0140")),
        "email": env.str("QUOTE_LETTERHEAD_EMAIL", default=simulated("quotes@lakeshore.example.com")),
        "website": env.str("QUOTE_LETTERHEAD_WEBSITE", default=simulated("lakeshore.example.com")),
        "remit_to": tuple(env.str("QUOTE_LETTERHEAD_REMIT_TO", default="").split("|")),
    }
    # Who signs a quote that names nobody.
    signatory = {
        field: env.str(f"QUOTE_SIGNATORY_{field.upper()}", default="") for field in ("name", "title", "phone", "email")
    }
    # The supplier's own policies, as a JSON object of title and text.
    demo_policy = {"Substitutions": "Nothing is substituted without the district's written consent."}
    statements = env.json("QUOTE_STATEMENTS", default={} if production else demo_policy)
    return letterhead, signatory, statements
