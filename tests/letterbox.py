"""A mail server for tests: `python -m aiosmtpd -n -l HOST:PORT -c tests.letterbox.Letterbox FOLDER`.

What it took is a file in the folder. How it answers depends on whom the message is for: `refused@...` never,
`later@...` not at the first time, `lost@...` takes the message and breaks off before it says so.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import uuid4


class Letterbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: set[str] = set()

    @classmethod
    def from_cli(cls, parser: ArgumentParser, *args: str) -> "Letterbox":
        return cls(Path(args[0]))

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        name = address.partition("@")[0]
        if name == "refused":
            return "550 No such mailbox"
        if name == "later" and address not in self.asked:
            self.asked.add(address)
            return "451 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        draft = self.folder / f"{uuid4()}.draft"
        draft.write_bytes(envelope.content)
        draft.rename(draft.with_suffix(".eml"))
        if any(address.startswith("lost@") for address in envelope.rcpt_tos):
            server.transport.abort()
        return "250 OK"
