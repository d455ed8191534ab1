"""A subscriber that notes when each event came, alone or in an array: `python -m benchmarks.receiver PORT FILE`."""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import TextIO

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


async def serve(port: int, notes: TextIO) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                found = LENGTH.search(head)
                body = await reader.readexactly(int(found[1]) if found else 0)
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            said, came = json.loads(body), time.time()
            for event in said if isinstance(said, list) else [said]:
                notes.write(f"{event['id']} {event['time']} {came:.6f}\n")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", buffering=1) as notes:
        asyncio.run(serve(int(sys.argv[1]), notes))
