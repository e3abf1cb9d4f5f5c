"""What a damaged index makes others say, turned into one clear error."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from whoosh.index import IndexError as WhooshIndexError

from search.port import IndexUnusableError

# What a damaged file makes Whoosh, pickle and zlib say: of a segment in use, and while one is opened.
UNREADABLE: Final = (EOFError, pickle.UnpicklingError, struct.error)
UNOPENABLE: Final = (
    *UNREADABLE,
    AssertionError,
    AttributeError,
    FileNotFoundError,
    ImportError,
    LookupError,
    NameError,
    ValueError,
    WhooshIndexError,
)


@contextmanager
def damage_named(root: Path, signs: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what Whoosh and NumPy say of a damaged file into one clear error."""
    try:
        yield
    except signs as error:
        raise IndexUnusableError(f"The index in {root} is damaged ({error!r}): rebuild it (reindex).") from error
