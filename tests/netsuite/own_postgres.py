"""A PostgreSQL server of a test's own, which may be stopped the hard way and started again."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

# What the server has acknowledged survives its end, not the machine's.
OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=50 -c listen_addresses=127.0.0.1"


@dataclass
class OwnPostgres:
    home: Path
    programs: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"postgres://countersign:{self.password}@127.0.0.1:{self.port}/countersign"

    def create(self) -> None:
        secret = self.home / "password"
        secret.write_text(self.password)
        if os.geteuid() == 0:  # the server refuses to run as root
            for path in (self.home, secret):
                shutil.chown(path, "postgres")
        words = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={secret}"]
        self._run("initdb", "-U", "countersign", *words)
        self.start()
        createdb = ["createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "countersign", "countersign"]
        environment = os.environ | {"PGPASSWORD": self.password}
        subprocess.run([self.programs / createdb[0], *createdb[1:]], env=environment, check=True)

    def start(self) -> None:
        options = f"{OPTIONS} -c port={self.port} -c unix_socket_directories={self.home}"
        self._run("pg_ctl", "-l", str(self.home / "log"), "-o", options, "-w", "start")

    def stop(self) -> None:
        """At once, as in a crash: every connection breaks, nothing is flushed."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def fill_from(self, url: str) -> None:
        """A copy of that database, which takes a second; its migrations take half a minute."""
        with subprocess.Popen([self.programs / "pg_dump", "--no-owner", url], stdout=subprocess.PIPE) as dump:
            words = ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--output", os.devnull, self.url]
            subprocess.run([self.programs / "psql", *words], stdin=dump.stdout, check=True)
        assert dump.returncode == 0

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), "-D", str(self.home / "data"), *words]
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(command, cwd=self.home, user=user, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """An empty database on a free port, gone with its files at the end of the block."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    home = Path(tempfile.mkdtemp(prefix="countersign-postgres."))
    server = OwnPostgres(home, programs, free_port(), secrets.token_hex(16))
    try:
        server.create()
        yield server
    finally:
        if (home / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(home, ignore_errors=True)
