"""The story's time: a clock that stands at the moment being told, and scenes told in their order."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import ParamSpec

LENGTH = timedelta(days=370)  # of the story, up to today

Given = ParamSpec("Given")
Scene = tuple[datetime, int, Callable[[], object]]  # when, how many came before, what happens


class StoryClock:
    """Stands still at the moment being told."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The moment being told, UTC."""
        return self._now

    def turn_to(self, moment: datetime) -> None:
        """Go on; the story is never told backwards."""
        self._now = max(self._now, moment)


class Timeline:
    """Scenes by their moments. A scene may lead to others, which come later than itself."""

    def __init__(self, clock: StoryClock) -> None:
        self._clock = clock
        self._scenes: list[Scene] = []
        self._number = count()  # of two scenes at one moment the one noted first comes first

    def at(self, moment: datetime, act: Callable[Given, object], *args: Given.args, **named: Given.kwargs) -> None:
        """Note a scene: what happens then, and what it is given."""
        scene: Scene = (moment, next(self._number), partial(act, *args, **named))
        heapq.heappush(self._scenes, scene)

    def play(self, until: datetime) -> None:
        """Tell every scene up to this moment; the clock arrives there."""
        while self._scenes and self._scenes[0][0] <= until:
            moment, _, act = heapq.heappop(self._scenes)
            self._clock.turn_to(moment)
            act()
        self._clock.turn_to(until)
