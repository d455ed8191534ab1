"""Signed messages over HTTP until each is answered: what got lost on the way is sent again under its own id."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from inventory.wms.simulator.signing import headers

PATH = "/api/inventory/sync"
TIMEOUT = (5.0, 60.0)  # seconds to connect, to answer
FIRST_WAIT = 0.1  # seconds
CURES = {
    401: "Is the key valid, and of this client? --demo issues one for the demo's own client; in the admin: "
    "WMS clients, Issue a key. Is this machine's clock right?",
    403: "Enable the client in the admin: WMS clients.",
    409: "Another day was sent under these ids. Take another --seed.",
    413: "Take a smaller --batch, or raise the client's limit in the admin.",
}


class NotTaken(Exception):
    """The house will not take it, however often it is sent; a sentence with the cure."""


@dataclass
class Sender:
    """`patience`: seconds for which a message is tried again while nobody answers, or not well.

    `longest_wait`: seconds between two tries, unless the house asks for more.
    """

    address: str
    wms_id: str
    key: bytes
    patience: float = 120.0
    longest_wait: float = 5.0
    wait: Callable[[float], None] = time.sleep
    tried_again: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = self.address.rstrip("/")
        self.session = requests.Session()

    def find_the_house(self) -> None:
        """Raises NotTaken at once when nothing listens there."""
        try:
            self.session.get(f"{self.address}/healthz", timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as problem:
            raise NotTaken(
                f"Nothing answers at {self.address} ({type(problem).__name__}). Start it with `make run`, or say where "
                "it is with --url."
            ) from problem

    def send(self, message_id: str, body: bytes) -> dict[str, Any]:
        """The answer it got, the first time or now. Raises NotTaken."""
        deadline, pause = time.monotonic() + self.patience, FIRST_WAIT
        while True:
            answer, trouble, after = self._try(message_id, body)
            if answer is not None:
                return answer
            self.tried_again[trouble] += 1
            if time.monotonic() > deadline:
                raise NotTaken(
                    f"{self.address} has not taken message {message_id} for {self.patience:.0f} s: {trouble}. Look at "
                    "its log, then start the same day again: what was taken is not counted twice."
                )
            self.wait(after or pause)
            pause = min(2 * pause, self.longest_wait)

    def _try(self, message_id: str, body: bytes) -> tuple[dict[str, Any] | None, str, float]:
        """(the answer, else what went wrong and will pass, and in how many seconds to try again)."""
        sent = {"X-WMS-Client": self.wms_id, "Content-Type": "application/json", **headers(message_id, body, self.key)}
        begun = time.perf_counter()
        try:
            response = self.session.post(
                f"{self.address}{PATH}", data=body, headers=sent, timeout=TIMEOUT, allow_redirects=False
            )
            if response.status_code == 200:
                answer = response.json()
                self.latencies.append(time.perf_counter() - begun)
                return dict(answer), "", 0.0
        except (requests.RequestException, ValueError) as problem:
            return None, type(problem).__name__, 0.0
        if response.status_code == 429 or response.status_code >= 500:
            return None, f"status {response.status_code}", _retry_after(response)
        raise NotTaken(_refusal(response))


def _retry_after(response: requests.Response) -> float:
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else 0.0


def _refusal(response: requests.Response) -> str:
    status = response.status_code
    if response.is_redirect:
        return f"{status}: it leads to {response.headers.get('Location', 'elsewhere')}. Give that address as --url."
    try:
        said = " ".join(json.loads(response.content)["problems"])
    except (ValueError, KeyError, TypeError):
        return f"{status}, and not in the words of a Countersign. Is --url its address, without a path?"
    return f"{status}: {said} {CURES.get(status, '')}".strip()
