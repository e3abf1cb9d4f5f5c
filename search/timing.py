"""Clocks and scales for measuring: processor time, and word of what is being done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

Figures = dict[str, float]

_BEGUN: Final = time.perf_counter()


def cpu(do: Callable[[], object]) -> float:
    """Return the milliseconds of this process's CPU that something takes."""
    begun = time.process_time_ns()
    do()
    return (time.process_time_ns() - begun) / 1e6


def waited(do: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds that something takes by the clock, and those of CPU that this thread took for it."""
    begun, of_thread = time.perf_counter_ns(), time.thread_time_ns()
    do()
    return (time.perf_counter_ns() - begun) / 1e6, (time.thread_time_ns() - of_thread) / 1e6


def spread(times: Sequence[float]) -> Figures:
    """Return what half and what nineteen in twenty stay below."""
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4)}


def tell(step: str) -> None:
    """Say on standard error what is being done."""
    print(f"{time.perf_counter() - _BEGUN:7.1f} s  {step}", file=sys.stderr, flush=True)
