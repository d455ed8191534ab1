from quotes.models.customers import Customer, CustomerContact, CustomerProfile, CustomerProgram
from quotes.models.prices import Catalog, CatalogItem, PricingMaster
from quotes.models.quotes import Quote, QuoteLine, QuoteSeries
from quotes.models.spec_items import SpecItem

__all__ = [
    "Catalog",
    "CatalogItem",
    "Customer",
    "CustomerContact",
    "CustomerProfile",
    "CustomerProgram",
    "PricingMaster",
    "Quote",
    "QuoteLine",
    "QuoteSeries",
    "SpecItem",
]
