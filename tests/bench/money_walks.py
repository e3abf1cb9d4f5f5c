"""Random walks over everything that moves money: `python -m tests.bench.money_walks --walks 1000`.

First a control: the same walks with the posting of refunds dropped on purpose, which must be found. Then the walks
themselves. The last line is JSON; 1 when a walk finds a breach or the control finds none.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import structlog
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from marketplace.domain import ledger
from tests.money.stall import Blueprint, Stall, draw_up, memory_folder, open_stall
from tests.money.walker import Tally
from tests.money.walks import machine_on, walk_settings


def main(arguments: Sequence[str]) -> int:
    """Walk, and print what was met on the way."""
    given = _parser().parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with memory_folder() as folder:
        blueprint = draw_up(folder)
        (folder / "stall").mkdir()
        with open_stall(folder / "stall", blueprint) as stall:
            found_after = _control(stall, blueprint, given.seed, given.steps)
            tally, seconds = Tally(), time.monotonic()
            breach = _walk(stall, blueprint, tally, given)
    report = {
        "walks": tally.walks,
        "steps": tally.steps.total(),
        "crashes": tally.crashes,
        "faults": dict(+stall.wire.failed),
        "states": dict(tally.states.most_common()),
        "refused": dict(tally.refused.most_common()),
        "by_step": dict(tally.steps.most_common()),
        "seconds": round(time.monotonic() - seconds, 1),
        "seed": given.seed,
        "control_found_after_walks": found_after,
        "breach": breach,
    }
    _print(report)
    return 0 if not breach and found_after else 1


def _control(stall: Stall, blueprint: Blueprint, number: int, steps: int) -> int:
    """After how many walks the dropped posting was found; 0 when it was not."""
    honest, tally = ledger.refund, Tally()

    def dropped(*args: Any, **named: Any) -> ledger.Entry:
        return replace(honest(*args, **named), lines=())

    machine = seed(number)(machine_on(stall, blueprint, tally))
    try:
        with patch.object(ledger, "refund", dropped):
            run_state_machine_as_test(machine, settings=walk_settings(500, steps, same=False))
    except AssertionError:
        return tally.walks
    return 0


def _walk(stall: Stall, blueprint: Blueprint, tally: Tally, given: argparse.Namespace) -> str:
    machine = seed(given.seed)(machine_on(stall, blueprint, tally))
    try:
        run_state_machine_as_test(machine, settings=walk_settings(given.walks, given.steps, same=False))
    except AssertionError as breach:
        return str(breach)
    return ""


def _print(report: dict[str, Any]) -> None:
    sys.stdout.write(
        f"{report['walks']} walks, {report['steps']} steps, {report['crashes']} crashes, "
        f"{sum(report['faults'].values())} faults on the wire in {report['seconds']} s: "
        f"{report['breach'] or 'every invariant held after every step'}\n"
        f"control (refund posting dropped): found after {report['control_found_after_walks']} walks\n"
        f"{json.dumps(report)}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.money_walks", description=__doc__)
    parser.add_argument("--walks", type=int, default=100)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
