"""The story, played against the demo as `make demo` runs it: every part in its own process."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.demo import story

ROOT = Path(__file__).resolve().parents[2]
CADRAN = [sys.executable, "-c", "from marketplace.app import main; main()"]
PATIENCE = 600.0  # seconds until the demo must be ready: the machine may be busy


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh demo on a port and in a folder of its own; its address."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    with (folder / "output").open("wb") as output:
        command = [*CADRAN, "demo", "--port", str(port), "--data", str(folder / "demo")]
        running = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(running, folder / "output")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(60)


@pytest.mark.slow
def test_the_story_runs_from_registration_to_the_money_and_changes_the_rank(demo: str) -> None:
    figures = played(demo)
    assert figures["rank_after"] < figures["rank_before"]
    assert figures["ledger_sum"] == 0
    assert figures["steps"] > 20
    assert figures["mails"] > 15


@pytest.mark.slow
def test_the_story_can_be_played_again_on_the_same_demo(demo: str) -> None:
    assert played(demo)["ledger_sum"] == 0


def test_the_story_says_clearly_that_nobody_answers() -> None:
    lines: list[str] = []
    assert story.play(f"http://127.0.0.1:{free_port()}", lines.append) == 1
    assert "after step 0" in lines[-1]
    assert "does not answer" in lines[-1]


def played(url: str) -> dict[str, float]:
    lines: list[str] = []
    status = story.play(url, lines.append)
    assert status == 0, "\n".join(lines)
    figures = json.loads(lines[-1])
    assert set(figures) == {"steps", "rank_before", "rank_after", "ledger_sum", "mails", "seconds"}
    assert len(lines) == figures["steps"] + 1
    return dict(figures)


def wait_until_ready(running: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert running.poll() is None, output.read_text(encoding="utf8")
        if b"Ready after" in output.read_bytes():
            return
        time.sleep(0.2)
    raise AssertionError(f"the demo was not ready in time: {output.read_text(encoding='utf8')}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
