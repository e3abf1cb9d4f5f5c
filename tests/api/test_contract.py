"""A few examples of what `python -m tests.api.contract` tries at length, and proof that it would notice."""

from collections.abc import Iterator

import pytest

from marketplace.api import me
from tests.api.contract import Served, served

FEW = ("--phases", "fuzzing", "--include-tag", "me", "--include-tag", "search", "--include-tag", "experts")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("contract")) as site:
        yield site


def test_the_description_is_true_as_far_as_a_few_examples_tell(site: Served) -> None:
    report = site.check("lea", 3, *FEW)
    assert report.returncode == 0, report.stdout[-3000:]


def test_an_answer_that_is_not_as_described_is_noticed(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(me.Me, "model_dump_json", lambda *_: '{"account_id": "one"}')
    report = site.check("lea", 1, "--phases", "fuzzing", "--include-tag", "me")
    assert report.returncode == 1
    assert "Response violates schema" in report.stdout
