"""Run the demo: sandbox, database, story so far, site and worker, until Ctrl-C."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.demo.premises import DemoFailed, prepare
from marketplace.demo.timeline import LENGTH

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds that a part may take to answer
GRACE = 10.0  # seconds that a part may take to stop


def run(port: int, data: Path, *, fresh: bool) -> int:
    """Bring everything up, say so in one line, and stay until told to stop. Returns the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):  # also where the shell had us ignore Ctrl-C: in the background
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as parts:
            _bring_up(port, data.resolve(), fresh, parts)
    except KeyboardInterrupt:
        print("\nStopped. `make demo` goes on where you left it.", flush=True)
    except DemoFailed as failure:
        print(f"The demo cannot run: {failure}", file=sys.stderr, flush=True)
        return 1
    return 0


def advance_sandbox(api: str, key: str, by: timedelta) -> None:
    """Put the sandbox's clock forward; raises `DemoFailed` when it is not there."""
    request = urllib.request.Request(  # noqa: S310 - the settings allow only this machine
        f"{api}/_sandbox/clock",
        data=json.dumps({"advance_seconds": int(by.total_seconds())}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
            return
    except OSError as error:
        raise DemoFailed(f"the payment sandbox at {api} does not answer; is `make demo` running?") from error


def _bring_up(port: int, data: Path, fresh: bool, parts: ExitStack) -> None:
    started = time.monotonic()
    env = prepare(port, data, fresh)
    _run([*_cadran(), "db", "upgrade"], env, stdout=subprocess.DEVNULL)
    if not (data / "seeded").exists():
        _tell_the_past(data, env)
    sandbox = _start_sandbox([*_sandbox_command(data, env), *_listeners(env)], env, parts)
    children = [sandbox, _start([*_cadran(), "worker"], env, parts), _start(_site_command(port), env, parts)]
    _wait_for(f"{env['CADRAN_BASE_URL']}/health/ready", children[-1], "the site")
    _say_ready(env["CADRAN_BASE_URL"], time.monotonic() - started)
    _stay(children)


def _tell_the_past(data: Path, env: Mapping[str, str]) -> None:
    print("First start: telling the demo's story so far (a market needs a past). About a minute.", flush=True)
    with ExitStack() as parts:
        # A sandbox whose clock is set back, and that tells nobody: the site is not up yet.
        behind = f"--clock-offset-seconds=-{int(LENGTH.total_seconds())}"
        _start_sandbox([*_sandbox_command(data, env), behind], env, parts)
        _run([*_cadran(), "seed"], env)
    (data / "seeded").touch()


def _sandbox_command(data: Path, env: Mapping[str, str]) -> Sequence[str]:
    port = env["STRIPE_API"].rpartition(":")[2]
    state = str(data / "sandbox.db")
    return [sys.executable, "-m", "payments.sandbox", "--port", port, "--state", state, "--key", env["STRIPE_KEY"]]


def _listeners(env: Mapping[str, str]) -> Sequence[str]:
    site = f"{env['CADRAN_BASE_URL']}/notices/stripe"
    return [
        *("--webhook", f"{site}/platform={env['STRIPE_WEBHOOK_SECRETS']}"),
        *("--webhook-connect", f"{site}/connect={env['STRIPE_WEBHOOK_SECRETS_CONNECT']}"),
        *("--webhook-v2", f"{site}/v2={env['STRIPE_WEBHOOK_SECRETS_V2']}"),
    ]


def _site_command(port: int) -> Sequence[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "wsgi:app", "--chdir", str(ROOT), "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--log-level", "warning"),
        # gunicorn 27 opens one control socket for all instances of a user: two demos would meet there.
        "--no-control-socket",
    ]


def _cadran() -> Sequence[str]:
    return [sys.executable, "-c", "from marketplace.app import main; main()"]


def _start(command: Sequence[str], env: Mapping[str, str], parts: ExitStack) -> subprocess.Popen[bytes]:
    log = parts.enter_context((Path(env["CADRAN_DATA_DIR"]) / "log").open("ab"))
    # A session of its own: Ctrl-C reaches us alone, and we stop the parts in order.
    child = subprocess.Popen(  # noqa: S603
        command, env=env, cwd=ROOT, start_new_session=True, stdout=log, stderr=subprocess.STDOUT
    )
    parts.callback(_stop, child)
    return child


def _start_sandbox(command: Sequence[str], env: Mapping[str, str], parts: ExitStack) -> subprocess.Popen[bytes]:
    sandbox = _start(command, env, parts)
    _wait_for(f"{env['STRIPE_API']}/_sandbox/health", sandbox, "the payment sandbox")
    return sandbox


def _run(command: Sequence[str], env: Mapping[str, str], stdout: int | None = None) -> None:
    if subprocess.run(command, env=env, cwd=ROOT, check=False, stdout=stdout).returncode:  # noqa: S603
        raise DemoFailed(f"`cadran {' '.join(command[3:])}` failed; what it said stands above")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait_for(url: str, child: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise DemoFailed(f"{what} stopped at once; what it said stands in the log of the demo's folder")
        if _answers(url):
            return
        time.sleep(0.1)
    raise DemoFailed(f"{what} does not answer at {url}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback, made above
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _say_ready(url: str, seconds: float) -> None:
    people = "  ".join(f"{role}: {email}" for role, email in SHOWN_ACCOUNTS)
    print(f"Ready after {seconds:.0f} s: {url}  |  {people}  |  password: {PASSWORD}", flush=True)


def _stay(children: Sequence[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.5)
    raise DemoFailed("one of its parts stopped; what it said stands in the log of the demo's folder")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
