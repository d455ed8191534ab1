"""How many requests run at once: NetSuite's concurrency slots, and the writers seen in parallel."""

import threading


class Traffic:
    """``slots`` belong to the whole account; ``background_load`` of them are taken by other integrations."""

    def __init__(self, slots: int, background_load: int) -> None:
        self._lock = threading.Lock()
        self.slots = slots
        self.background_load = background_load
        self.running = 0
        self.writers = 0

    def set_limits(self, *, slots: int | None = None, background_load: int | None = None) -> None:
        with self._lock:
            self.slots = self.slots if slots is None else slots
            self.background_load = self.background_load if background_load is None else background_load

    def take_slot(self) -> bool:
        with self._lock:
            if self.running + self.background_load >= self.slots:
                return False
            self.running += 1
            return True

    def start_writing(self) -> None:
        with self._lock:
            self.writers += 1

    def leave(self, *, slot: bool, writer: bool) -> None:
        with self._lock:
            self.running -= int(slot)
            self.writers -= int(writer)
