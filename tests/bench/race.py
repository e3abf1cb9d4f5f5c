"""Twenty people, one slot: who gets it? `python -m tests.bench.race --database postgresql --path hold --rounds 500`.

Without options it runs every path on both. Every contender is a thread with a database connection of its own;
a barrier releases all of them at once into the real services; then the database is asked how many living
sessions there are at that time. Three settings: as shipped; only the primary key (nobody looks whether the slot is free
before writing, as on a path where that was forgotten); and, as the control that shows the race, without the key too.
"""

import json
import logging
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Barrier

import structlog

from marketplace.domain.errors import Conflict
from tests.bench.race_paths import PATHS, Runner, nobody_is_comforted, nobody_looks
from tests.bench.race_track import CONTENDERS, laid_track, new_database

DATABASES = ("sqlite", "postgresql")
SETTINGS = {"as shipped": (True, True), "only the key": (False, True), "guard off": (False, False)}  # (look, key)


@dataclass(frozen=True, slots=True)
class Report:
    """What came out of the rounds of one path in one setting."""

    database: str
    path: str
    setting: str
    rounds: int
    contenders: int
    one_winner: int  # rounds after which exactly one session stood at that time, and one contender was told so
    several: int  # rounds with more than one: the slot was sold twice
    none: int
    failed: int  # contenders who met anything but a win or a refusal
    answers: dict[str, int]
    seconds: float


def race(url: str, folder: Path, path: str, setting: str, rounds: int, contenders: int = CONTENDERS) -> Report:
    """Run the rounds of one path in one setting, on an empty database."""
    look, key = SETTINGS[setting]
    answers: Counter[str] = Counter()
    owners = []
    fair = 0
    with (
        laid_track(url, folder, contenders, key=key) as track,
        nullcontext() if look else nobody_looks(),
        nobody_is_comforted(),
        ThreadPoolExecutor(contenders) as pool,
    ):
        barrier = Barrier(contenders)
        way = PATHS[path](track)
        began = time.monotonic()
        for _ in range(rounds):
            ends = Counter(pool.map(_run, way.ready(), [barrier] * contenders))
            owners.append(track.owners(way.slot))
            fair += owners[-1] == ends["won"] == 1
            answers += ends
        seconds = round(time.monotonic() - began, 1)
    refused = sum(number for word, number in answers.items() if word.islower())
    return Report(
        database=url.partition(":")[0].partition("+")[0],
        path=path,
        setting=setting,
        rounds=rounds,
        contenders=contenders,
        one_winner=fair,
        several=sum(count > 1 for count in owners),
        none=owners.count(0),
        failed=answers.total() - refused,
        answers=dict(answers),
        seconds=seconds,
    )


def main(arguments: Sequence[str]) -> int:
    """Print a line per report, the last line as JSON; 1 when a slot was sold twice or the control shows no race."""
    parser = ArgumentParser(prog="python -m tests.bench.race")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--path", choices=PATHS, action="append")
    parser.add_argument("--setting", choices=SETTINGS, action="append")
    parser.add_argument("--rounds", type=int, default=100)
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # the report only
    reports = []
    for database in chosen.database or DATABASES:
        for path in chosen.path or PATHS:
            for setting in chosen.setting or SETTINGS:
                with new_database(database) as (url, folder):
                    reports.append(race(url, folder, path, setting, chosen.rounds))
                sys.stdout.write(_line(reports[-1]) + "\n")
                sys.stdout.flush()
    sys.stdout.write(json.dumps([asdict(report) for report in reports]) + "\n")
    return 0 if all(map(_as_promised, reports)) else 1


def _as_promised(report: Report) -> bool:
    if report.setting == "guard off":
        return report.several >= 0.9 * report.rounds
    return report.one_winner == report.rounds and report.failed == 0


def _line(report: Report) -> str:
    return (
        f"{report.database:10} {report.path:10} {report.setting:12} {report.rounds} rounds of {report.contenders}: "
        f"one winner {report.one_winner}, several {report.several}, none {report.none}, failed {report.failed}; "
        f"{report.seconds} s  {report.answers}"
    )


def _run(run: Runner, barrier: Barrier) -> str:
    """'won', the code of the refusal, or the name of whatever went wrong."""
    barrier.wait()
    try:
        run()
    except Conflict as conflict:
        return conflict.code
    except Exception as error:
        return type(error).__name__
    return "won"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
