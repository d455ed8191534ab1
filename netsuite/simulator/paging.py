"""Pages of REST web services: at most a thousand rows, offsets divisible by the limit, links to the neighbours."""

from typing import Any

from netsuite.simulator.exchange import Exchange, Refusal

LARGEST_PAGE = 1000
MOST_ROWS = 100_000


def asked_page(exchange: Exchange) -> tuple[int, int]:
    """Limit and offset."""
    try:
        limit, offset = int(exchange.query.get("limit", LARGEST_PAGE)), int(exchange.query.get("offset", 0))
    except ValueError:
        raise Refusal(400, "INVALID_PARAMETER", "limit and offset must be whole numbers.") from None
    if not 1 <= limit <= LARGEST_PAGE:
        raise Refusal(400, "INVALID_PARAMETER", f"The limit must be between 1 and {LARGEST_PAGE}.")
    if offset < 0 or offset % limit:
        raise Refusal(400, "INVALID_PARAMETER", "The offset must be divisible by the limit.")
    if offset + limit > MOST_ROWS or offset // limit >= LARGEST_PAGE:
        raise Refusal(400, "INVALID_PARAMETER", "A query returns at most 100,000 rows in 1,000 pages.")
    return limit, offset


def page_of(exchange: Exchange, items: list[dict[str, Any]], total: int, limit: int, offset: int) -> dict[str, Any]:
    """``items`` are those of this page."""
    return {
        "links": _links(exchange, limit, offset, total),
        "count": len(items),
        "hasMore": offset + limit < total,
        "items": items,
        "offset": offset,
        "totalResults": total,
    }


def _links(exchange: Exchange, limit: int, offset: int, total: int) -> list[dict[str, str]]:
    def link(rel: str, start: int) -> dict[str, str]:
        return {"rel": rel, "href": f"{exchange.base_url}{exchange.path}?limit={limit}&offset={start}"}

    links = [link("self", offset)]
    if offset + limit < total:
        links += [link("next", offset + limit), link("last", (total - 1) // limit * limit)]
    if offset > 0:
        links += [link("first", 0), link("previous", offset - limit)]
    return links
