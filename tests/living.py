"""A running demo to measure: started for the purpose, its web processes' CPU time read from /proc."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from marketplace.demo.running import ROOT

READY = "Ready after"
PATIENCE = 300.0  # seconds, the first start tells a year's story
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Site:
    """A demo that answers at `url`; `data` is its folder."""

    url: str
    data: Path
    pid: int

    def cpu_seconds(self) -> float:
        """CPU time of all web processes so far, the database's work included (SQLite runs inside them)."""
        return sum(_cpu(pid) for pid in _descendants(self.pid) if "gunicorn" in _command(pid))

    def memory_mb(self) -> float:
        """Resident memory of the largest web process."""
        return max(_resident(pid) for pid in _descendants(self.pid) if "gunicorn" in _command(pid)) / 1e6


@contextmanager
def running_demo(data: Path) -> Iterator[Site]:
    """Run the demo on a free port until the block ends; a seeded folder is used again."""
    port = _free_port()
    command = [sys.executable, "-c", "from marketplace.app import main; main()", "demo"]
    child = subprocess.Popen(
        [*command, "--port", str(port), "--data", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_ready(child)
        yield Site(f"http://127.0.0.1:{port}", data, child.pid)
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)  # what it still says is read, and the pipe shut


def _wait_until_ready(child: "subprocess.Popen[str]") -> None:
    assert child.stdout is not None
    deadline = time.monotonic() + PATIENCE
    for line in child.stdout:
        print(f"  {line.rstrip()}", file=sys.stderr)
        if READY in line:
            return
        if time.monotonic() > deadline:
            break
    raise SystemExit("the demo did not get ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(deep for child in children for deep in _descendants(child))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
