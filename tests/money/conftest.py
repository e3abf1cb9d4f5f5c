"""A stall in memory, with its blueprint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.money.stall import Blueprint, Stall, draw_up, memory_folder, open_stall


@pytest.fixture(scope="module")
def blueprint(empty_database: Path) -> Iterator[Blueprint]:
    """The cast and an offering, to be copied."""
    with memory_folder() as folder:
        yield draw_up(folder, empty_database)


@pytest.fixture
def stall(blueprint: Blueprint) -> Iterator[Stall]:
    """Services and sandbox in one process, on files in memory."""
    with memory_folder() as folder, open_stall(folder, blueprint) as stall:
        yield stall
