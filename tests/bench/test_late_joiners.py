"""The table of the product's promise, in a short year: nobody who joins late stays unseen."""

import pytest

from tests.bench import late_joiners
from tests.bench.late_joiners import RANKINGS, play


def test_late_joiners_are_booked_under_the_formula_and_forgotten_under_the_plain_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(late_joiners, "DAYS", 150)
    plain, formula = play(*RANKINGS[0]), play(*RANKINGS[-1])
    assert plain.late_never_booked > 0.6
    assert formula.late_never_booked < 0.2
    assert formula.quality > plain.quality
    assert formula.gini < plain.gini
