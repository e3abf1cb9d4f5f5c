"""Where the sandbox refuses to run, and how it starts and stops."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from payments.sandbox import Endpoint, SandboxRefused, SandboxSettings, create_sandbox, open_sandbox
from payments.sandbox.__main__ import main
from payments.sandbox.settings import endpoint

GOOD = SandboxSettings(state=Path("unused.db"), key="sk_test_cadran")


@pytest.mark.parametrize("key", ["", "sk_live_cadran", "rk_test_cadran", "sk_test_", "pk_test_x", " sk_test_x"])
def test_only_a_test_key_will_do(key: str) -> None:
    with pytest.raises(SandboxRefused, match="test key"):
        create_sandbox(replace(GOOD, key=key), environment={})


def test_production_is_no_place_for_it() -> None:
    with pytest.raises(SandboxRefused, match="production"):
        create_sandbox(GOOD, environment={"CADRAN_ENV": "production"})
    with pytest.raises(SandboxRefused, match="production"):
        open_sandbox(GOOD, environment={"CADRAN_ENV": "production"})


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.1.4", "::", "example.org", "127.0.0.1.example.org"])  # noqa: S104
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(SandboxRefused, match="loopback"):
        open_sandbox(replace(GOOD, host=host), environment={})


@pytest.mark.parametrize("url", ["http://example.org/notices", "https://127.0.0.1/notices", "http:///x"])
def test_notices_go_to_loopback_only(url: str) -> None:
    with pytest.raises(SandboxRefused, match="loopback"):
        create_sandbox(replace(GOOD, endpoints=(Endpoint(url, "whsec_x"),)), environment={})


def test_notices_are_never_unsigned() -> None:
    with pytest.raises(SandboxRefused, match="secret"):
        create_sandbox(replace(GOOD, endpoints=(Endpoint("http://127.0.0.1:1/n", " "),)), environment={})


def test_nothing_is_written_when_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(SandboxRefused):
        create_sandbox(replace(GOOD, state=tmp_path / "s.db", key="sk_live_x"), environment={})
    assert list(tmp_path.iterdir()) == []


def test_an_endpoint_is_written_as_url_and_secret() -> None:
    url = "http://127.0.0.1:8000/notices?a=b"
    assert endpoint(f"{url}=whsec_1", "thin") == Endpoint(url, "whsec_1", "thin")


@pytest.mark.parametrize("text", ["http://127.0.0.1/notices", "http://127.0.0.1/notices=whsec_", "=secret"])
def test_an_endpoint_without_a_secret_is_refused(text: str) -> None:
    with pytest.raises(SandboxRefused):
        endpoint(text, "snapshot")


@pytest.mark.parametrize(
    "extra",
    [
        ["--key", "sk_live_1"],
        ["--key", "sk_test_1", "--host", "0.0.0.0"],  # noqa: S104
        ["--key", "sk_test_1", "--webhook", "http://127.0.0.1/n"],
        ["--key", "sk_test_1", "--webhook-v2", "http://example.org/n=whsec_1"],
    ],
)
def test_the_command_says_why_it_will_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str]
) -> None:
    assert main(["--port", "0", "--state", str(tmp_path / "s.db"), *extra]) == 2
    assert "sandbox:" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "payments.sandbox", "--port", "0", "--state", str(tmp_path / "s.db")]
    environment = {**os.environ, "CADRAN_ENV": "demo"}
    with subprocess.Popen(
        [*command, "--key", "sk_test_1", "--webhook", "http://127.0.0.1:9/n=whsec_1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout
        assert process.stderr
        ready = process.stdout.readline()
        address = ready.split()[3]
        assert requests.get(f"{address}/_sandbox/health", timeout=5).json()["status"] == "ok"
        process.send_signal(stop)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


def test_the_command_refuses_in_production(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "payments.sandbox", "--port", "0", "--state", str(tmp_path / "s.db")]
    done = subprocess.run(
        [*command, "--key", "sk_test_1"],
        env={**os.environ, "CADRAN_ENV": "production"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "production" in done.stderr


def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["--port", port, "--state", str(tmp_path / "s.db"), "--key", "sk_test_1"]) == 2
    assert "sandbox:" in capsys.readouterr().err
