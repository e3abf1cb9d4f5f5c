"""From an admin's approval to a card on the search page: `python -m tests.bench.findable [--data DIR] [--json]`.

A site with one web process and the worker over a full market (see tests.bench.search_page, whose folder is used again).
Offerings are written, submitted and approved by the use cases themselves, some right after one another and some after a
pause; a signed-in lead asks for a word of the title twenty times a second until the offering is there.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import select

from marketplace.app import build_work
from marketplace.config import settings_from
from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.domain.access import Actor, Role
from marketplace.domain.moderation import Verdict
from marketplace.domain.offering import OfferingText
from marketplace.services import moderation, offerings
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.offerings import Topic, latest_revision
from marketplace.work import Work
from tests.bench.full_market import FIRST_EXPERT
from tests.bench.load import Client
from tests.bench.search_page import folder_of, laid_out, over_a_market, site

APPROVALS = 30
PAUSES = (0.0, 0.0, 1.0, 4.0)  # seconds before an approval
PATIENCE = 30.0  # seconds
LOOK = 0.05  # seconds between two looks
EXPERT = Actor(FIRST_EXPERT, Role.EXPERT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Approve, look, print."""
    parser = over_a_market(__doc__, port=8181)
    parser.add_argument("--approvals", type=int, default=APPROVALS)
    options = parser.parse_args(arguments)
    data = folder_of(options)
    env = laid_out(data, options.offerings, options.port)
    work = build_work(settings_from(env))
    admin, topic = _admin(work), _topic(work)
    with site(data, env, options.port) as running, _worker(env):
        client = Client(running.url)
        client.sign_in(SHOWN_ACCOUNTS[0][1], PASSWORD)
        waits = [_wait(work, admin, topic, client) for _ in range(options.approvals)]
    p50, p95 = np.percentile(waits, (50, 95))
    figures = {"approvals": len(waits), "p50": round(p50, 2), "p95": round(p95, 2), "most": round(max(waits), 2)}
    if options.json:
        print(json.dumps(figures))
    else:
        print("  ".join(f"{name} {value}" for name, value in figures.items()), "seconds until found")
    return 0


def _wait(work: Work, admin: Actor, topic: int, client: Client) -> float:
    """Seconds from the moment an approval is committed until the search page shows the offering."""
    time.sleep(random.choice(PAUSES))
    word = f"quintal{time.time_ns()}"
    offering_id = offerings.draft_offering(work, offerings.DraftOffering(EXPERT, _text(word, topic)))
    offerings.submit_offering(work, offerings.OwnOffering(EXPERT, offering_id))
    with work.reading() as session:
        revision = latest_revision(session, offering_id)
    moderation.decide_revision(work, moderation.Decide(admin, revision.id, revision.version, Verdict.APPROVE, "", ""))
    approved = time.monotonic()
    while f"/offerings/{offering_id}" not in client.get(f"/search?q={word}")[1]:
        if time.monotonic() - approved > PATIENCE:
            raise SystemExit(f"offering {offering_id} was approved and is not found")
        time.sleep(LOOK)
    return time.monotonic() - approved


def _text(word: str, topic: int) -> OfferingText:
    return OfferingText(
        language="en", title=f"A plan for {word}",
        outcome="You leave with a plan for the first two weeks, and the ten gaps that matter.",
        experience="I wrote forty of these plans in two banks, and was there when each of them was carried out.",
        topic_ids=(topic,), length_minutes=180, price_minor=90_000, format="remote", city="", questions=(),
    )  # fmt: skip


def _admin(work: Work) -> Actor:
    """Somebody who may decide, and the expert who may publish."""
    with work.transaction() as tx:
        tx.session.get_one(Expert, FIRST_EXPERT).vetting = "approved"
        found = tx.session.scalar(select(Account.id).where(Account.role == Role.ADMIN.value).limit(1))
        if found is None:
            now = datetime.now(UTC)
            row = Account(
                email="admin@bench.test", name="Odile Renard", password_hash="!", role=Role.ADMIN.value,
                language="fr", created_at=now, verified_at=now,
            )  # fmt: skip
            tx.session.add(row)
            tx.session.flush()
            found = row.id
    return Actor(found, Role.ADMIN)


def _topic(work: Work) -> int:
    with work.reading() as session:
        return session.scalars(select(Topic.id).limit(1)).one()


@contextmanager
def _worker(env: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-c", "from marketplace.app import main; main()", "worker"]
    child = subprocess.Popen(command, env={**os.environ, **env}, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait(timeout=60)


if __name__ == "__main__":
    raise SystemExit(main())
