"""Processes of the program that start in milliseconds and may be killed.

`python -m tests.forking` loads the program once and forks a child for every job. On standard input it takes
a JSON line for each order: {"start": job} is answered by {"pid": n}, {"wait": n} by {"code": c} once that child has
ended. A job is {"commands": [[name, argument, ...], ...], "settings": {...}, "environment": {...}, "log": file,
"death": place}.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import django

PROJECT = Path(__file__).resolve().parents[1]
Command = Sequence[str]
Place = tuple[str, int]
"""Where to die: module:function, and the n-th call of it as it begins (0) or as it returns (1, 2, ...)."""


@dataclass
class Child:
    """One process at work. `log` holds what it printed."""

    forks: "ForkServer"
    pid: int
    log: Path
    code: int | None = None

    def kill(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code; below zero the signal that ended it."""
        if self.code is None:
            self.code = int(self.forks.ask({"wait": self.pid})["code"])
        return self.code

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass
class ForkServer:
    """Every child gets `settings` (Django's), which may be changed between two starts."""

    environment: Mapping[str, str]
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> "ForkServer":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"],
            cwd=PROJECT,
            env=dict(self.environment) | {"CELERY_BROKER_URL": "memory://"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.finish()
        self.process.communicate()

    def start(self, *commands: Command, death: Place | None = None, **environment: str) -> Child:
        log = self.folder / f"{len(self.children)}.log"
        job = {
            "commands": [list(command) for command in commands],
            "settings": self.settings,
            "environment": environment,
            "log": str(log),
            "death": death,
        }
        child = Child(self, int(self.ask({"start": job})["pid"]), log)
        self.children.append(child)
        return child

    def run(self, *commands: Command, death: Place | None = None, **environment: str) -> Child:
        """As `start`, to its end."""
        child = self.start(*commands, death=death, **environment)
        child.wait()
        return child

    def finish(self) -> None:
        """Kill what still runs."""
        for child in self.children:
            child.kill()
            child.wait()

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the fork server ended with {self.process.wait()}"
        return dict(json.loads(answer))


def _serve() -> None:
    django.setup()
    from django.core.management import load_command_class  # needs the applications loaded

    for application, name in (("netsuite", "drain_pushes"), ("approvals", "approve_action"), ("approvals", "tick")):
        load_command_class(application, name)
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer = {"pid": os.fork() or _child(order["start"])}
        else:
            answer = {"code": os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])}
        print(json.dumps(answer), flush=True)


def _child(job: dict[str, Any]) -> NoReturn:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        _work(job)
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _work(job: dict[str, Any]) -> None:
    from django.conf import settings
    from django.core.management import call_command

    os.environ.update(job["environment"])
    for name, value in job["settings"].items():
        setattr(settings, name, value)
    if job["death"]:
        _make_mortal(*job["death"])
    for command in job["commands"]:
        call_command(*command)


def _make_mortal(place: str, count: int) -> None:
    module, _, name = place.partition(":")
    owner, left = import_module(module), count
    real = getattr(owner, name)

    def mortal(*args: Any, **given: Any) -> Any:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **given)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, mortal)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _serve()
