"""The published API. Each room brings its own router."""

from ninja import NinjaAPI

api = NinjaAPI(title="Countersign", version="1.0.0", docs_url="docs")
