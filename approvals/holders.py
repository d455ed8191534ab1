"""Who holds a lease: names of processes, and whether the process of that name is known to have ended."""

import os
import socket
from pathlib import Path
from uuid import uuid4


def own_name() -> str:
    """A name for whoever asks: machine, process namespace, process, start of the process, and a mark of its own."""
    pid = os.getpid()
    return "/".join((socket.gethostname(), _namespace(), str(pid), _started(pid), uuid4().hex[:8]))


def is_gone(holder: str) -> bool:
    """True only when the holder was a process of this machine and namespace and that process has ended."""
    parts = holder.split("/")
    if len(parts) != 5 or not parts[2].isdigit():
        return False
    host, namespace, pid, started, _mark = parts
    if host != socket.gethostname() or not namespace or namespace != _namespace():
        return False
    return _started(int(pid)) != started


def _namespace() -> str:
    """Boot and process namespace; empty where the system does not tell, and then nobody is presumed dead."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Start time of a process in clock ticks since boot; empty when there is none, or only its zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
