"""The till for tests of the cashier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.work import Work
from tests.cast import Cast, StillClock
from tests.till import Till, running_till


@pytest.fixture
def till(work: Work, clock: StillClock, cast: Cast, tmp_path: Path) -> Iterator[Till]:
    """Léa, Inès, an offering and a sandbox of the test's own."""
    with running_till(work, clock, cast, tmp_path) as till:
        yield till
