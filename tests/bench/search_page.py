"""The search page over a full market: `python -m tests.bench.search_page [--offerings 100000] [--json]`.

One web process, signed in, facets and next free slots on every page; CPU of the process, database and index included,
and how long two clients at a time wait. A folder that was filled before is used again.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote_plus

from marketplace.app import build_work
from marketplace.config import settings_from
from marketplace.demo import premises, running
from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.services import next_slots
from search.corpus import Corpus
from tests.bench.full_market import fill, is_filled, mark_filled
from tests.bench.load import Client, Clients, Measured, measure
from tests.living import Site

REQUESTS = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, measure, print."""
    parser = over_a_market(__doc__, port=8179)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    options = parser.parse_args(arguments)
    data = folder_of(options)
    env = laid_out(data, options.offerings, options.port)
    with site(data, env, options.port) as here:
        measured = [
            measure(here, name, Clients(here, SHOWN_ACCOUNTS[0][1], PASSWORD).gets(paths, options.requests), 200)
            for name, paths in _pages(options.offerings, options.requests).items()
        ]
        memory = here.memory_mb()
    _print(measured, memory, options)
    return 0


def over_a_market(description: str | None, port: int) -> argparse.ArgumentParser:
    """A parser with what every measurement over a full market takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--offerings", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--json", action="store_true")
    return parser


def folder_of(options: argparse.Namespace) -> Path:
    """Where the market lies."""
    folder: Path = options.data or Path(f"var/market-{options.offerings}")
    return folder.resolve()


def _pages(offerings: int, requests: int) -> dict[str, list[str]]:
    corpus = Corpus(offerings)
    words = [f"/search?q={quote_plus(each)}" for each in corpus.keywords(requests)]
    briefs = [f"/search?q={quote_plus(each)}" for each in corpus.briefs(requests)]
    return {
        "everything": ["/search"],
        "2-3 words": words,
        "2-3 words, three filters": [f"{each}&language=fr&free=14&pmax=1200" for each in words],
        "filters without words": [f"/search?topic={number}&format=onsite&rating=4.0" for number in range(1, 40)],
        "100-word request": briefs,
    }


def _print(measured: Sequence[Measured], memory: float, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({"offerings": options.offerings, "memory_mb": memory, "pages": [*map(asdict, measured)]}))
        return
    print(f"{options.offerings} offerings, one process, 2 clients, signed in; the process has {memory:.0f} MB")
    for each in measured:
        print(f"{each.line()}   {1000 / each.per_core:6.1f} ms CPU")


def laid_out(data: Path, offerings: int, port: int) -> dict[str, str]:
    """The environment of a site over this folder, filled if it was not."""
    data.mkdir(parents=True, exist_ok=True)
    env = {**premises.environment(port, data, f"sqlite:///{data / 'cadran.db'}"), "CADRAN_DATA_DIR": str(data)}
    (data / "env").write_text("".join(f"{name}={value}\n" for name, value in env.items()), encoding="utf8")
    work = build_work(settings_from(env))
    if not is_filled(data, offerings):
        began = time.monotonic()
        fill(work.database, work.index, offerings)
        mark_filled(data, offerings)
        print(f"filled in {time.monotonic() - began:.0f} s", file=sys.stderr)
    began = time.monotonic()
    changed = next_slots.look_at_all(work)
    print(f"{changed} next slots noted in {time.monotonic() - began:.1f} s", file=sys.stderr)
    work.database.close()
    return env


@contextmanager
def site(data: Path, env: dict[str, str], port: int) -> Iterator[Site]:
    """Run one web process over this folder until the block ends."""
    command = [*running._site_command(port)]
    command[command.index("--workers") + 1] = "1"
    child = subprocess.Popen(command, env={**os.environ, **env}, start_new_session=True)
    here = Site(f"http://127.0.0.1:{port}", data, child.pid)
    try:
        _wait_for(here)
        yield here
    finally:
        child.terminate()
        child.wait(timeout=30)


def _wait_for(here: Site) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{here.url}/health/live", timeout=5):  # noqa: S310 - our own site
                break
        except OSError:
            time.sleep(0.1)
    Client(here.url).get("/search")  # the catalogue is read once a process


if __name__ == "__main__":
    raise SystemExit(main())
