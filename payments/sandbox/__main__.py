"""`python -m payments.sandbox --port N --state FILE --key sk_test_... --webhook URL=whsec_...`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from payments.sandbox.serving import Sandbox, open_sandbox
from payments.sandbox.settings import SandboxRefused, SandboxSettings, endpoint


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when the sandbox must not run like this."""
    try:
        sandbox = open_sandbox(_settings(arguments))
    except (SandboxRefused, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    _stop_on_signal(sandbox)
    print(f"sandbox ready on {sandbox.address} (no real money)", flush=True)
    sandbox.serve()
    return 0


def _settings(arguments: list[str] | None) -> SandboxSettings:
    parser = argparse.ArgumentParser(prog="payments.sandbox", description="Stripe's protocol, without money")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="SQLite file, made when missing")
    parser.add_argument("--key", required=True, help="the only key let in, sk_test_...")
    parser.add_argument("--webhook", action="append", default=[], help="URL=whsec_..., snapshot events")
    parser.add_argument("--webhook-connect", action="append", default=[], help="URL=whsec_..., events of accounts")
    parser.add_argument("--webhook-v2", action="append", default=[], help="URL=whsec_..., thin events")
    parser.add_argument("--clock-offset-seconds", type=int, default=0, help="where the clock of a new state begins")
    given = parser.parse_args(arguments)
    return SandboxSettings(
        state=given.state,
        key=given.key,
        endpoints=(
            *(endpoint(text, "snapshot") for text in given.webhook),
            *(endpoint(text, "connect") for text in given.webhook_connect),
            *(endpoint(text, "thin") for text in given.webhook_v2),
        ),
        host=given.host,
        port=given.port,
        clock_offset_seconds=given.clock_offset_seconds,
    )


def _stop_on_signal(sandbox: Sandbox) -> None:
    def stop(_number: int, _frame: object) -> None:
        # The server can only be shut down from another thread than the one it runs in.
        threading.Thread(target=sandbox.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())
