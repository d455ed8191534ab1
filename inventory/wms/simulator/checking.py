"""Does the house believe, item by item, what the WMS said last?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import requests

from inventory.wms.simulator.sending import TIMEOUT, NotTaken
from inventory.wms.simulator.warehouse import Update


@dataclass(frozen=True)
class Held:
    """Of one item in the house. `quantity`: what it has of the WMS's word; None where it never heard of the item."""

    quantity: Decimal | None
    is_followed: bool = True


Look = Callable[[str], Held]


@dataclass(frozen=True)
class Checked:
    """`compared` items are not followed, so that nothing of them could be checked."""

    equal: int
    compared: int
    different: list[str]


def check(words: Mapping[str, Update], look: Look) -> Checked:
    """`words` as of `day.newest_words`."""
    equal, compared, different = 0, 0, []
    for sku, word in words.items():
        held, said = look(sku), Decimal(str(word.quantity))
        if held.quantity == said:
            equal += 1
        elif not held.is_followed:
            compared += 1
        else:
            has = "knows no quantity" if held.quantity is None else f"has {held.quantity.normalize():f}"
            different.append(f"{sku}: the WMS says {said.normalize():f} (sequence {word.sequence}), the house {has}.")
    return Checked(equal, compared, different)


def over_http(address: str, token: str, location: str) -> Look:
    """Reads `GET /api/inventory/{sku}`. Goods that left since by an order of the house show as a difference."""
    session = requests.Session()
    session.headers["X-Edit-Token"] = token

    def look(sku: str) -> Held:
        try:
            answer = session.get(f"{address}/api/inventory/{sku}", params={"location": location}, timeout=TIMEOUT)
        except requests.RequestException as problem:
            raise NotTaken(f"{sku} could not be read: {type(problem).__name__}. Is the house still up?") from problem
        if answer.status_code in {401, 403}:
            raise NotTaken("The token may not read stock. Issue one to somebody who may see balances: API tokens.")
        if answer.status_code != 200:
            return Held(None)
        said = answer.json()
        return Held(Decimal(said["on_hand"]), is_followed=said["source"] == "wms")

    return look
