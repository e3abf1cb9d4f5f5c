"""A bounded store of arrays: the least recently used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

_OVERHEAD: Final = 1_000  # bytes of Python objects around an entry, measured


class ArrayCache(Generic[Value]):
    """Remembers values up to a number of bytes; safe for threads."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit = limit
        self._size = size
        self._bytes = 0
        self._entries: OrderedDict[Hashable, Value] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def peek(self, key: Hashable) -> Value | None:
        """Return the value remembered for a key, or None. Takes no lock: each step is one of the interpreter's own."""
        value = self._entries.get(key)
        if value is not None:
            try:
                self._entries.move_to_end(key)
            except KeyError:  # another thread's value took its place in this moment
                return value
        return value

    def put(self, key: Hashable, value: Value) -> Value:
        """Remember a value in place of any earlier one of its key, and return it."""
        with self._lock:
            size = self._size(value) + _OVERHEAD
            self._entries[key] = value
            self._entries.move_to_end(key)
            self._bytes += size - self._sizes.get(key, 0)
            self._sizes[key] = size
            while self._bytes > self._limit and len(self._entries) > 1:
                oldest, _ = self._entries.popitem(last=False)
                self._bytes -= self._sizes.pop(oldest)
        return value

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value remembered for a key, made if there is none.

        Two threads may make the same value at once: that is cheaper than to make every other one wait.
        """
        value = self.peek(key)
        return self.put(key, make()) if value is None else value

    def values(self) -> list[Value]:
        """Return everything that is remembered, what was used least recently first."""
        with self._lock:
            return list(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """Return how much is held."""
        return self._bytes
