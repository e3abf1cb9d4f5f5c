"""Does the API keep what its description promises? Schemathesis, every check, as each role.

`python -m tests.api.contract --examples 200 --as lea` takes minutes; the suite runs a few examples (test_contract.py).
"""

import argparse
import logging
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.domain.tokens import Scope
from marketplace.outside.calls import HttpsCaller
from marketplace.post.file_post import FilePost
from marketplace.reactions import indexing
from marketplace.store.migrate import migrate
from marketplace.store.outbox import beat
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.sandbox import SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway
from search.whoosh_index import open_index
from tests.api.client import token_for
from tests.cast import START, Cast, StillClock, stage
from tests.web.world import World, build

KEY = "sk_test_cadran"
PEOPLE = ("nobody", "lea", "amara", "ada")
# Everybody with all scopes of their role, and with as little as a token can hold.
WHO: dict[str, tuple[str, tuple[Scope, ...]]] = {
    **{who: (who, ()) for who in PEOPLE},
    "lea-reads": ("lea", (Scope.READ,)),
    "amara-books": ("amara", (Scope.READ, Scope.BOOKINGS)),
    "ada-moderates": ("ada", (Scope.MODERATION,)),
}
CONFIG = Path(__file__).with_name("schemathesis.toml")


@dataclass(frozen=True, slots=True)
class Served:
    """A site with one of everything; `tokens` by name."""

    address: str
    tokens: dict[str, str]
    app: Flask
    cast: Cast
    world: World

    def check(self, who: str, examples: int, *more: str) -> subprocess.CompletedProcess[str]:
        """Run schemathesis as this person; its report is on stdout."""
        token = self.tokens.get(who)
        header = ["--header", f"Authorization: Bearer {token}"] if token else []
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--no-color",
            "--config-file",
            str(CONFIG),
            "run",
        ]
        command += [f"{self.address}/api/v1/openapi.json", "--max-examples", str(examples), *header, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[Served]:
    """The whole application on real parts, over HTTP, with room for as many requests as there may be."""
    clock = StillClock(START)
    sandbox_settings = SandboxSettings(state=folder / "sandbox.db", key=KEY)
    with running_sandbox(sandbox_settings, environment={}, wall=lambda: clock().timestamp()) as sandbox:
        settings = _settings(folder, sandbox.address)
        database = Database(settings.database_url, durable=False)
        migrate(database)
        work = Work(
            database=database,
            clock=clock,
            index=open_index(settings.index_dir),
            gateway=StripeGateway(KEY, sandbox.address),
            post=FilePost(settings.mailbox_dir, settings.mail_from),
            base_url=settings.base_url,
            secret=settings.secret,
            caller=HttpsCaller(demo=False),
        )
        cast = stage(database)
        world = build(work, cast)
        indexing.catch_up_fully(work)
        with work.transaction() as tx:
            beat(tx.session, "worker", tx.now)  # as if one ran: whoever asks is told that all is well
        tokens = {
            name: token_for(work, getattr(cast, who), *scopes) for name, (who, scopes) in WHO.items() if who != "nobody"
        }
        app = create_app(settings, work)
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{server.port}", tokens, app, cast, world)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            database.close()


def quiet() -> None:
    """Log lines are made and dropped."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


def main() -> int:
    """0 when the description is true. A slice of the whole: `--as lea --include-tag bookings`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--as", dest="people", action="append", choices=sorted(WHO))
    parser.add_argument("--port", type=int, default=0)
    asked, more = parser.parse_known_args()
    quiet()
    worst, told = 0, []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), asked.port) as site:
        for who in asked.people or WHO:
            result = site.check(who, asked.examples, *more)
            worst = max(worst, result.returncode)
            told.append(f"as {who}, {asked.examples} examples an operation: {_counted(result.stdout)}")
            print(result.stdout, result.stderr, told[-1], sep="\n", flush=True)
    print("\n".join(told))
    return worst


def _counted(report: str) -> str:
    """What schemathesis says that it tried, in a line."""
    lines = [line.strip() for line in report.splitlines() if re.search(r"^ *(Tested: |[0-9]+ generated)", line)]
    return "; ".join(lines)


def _settings(folder: Path, stripe: str) -> Settings:
    return Settings(
        environment="demo",
        secret="the-secret-of-the-contract-has-40-letters",
        base_url="http://127.0.0.1:8000",
        database_url=f"sqlite:///{folder / 'cadran.db'}",
        data_dir=folder,
        stripe_key=KEY,
        stripe_api=stripe,
        stripe_secrets=("whsec_test",),
        stripe_secrets_v2=("whsec_test_v2",),
        smtp_url="",
        mail_from="Cadran <no-reply@localhost>",
        api_reads=10_000_000,
        api_changes=10_000_000,
    )


if __name__ == "__main__":
    sys.exit(main())
