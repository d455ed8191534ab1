"""The supplier's side of the page, from the settings QUOTE_LETTERHEAD and QUOTE_SIGNATORY."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from quotes.documents.contents import Letterhead, Person


def letterhead() -> Letterhead:
    """The letterhead of a new quote; a quote already written keeps the one in its document."""
    words = settings.QUOTE_LETTERHEAD
    if not words["name"]:
        raise ImproperlyConfigured("QUOTE_LETTERHEAD_NAME is missing: set it to the supplier's legal name.")
    return Letterhead(**words)


def signatory() -> Person | None:
    """Who signs where the quote names nobody; some districts ask for an authorised representative."""
    words = settings.QUOTE_SIGNATORY
    return Person(**words) if words["name"] else None
