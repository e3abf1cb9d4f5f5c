"""The story, played against the demo as `make demo` runs it: every part in its own process."""

import json
import socket

import pytest

from marketplace.demo import story
from tests.living import Site


@pytest.mark.living
def test_the_story_runs_from_registration_to_the_money_and_changes_the_rank(demo: Site) -> None:
    figures = played(demo.url)
    assert figures["rank_after"] < figures["rank_before"]
    assert figures["ledger_sum"] == 0
    assert figures["steps"] > 20
    assert figures["mails"] > 15


@pytest.mark.living
def test_the_story_can_be_played_again_on_the_same_demo(demo: Site) -> None:
    assert played(demo.url)["ledger_sum"] == 0


def test_the_story_says_clearly_that_nobody_answers() -> None:
    lines: list[str] = []
    assert story.play(f"http://127.0.0.1:{free_port()}", lines.append) == 1
    assert "after step 0" in lines[-1]
    assert "does not answer" in lines[-1]


def played(url: str) -> dict[str, float]:
    lines: list[str] = []
    status = story.play(url, lines.append)
    assert status == 0, "\n".join(lines)
    figures = json.loads(lines[-1])
    assert set(figures) == {"steps", "rank_before", "rank_after", "ledger_sum", "mails", "seconds"}
    assert len(lines) == figures["steps"] + 1
    return dict(figures)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
