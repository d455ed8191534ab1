"""The embedded broker: Celery's messages as files in a folder, in place of kombu's `filesystem` transport.

Kombu's own lets a reader take a file that is created but not yet written, and ends the worker when
the folder is gone. Here a message appears whole by renaming, is taken by renaming, and a folder that
somebody deleted is made again by the next message. Every exchange has one queue, of its own name,
so there are no bindings to keep, and none to lose.
"""

import uuid
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    @property
    def messages(self) -> Path:
        return Path(self.transport_options["data_folder_in"])

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        self.messages.mkdir(parents=True, exist_ok=True)
        name = f"{monotonic_ns():020}_{uuid.uuid4()}"
        draft = self.messages / f"{name}.draft"
        draft.write_text(dumps(payload), encoding="utf-8")
        draft.rename(self.messages / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for message in self.waiting(queue):
            taken = message.with_suffix(".taken")
            try:
                message.rename(taken)
            except FileNotFoundError:
                continue  # another worker was first
            payload = taken.read_text(encoding="utf-8")
            taken.unlink()
            return loads(payload)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self.waiting(queue))

    def _purge(self, queue: str) -> int:
        found = self.waiting(queue)
        for message in found:
            message.unlink(missing_ok=True)
        return len(found)

    def get_table(self, exchange: str) -> list[Any]:
        return [filesystem.exchange_queue_t(routing_key=exchange, pattern="", queue=exchange)]

    def _queue_bind(self, *args: Any) -> None:
        """Nothing to write down: see get_table."""

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)

    def waiting(self, queue: str) -> list[Path]:
        """Oldest first; nothing when the folder does not exist."""
        return sorted(self.messages.glob(f"*.{queue}.msg"))


class Transport(filesystem.Transport):
    Channel = Channel
