"""A bounded store of arrays: the least recently used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

_OVERHEAD: Final = 400  # bytes of Python objects around an entry, measured


class ArrayCache(Generic[Value]):
    """Remembers what `make` returned, up to a number of bytes; safe for threads."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit = limit
        self._size = size
        self._bytes = 0
        self._entries: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value remembered for a key, made if there is none.

        Two threads may make the same value at once: that is cheaper than to make every other one wait.
        """
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        value = make()
        with self._lock:
            self._remember(key, value)
        return value

    @property
    def bytes(self) -> int:
        """Return how much is held."""
        return self._bytes

    def _remember(self, key: Hashable, value: Value) -> None:
        if key in self._entries:
            return
        self._entries[key] = value
        self._bytes += self._size(value) + _OVERHEAD
        while self._bytes > self._limit and len(self._entries) > 1:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= self._size(oldest) + _OVERHEAD
