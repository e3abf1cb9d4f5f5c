"""What would change if a constant of the ranking were changed: kept answers, ranked again under both."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from statistics import fmean
from typing import Any

from marketplace.domain.errors import Invalid
from marketplace.domain.matching import Candidate, Candidates, rank
from marketplace.domain.ranking import CONSTANTS, RankingConstants
from marketplace.store.impressions import impressions_since
from marketplace.work import Work

FIRST = 5  # the results that people look at
MOVED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Moved:
    """An offering whose mean place would change; places count from 1."""

    offering_id: int
    answers: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Replay:
    """What both rankings of the same answers look like. Shares are 0 to 1."""

    answers: int
    changed: int  # answers whose first five would be others
    kept: float  # mean share of the first five that would stay there
    newcomers_before: float  # share of the first five that are new offerings
    newcomers_after: float
    experts_before: int  # different experts among all first fives
    experts_after: int
    moved: tuple[Moved, ...]  # the farthest first


def changed_constants(wishes: Mapping[str, str], constants: RankingConstants = CONSTANTS) -> RankingConstants:
    """The table with other values; `Invalid("constant_unknown")` for a name or a value that it cannot have."""
    known: dict[str, Callable[[str], Any]] = {
        each.name: int if each.type == "int" else float for each in fields(constants)
    }
    try:
        return replace(constants, **{name: known[name](value) for name, value in wishes.items()})
    except (KeyError, ValueError) as error:
        raise Invalid("constant_unknown", known=sorted(known)) from error


def replay(work: Work, constants: RankingConstants, days: int, most: int) -> Replay:
    """Rank the newest kept answers under today's constants and under these."""
    with work.reading() as session:
        answers = list(impressions_since(session, work.now() - timedelta(days=days), most))
    return compared((_orders(seed, candidates, constants) for seed, candidates in answers))


@dataclass(frozen=True, slots=True)
class Orders:
    """One answer in both orders."""

    before: Sequence[Candidate]
    after: Sequence[Candidate]


def compared(answers: Iterable[Orders]) -> Replay:
    """Add up what would change."""
    each = list(answers)
    firsts = [([c.offering_id for c in one.before[:FIRST]], [c.offering_id for c in one.after[:FIRST]]) for one in each]
    return Replay(
        answers=len(each),
        changed=sum(before != after for before, after in firsts),
        kept=fmean([len({*before} & {*after}) / len(before) for before, after in firsts] or [1.0]),
        newcomers_before=_newcomers(one.before for one in each),
        newcomers_after=_newcomers(one.after for one in each),
        experts_before=len({c.expert_id for one in each for c in one.before[:FIRST]}),
        experts_after=len({c.expert_id for one in each for c in one.after[:FIRST]}),
        moved=_moved(each),
    )


def _orders(seed: int, candidates: Sequence[Candidate], constants: RankingConstants) -> Orders:
    return Orders(_ranked(seed, candidates, CONSTANTS), _ranked(seed, candidates, constants))


def _ranked(seed: int, candidates: Sequence[Candidate], constants: RankingConstants) -> list[Candidate]:
    by_id = {each.offering_id: each for each in candidates}
    return [by_id[offering_id] for offering_id in rank(Candidates.of(candidates), seed, constants).offering_ids()]


def _newcomers(orders: Iterable[Sequence[Candidate]]) -> float:
    first = [each for order in orders for each in order[:FIRST]]
    return fmean([each.held_sessions < CONSTANTS.newcomer_sessions for each in first] or [0.0])


def _moved(answers: Sequence[Orders]) -> tuple[Moved, ...]:
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in answers:
        after = {each.offering_id: place for place, each in enumerate(one.after, 1)}
        for place, each in enumerate(one.before, 1):
            if each.offering_id in after:
                places[each.offering_id].append((place, after[each.offering_id]))
    means = (
        Moved(number, len(pairs), fmean(before for before, _ in pairs), fmean(after for _, after in pairs))
        for number, pairs in places.items()
    )
    moved = [each for each in means if each.before != each.after]
    return tuple(sorted(moved, key=lambda each: (-abs(each.after - each.before), each.offering_id))[:MOVED_SHOWN])
